// Gets an access token as a single-page application does: by code and PKCE (https://www.rfc-editor.org/rfc/rfc7636), or by the
// implicit flow where that is switched on. Each step is told to `tell`. Nothing is stored: what must be remembered between
// request and answer is in local variables.
const ANSWER_WITHIN = 10_000;
const ASK_THE_PERSON = new Set(["login_required", "account_selection_required", "interaction_required", "consent_required"]);

/** `code` is an OAuth error or one of this page's own; `detail` is the server's sentence. */
export class Refused extends Error {
  constructor(code, detail = "") {
    super(detail || code);
    this.code = code;
    this.detail = detail;
  }

  get needsPerson() {
    return ASK_THE_PERSON.has(this.code);
  }
}

const encode = (text) => new TextEncoder().encode(text);
const digest = async (text) => new Uint8Array(await crypto.subtle.digest("SHA-256", encode(text)));

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function bytesOf(text) {
  const padded = text.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat((4 - (text.length % 4)) % 4);
  return Uint8Array.from(atob(padded), (character) => character.charCodeAt(0));
}

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** Header and claims of a token, proven by nothing. Throws where it is none. */
export function decode(token) {
  const parts = token.split(".");
  if (parts.length !== 3) throw new Error("not three parts separated by dots");
  const [header, claims] = parts.slice(0, 2).map((part) => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(part))));
  for (const part of [header, claims]) {
    if (typeof part !== "object" || part === null || Array.isArray(part)) throw new Error("not a JSON object");
  }
  return { header, claims };
}

/** A token as it may be shown: its two ends. */
export const shortened = (text) => (text.length > 40 ? `${text.slice(0, 14)}…${text.slice(-6)}` : text);

/** The form post of a program to the token endpoint; gives the body of the answer, or throws Refused. */
export async function askForToken(form, headers = {}) {
  let reply;
  let body;
  try {
    reply = await fetch("/oauth2/token", { method: "POST", headers, body: new URLSearchParams(form), credentials: "omit", cache: "no-store" });
    body = await reply.json();
  } catch {
    throw new Refused("unreachable");
  }
  if (!reply.ok) throw new Refused(body.error ?? "server_error", body.error_description);
  return body;
}

async function prepare(app, flow, scopes, silent) {
  const kept = { state: random(), nonce: random(), verifier: random() };
  const asked = {
    client_id: app.client,
    redirect_uri: app.redirect,
    response_type: flow === "code" ? "code" : "id_token token",
    response_mode: "fragment",
    scope: ["openid", "profile", ...scopes].join(" "),
    state: kept.state,
    nonce: kept.nonce,
  };
  if (flow === "code") Object.assign(asked, { code_challenge: base64url(await digest(kept.verifier)), code_challenge_method: "S256" });
  if (silent) asked.prompt = "none";
  if (app.hint) asked.login_hint = app.hint;
  if (app.customer) asked.customer = app.customer;
  asked.ui_locales = app.lang;
  return { kept, asked, url: `/oauth2/authorize?${new URLSearchParams(asked)}` };
}

/** The answer that the callback page posts from `source`; anything from elsewhere is not heard. */
function answerFrom(source, signal) {
  return new Promise((resolve) => {
    const hear = (event) => {
      if (event.origin === location.origin && event.source === source() && event.data?.kind === "hoistway-answer") resolve(event.data.answer);
    };
    addEventListener("message", hear, { signal });
  });
}

async function inFrame(url) {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.title = "prompt=none";
  frame.src = url;
  const done = new AbortController();
  const heard = answerFrom(() => frame.contentWindow, done.signal);
  const late = new Promise((_, reject) => setTimeout(() => reject(new Refused("no_answer")), ANSWER_WITHIN));
  document.body.append(frame);
  try {
    return await Promise.race([heard, late]);
  } finally {
    done.abort();
    frame.remove();
  }
}

async function inWindow(url) {
  const opened = open(url, "_blank", "popup,width=480,height=760");
  if (!opened) throw new Refused("popup_blocked");
  const done = new AbortController();
  let watch;
  const closed = new Promise((_, reject) => {
    watch = setInterval(() => opened.closed && reject(new Refused("popup_closed")), 300);
  });
  try {
    return await Promise.race([answerFrom(() => opened, done.signal), closed]);
  } finally {
    clearInterval(watch);
    done.abort();
    opened.close();
  }
}

async function signedByServer(token, header) {
  const { keys } = await (await fetch("/oauth2/jwks", { credentials: "omit" })).json();
  const key = keys.find((one) => one.kid === header.kid && one.alg === header.alg);
  const algorithms = {
    RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  };
  const algorithm = key && algorithms[key.alg];
  if (!algorithm) return false;
  const imported = await crypto.subtle.importKey("jwk", key, algorithm, false, ["verify"]);
  const dot = token.lastIndexOf(".");
  return crypto.subtle.verify(algorithm, imported, bytesOf(token.slice(dot + 1)), encode(token.slice(0, dot)));
}

/** OpenID Connect Core sections 3.1.3.7 and 3.2.2.11; gives the names of what was compared. */
async function checkIdToken(app, kept, tokens, flow) {
  const { header, claims } = decode(tokens.id_token);
  const checks = { iss: claims.iss === app.issuer, aud: claims.aud === app.client, nonce: claims.nonce === kept.nonce };
  if (flow === "implicit") {
    // Over the front channel anybody could have sent it, so the signature counts, and the ID token must name the access token.
    checks.signature = await signedByServer(tokens.id_token, header);
    checks.at_hash = claims.at_hash === base64url((await digest(tokens.access_token)).slice(0, 16));
  }
  if (!Object.values(checks).every(Boolean)) throw new Refused("forged");
  return { claims, checked: Object.keys(checks) };
}

function checkAnswer(app, kept, answer) {
  if (answer.state !== kept.state || answer.iss !== app.issuer) throw new Refused("forged");
  if (answer.error) throw new Refused(answer.error, answer.error_description);
}

async function redeem(app, kept, answer, tell) {
  const form = {
    grant_type: "authorization_code",
    code: answer.code,
    redirect_uri: app.redirect,
    client_id: app.client,
    code_verifier: kept.verifier,
  };
  tell({ title: "exchange", method: "POST", url: "/oauth2/token", asked: form });
  return askForToken(form);
}

async function obtainIn(way, { app, flow, scopes, tell }) {
  const silent = way === "frame";
  const { kept, asked, url } = await prepare(app, flow, scopes, silent);
  tell({ title: "redirect", note: way, method: "GET", url: "/oauth2/authorize", asked });
  const answer = await (silent ? inFrame(url) : inWindow(url));
  const failed = "error" in answer;
  tell({ title: failed ? "refused" : flow === "code" ? "code" : "fragment", got: answer });
  checkAnswer(app, kept, answer);
  if (flow === "code") tell({ checked: ["state", "iss"] });
  const tokens = flow === "code" ? await redeem(app, kept, answer, tell) : answer;
  const { claims, checked } = await checkIdToken(app, kept, tokens, flow);
  tell(flow === "code" ? { title: "tokens", got: tokens, checked } : { checked: ["state", ...checked] });
  return { value: tokens.access_token, endsAt: Date.now() + Number(tokens.expires_in) * 1000, lifetime: Number(tokens.expires_in), claims, scope: tokens.scope };
}

/** A token for the reader: silently where possible, else in a window where they sign in. `way` is "frame", "window" or "both". */
export async function obtain(ask, way) {
  if (location.origin !== new URL(ask.app.redirect).origin) throw new Refused("origin", new URL(ask.app.redirect).origin + location.pathname);
  if (!globalThis.crypto?.subtle) throw new Refused("insecure");
  if (way === "window") return obtainIn("window", ask);
  try {
    return await obtainIn("frame", ask);
  } catch (error) {
    if (way !== "both" || !(error instanceof Refused) || !error.needsPerson) throw error;
  }
  return obtainIn("window", ask);
}
