// Get a token: the panel for oneself, and the requests of programs, computed as one types and sent from here on demand.
// What is typed as a secret stays in its field; only the token endpoint hears it.
import { curl, tokenRequest } from "./curl.js";
import { Refused, askForToken, shortened } from "./oauth.js";
import { copies, element, lesson, mountPanel, readWords } from "./token_panel.js";

const template = document.getElementById("token-words");
const words = readWords(template, "word");
const refusals = readWords(template, "refusal");
const say = (key) => words.get(key).textContent;

function mountUse() {
  const panel = document.getElementById("token-panel");
  const shown = document.querySelector("[data-use]");
  const withToken = document.querySelector("[data-copies=use-with-token]");
  const text = (token) => curl("GET", shown.dataset.use, [["Authorization", `Bearer ${token}`]]);
  let token = null;
  const mounted = panel.querySelector("[data-get]");
  if (mounted) {
    mountPanel(panel, (changed) => {
      token = changed;
      withToken.hidden = token === null;
    });
  }
  shown.textContent = text("$TOKEN");
  copies(document.querySelector("[data-copies=use]"), () => text("$TOKEN"));
  copies(withToken, () => text(token?.value ?? "$TOKEN"));
}

/** What a token answer holds, the tokens shortened; the access token can be copied and inspected. */
function result(tokens) {
  const rows = Object.entries(tokens).map(([name, value]) => [
    element("dt", {}, element("code", {}, name)),
    element("dd", {}, element("code", {}, /token$/.test(name) ? shortened(String(value)) : String(value))),
  ]);
  const copy = element("button", { type: "button", class: "secondary small", "data-copied": say("copied") }, say("copy_token"));
  copies(copy, () => tokens.access_token);
  const inspect = element("button", { type: "button", class: "secondary small" }, say("inspect"));
  inspect.addEventListener("click", () => {
    // The form of the panel: it has the token of this page against forged forms.
    const form = document.querySelector("[data-inspect]");
    form.elements.token.value = tokens.access_token;
    form.submit();
    form.elements.token.value = "";
  });
  inspect.hidden = !document.querySelector("[data-inspect]");
  const heading = element("h3", { tabindex: "-1" }, say("got"));
  return element("div", { class: "stack" }, heading, element("dl", { class: "params" }, ...rows.flat()), element("div", { class: "actions" }, copy, inspect));
}

function mountForm(form) {
  const find = (selector) => form.querySelector(selector);
  const isProgram = form.dataset.flow === "program";
  const secret = find("[data-secret]");
  const [secretName, variable] = isProgram ? ["client_secret", "CLIENT_SECRET"] : ["password", "PASSWORD"];
  const url = `${new URL(document.querySelector("[data-use]").dataset.use).origin}/oauth2/token`;

  function fields() {
    const scope = [...form.querySelectorAll("[data-scope]:checked")].map((box) => box.dataset.scope).join(" ");
    const named = [["grant_type", isProgram ? "client_credentials" : "password"], ["client_id", form.elements.client_id.value.trim() || "CLIENT_ID"]];
    if (!isProgram) named.push(["username", form.elements.username.value.trim() || "USER_NAME"]);
    return scope ? [...named, ["scope", scope]] : named;
  }

  const text = () => tokenRequest(url, fields(), [[secretName, variable]]);
  const whole = () => tokenRequest(url, [...fields(), [secretName, secret.value]], []);

  function preview() {
    find("[data-curl]").textContent = text();
    find("[data-copies=curl-with-secret]").hidden = !secret.value;
  }

  function show(...children) {
    find("[data-result]").replaceChildren(...children);
  }

  async function send() {
    if (!secret.value) {
      secret.focus();
      throw new Refused("secret");
    }
    const tokens = await askForToken([...fields(), [secretName, secret.value]]);
    show(result(tokens));
    find("[data-result] h3").focus();
  }

  form.addEventListener("input", preview);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = find(".primary");
    if (button.getAttribute("aria-disabled") === "true") return;
    const label = button.textContent;
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.busy;
    try {
      await send();
    } catch (error) {
      if (error.code === "secret") show(element("p", { class: "wrong", role: "alert" }, say("secret")));
      else show(lesson(error.code, refusals.get(error.code) ?? refusals.get("other"), error.detail, error.code === "unreachable" ? null : say("guide")));
    } finally {
      button.removeAttribute("aria-disabled");
      button.textContent = label;
    }
  });
  copies(find("[data-copies=curl]"), text);
  copies(find("[data-copies=curl-with-secret]"), whole);
  preview();
}

mountUse();
for (const form of document.querySelectorAll("form[data-flow]")) mountForm(form);
