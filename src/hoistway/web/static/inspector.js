// Decodes a token as it is pasted, in this page alone; sends it to the server on demand and shows the verdict that comes back.
// Without script the form does the same by itself.
import { decode } from "./oauth.js";
import { element, readWords } from "./token_panel.js";

const form = document.getElementById("inspect");
const field = form.elements.token;
const decoded = document.getElementById("decoded");
const verdict = document.getElementById("verdict");
const mistakes = document.getElementById("mistakes");
const words = readWords(document.getElementById("words"), "word");
const say = (key) => words.get(key)?.textContent;
const TIMES = new Set(["exp", "iat", "nbf", "auth_time"]);
// What the server's clock is ahead of this one, in seconds, as of loading the page.
const ahead = Number(form.dataset.now) - Math.floor(Date.now() / 1000);

export function tidy(pasted) {
  return pasted.replace(/^\s*(authorization:)?\s*bearer\s+/i, "").replace(/\s+/g, "").replace(/^["']+|["']+$/g, "");
}

function span(seconds) {
  const parts = [];
  let left = Math.abs(Math.round(seconds));
  for (const [symbol, length] of [["d", 86_400], ["h", 3600], ["min", 60], ["s", 1]]) {
    const count = Math.floor(left / length);
    left %= length;
    if (count || (symbol === "s" && !parts.length)) parts.push(`${count} ${symbol}`);
  }
  return parts.slice(0, 2).join(" ");
}

function moment(seconds) {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function relative(name, seconds) {
  const left = seconds - Math.floor(Date.now() / 1000) - ahead;
  const key = name === "exp" ? (left > 0 ? "ends" : "ended") : name === "nbf" && left > 0 ? "begins" : null;
  return key ? ` (${say(key).replace("{left}", span(left))})` : "";
}

function row(kind, name, value) {
  const time = kind === "claim" && TIMES.has(name) && Number.isInteger(value);
  const text = time ? moment(value) + relative(name, value) : typeof value === "string" ? value : JSON.stringify(value);
  const meaning = say(`${kind}_${name}`) ?? say(`${kind}_other`);
  return element("tr", {}, element("th", { scope: "row" }, element("code", {}, name)), element("td", {}, element("code", {}, text), element("span", { class: "hint" }, meaning)));
}

/** The key of the sentence that says what a text without JSON in it looks like; the server tells the same. */
function unreadable(text) {
  const parts = text.split(".").length;
  if (/^[\w-]{20,40}\.[1-9]\d{0,11}\.[\w-]{43}$/.test(text)) return "unreadable_refresh_token";
  if (parts === 5) return "unreadable_encrypted";
  if (parts === 1) return "unreadable_opaque";
  return parts === 3 ? "unreadable_no_json" : "unreadable_no_parts";
}

function showDecoded() {
  const token = tidy(field.value);
  let found;
  try {
    found = token ? decode(token) : null;
  } catch {
    found = null;
  }
  const rows = found ? [...Object.entries(found.header).map(([name, value]) => row("header", name, value)), ...Object.entries(found.claims).map(([name, value]) => row("claim", name, value))] : [];
  decoded.hidden = !found;
  decoded.querySelector("[data-claims]").replaceChildren(...rows);
  mistakes.replaceChildren(...(token && !found ? [element("p", { class: "wrong", role: "status" }, say(unreadable(token)))] : []));
  verdict.replaceChildren();
}

function showSkew() {
  const hint = decoded.querySelector("[data-skew]");
  hint.hidden = Math.abs(ahead) < 30;
  hint.textContent = say("skew").replace("{left}", span(ahead));
}

async function ask() {
  const reply = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), cache: "no-store" });
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const judged = page.getElementById("verdict");
  if (!judged) throw new Error("no verdict in the answer");
  verdict.replaceChildren(...judged.childNodes);
  mistakes.replaceChildren(...page.getElementById("mistakes").childNodes);
  decoded.hidden = decoded.hidden || verdict.childElementCount > 0;
  const heading = verdict.querySelector(".verdict-line")?.textContent.trim() ?? "";
  document.getElementById("heard").textContent = heading;
  (heading ? verdict : mistakes.querySelector("[tabindex]") ?? field).focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter ?? form.querySelector(".primary");
  const label = button.textContent;
  button.textContent = button.dataset.busy ?? label;
  try {
    await ask();
  } catch {
    mistakes.replaceChildren(element("p", { class: "wrong", role: "alert" }, say("failed")));
  } finally {
    button.textContent = label;
  }
});
field.addEventListener("input", showDecoded);
form.addEventListener("reset", () => setTimeout(showDecoded));
showSkew();
if (field.value) showDecoded();
