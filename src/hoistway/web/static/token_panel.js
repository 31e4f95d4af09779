// The token of this page: got on demand, counted down, renewed before it ends, forgotten on demand. It lives in a local variable of
// `mountPanel` and in what the reader opens to see, never in storage and never in an address.
import { Refused, obtain, shortened } from "./oauth.js";

const SECRET = new Set(["access_token", "id_token", "refresh_token"]);
const OWN_HELP = "/portal/guides/errors";

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Sentences of a template, by the value of a data attribute. */
export function readWords(template, name) {
  const found = template.content.querySelectorAll(`[data-${name}]`);
  return new Map([...found].map((one) => [one.dataset[name], one]));
}

/** A button that copies what `text` gives and says so. */
export function copies(button, text) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text());
    const label = button.textContent;
    if (label === button.dataset.copied) return;
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = label), 2000);
  });
}

/** What an error means and what to do, with the server's own sentence. */
export function lesson(code, explained, detail, guide, ...more) {
  const box = element("div", { class: "lesson", role: "alert" }, element("p", { class: "lesson-code" }, element("code", {}, code)));
  const body = element("div", {});
  if (explained) for (const paragraph of explained.cloneNode(true).children) body.append(element("p", {}, paragraph.textContent));
  if (detail) body.append(element("p", { class: "lesson-detail", lang: "en" }, detail));
  if (guide) body.append(element("p", {}, element("a", { href: `${OWN_HELP}#${encodeURIComponent(code)}` }, guide)));
  body.append(...more);
  box.append(body);
  return box;
}

export function clock(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const whole = Math.max(0, Math.ceil(seconds));
  const minutes = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return whole < 3600 ? minutes : `${Math.floor(whole / 3600)}:${minutes}`;
}

class Steps {
  constructor(list, words, params) {
    Object.assign(this, { list, words, params });
  }

  word = (key) => this.words.get(key)?.textContent ?? key;

  clear() {
    this.list.replaceChildren();
  }

  add = ({ title, note, method, url, asked, got, checked }) => {
    const item = title ? element("li", {}, element("h3", {}, this.word(title))) : this.list.lastElementChild;
    if (note) item.append(element("p", { class: "hint" }, this.word(note)));
    if (method) item.append(element("p", { class: "call" }, element("span", { class: "method" }, method), " ", element("code", {}, url)));
    for (const values of [asked, got]) if (values) item.append(this.table(values));
    if (checked?.length) item.append(element("p", { class: "checked" }, this.word("checked").replace("{checks}", checked.join(", "))));
    if (title) this.list.append(item);
  };

  table(values) {
    const rows = Object.entries(values).map(([name, value]) => {
      const shown = SECRET.has(name) ? shortened(String(value)) : String(value);
      const meaning = this.params.get(name);
      const cell = element("dd", {}, element("code", {}, shown));
      if (meaning) cell.append(element("span", { class: "hint" }, meaning.textContent));
      return [element("dt", {}, element("code", {}, name)), cell];
    });
    return element("dl", { class: "params" }, ...rows.flat());
  }
}

/** Brings the panel to life. `token()` gives a valid token, and gets one where there is none; `onchange` hears of each change. */
export function mountPanel(panel, onchange = () => {}) {
  const find = (selector) => panel.querySelector(selector);
  const template = find("template");
  const words = readWords(template, "word");
  const refusals = readWords(template, "refusal");
  const steps = new Steps(find("[data-steps]"), words, readWords(template, "param"));
  const app = { ...panel.dataset };
  const buttons = { get: find("[data-get]"), renew: find("[data-renew]"), forget: find("[data-forget]") };
  let token = null;
  let ended = false;
  let underway = null;
  let renewal;
  let ticking;

  const said = (key) => (find("[data-said]").textContent = steps.word(key));
  const flow = () => find("input[name=try-flow]:checked").value;
  const scopes = () => [...panel.querySelectorAll("input[data-scope]:checked")].map((box) => box.dataset.scope);

  const customerName = () => (token.claims.customer === app.customer ? app.customerName : token.claims.customer);

  // In the document only while the reader looks at it.
  const reveal = () => (find("[data-token]").textContent = find("[data-reveal]").open ? (token?.value ?? "") : "");

  function show(state) {
    for (const one of panel.querySelectorAll("[data-state]")) one.hidden = one.dataset.state !== state;
    buttons.get.hidden = token !== null;
    buttons.renew.hidden = buttons.forget.hidden = token === null;
    find("[data-reveal]").hidden = token === null;
    reveal();
    const about = find("[data-about]");
    about.textContent = token ? about.dataset.for.replace("{name}", () => token.claims.name).replace("{customer}", customerName) : "";
  }

  function forget(state = "none") {
    clearTimeout(renewal);
    clearInterval(ticking);
    ended = state === "expired";
    token = null;
    find("[data-reveal]").open = false;
    show(state);
    onchange(null);
  }

  function tick() {
    const left = (token.endsAt - Date.now()) / 1000;
    find("[data-countdown]").textContent = clock(left);
    if (left > 0) return;
    forget("expired");
    said("expired");
  }

  function keep(fresh) {
    const renewed = token !== null;
    token = fresh;
    ended = false;
    clearTimeout(renewal);
    clearInterval(ticking);
    // A minute before its end, or after four fifths of a short life.
    renewal = setTimeout(() => get("frame").catch(() => {}), 1000 * Math.max(fresh.lifetime - 60, fresh.lifetime * 0.8));
    ticking = setInterval(tick, 250);
    show("valid");
    tick();
    if (renewed) said("renewed");
    onchange(token);
  }

  function teach(error) {
    const more = [];
    if (error.code === "popup_blocked" || error.needsPerson) {
      const again = element("button", { type: "button", class: "secondary small" }, steps.word("open_window"));
      again.addEventListener("click", () => get("window").catch(() => {}));
      const here = element("a", { href: `/sign-in?next=${encodeURIComponent(location.pathname)}` }, steps.word("sign_in_here"));
      more.push(element("p", { class: "row" }, again, here));
    }
    const own = !/^[a-z]+_[a-z_]+$/.test(error.code) || ["popup_blocked", "popup_closed", "no_answer"].includes(error.code);
    const box = lesson(error.code, refusals.get(error.code) ?? refusals.get("invalid_request"), error.detail, own ? null : steps.word("guide"), ...more);
    find("[data-lesson]").replaceChildren(box);
  }

  async function run(way) {
    find("[data-lesson]").replaceChildren();
    steps.clear();
    if (token === null) show("busy");
    try {
      if (scopes().length === 0) throw new Refused("invalid_scope");
      keep(await obtain({ app, flow: flow(), scopes: scopes(), tell: steps.add }, way));
      return token.value;
    } catch (error) {
      const refused = error instanceof Refused ? error : new Refused("server_error", String(error.message ?? error));
      if (token === null) show(ended ? "expired" : "none");
      teach(refused);
      throw refused;
    }
  }

  /** One request at a time: who asks meanwhile waits for the same answer. */
  function get(way) {
    underway ??= run(way).finally(() => (underway = null));
    return underway;
  }

  const wanted = () => get(app.hint ? "both" : "window");
  buttons.get.addEventListener("click", () => wanted().catch(() => {}));
  buttons.renew.addEventListener("click", () => get("both").catch(() => {}));
  buttons.forget.addEventListener("click", () => {
    forget();
    said("forgotten");
    buttons.get.focus();
  });
  for (const input of panel.querySelectorAll("input[name=try-flow], input[data-scope]")) {
    // Another flow or scope: the token in hand answers another question.
    input.addEventListener("change", () => token && forget());
  }
  find("[data-reveal]").addEventListener("toggle", reveal);
  copies(find(".copy-now"), () => token?.value ?? "");
  find("[data-inspect]").addEventListener("submit", (event) => {
    event.target.elements.token.value = token?.value ?? "";
    setTimeout(() => (event.target.elements.token.value = ""));
  });
  show("none");
  return { token: async () => token?.value ?? wanted(), word: steps.word };
}
