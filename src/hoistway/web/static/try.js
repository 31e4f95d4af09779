// The console of one operation: a form, the request it makes, the answer that came, and what a refusal means.
import { curl } from "./curl.js";
import { copies, element, lesson, mountPanel, readWords } from "./token_panel.js";
import { shortened } from "./oauth.js";

const SHOWN = 100_000;
const ANSWER_WITHIN = 30_000;
// Lessons of this page's own, of which the guide to errors has no chapter.
const NO_CHAPTER = new Set(["server", "other", "unreachable"]);

/** Which lesson a refusal of the API is for: the last word of `type` (RFC 9457), or what the status and message say. */
function slugOf(status, body, known) {
  const slug = typeof body?.type === "string" ? body.type.split(/[/#]/).pop() : null;
  const message = typeof body?.message === "string" ? body.message : "";
  if (status === 401 && /missing subscription key/i.test(message)) return "key-missing";
  if (status === 401 && /subscription key/i.test(message)) return "key-refused";
  if (status === 403 && /quota/i.test(message)) return "quota-exceeded";
  if (status === 429) return "rate-exceeded";
  return known.has(slug) ? slug : status >= 500 ? "server" : "other";
}

function pretty(text, type) {
  if (!/json/.test(type)) return { text, json: null };
  try {
    const json = JSON.parse(text);
    return { text: JSON.stringify(json, null, 2), json };
  } catch {
    return { text, json: null };
  }
}

const size = (count) => (count < 1024 ? `${count} B` : `${(count / 1024).toFixed(1)} kB`);

function mount(section) {
  const find = (selector) => section.querySelector(selector);
  const form = find("[data-call]");
  const lessons = readWords(find("template[data-lessons]"), "lesson");
  const words = readWords(find("template[data-lessons]"), "word");
  const say = (key, values) => Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, () => value), words.get(key).textContent);
  const fields = [...form.querySelectorAll("[data-name]")];
  const { method, path, origin } = section.dataset;
  let token = null;
  let last = { correlation: "", body: "" };

  function request() {
    let filled = path;
    const query = new URLSearchParams();
    const headers = [];
    for (const { dataset, value } of fields) {
      if (dataset.place === "path") filled = filled.replace(`{${dataset.name}}`, () => (value ? encodeURIComponent(value) : `{${dataset.name}}`));
      else if (value && dataset.place === "query") query.append(dataset.name, value);
      else if (value) headers.push([dataset.name, value]);
    }
    const body = find("[data-body]");
    if (body) headers.push(["Content-Type", body.dataset.type]);
    const key = find("[data-key]").value.trim();
    if (key) headers.push(["Ocp-Apim-Subscription-Key", key]);
    const url = filled + (query.size ? `?${query}` : "");
    return { url, headers, body: body ? body.value : null };
  }

  function asCurl(bearer) {
    const { url, headers, body } = request();
    const authorization = "open" in section.dataset ? [] : [["Authorization", `Bearer ${bearer}`]];
    return curl(method, origin + url, [...authorization, ...headers], body);
  }

  function preview() {
    find("[data-url]").textContent = request().url;
    find("[data-curl]").textContent = asCurl("$TOKEN");
    find("[data-copies=curl-with-token]").hidden = token === null || "open" in section.dataset;
  }

  const panel = find("#token-panel [data-get]") && mountPanel(find("#token-panel"), (changed) => {
    token = changed;
    preview();
  });

  function showHeaders(reply) {
    const rows = [...reply.headers].sort().map(([name, value]) => element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, element("code", {}, value))));
    find("[data-headers]").replaceChildren(...rows);
  }

  function showSent(asked, headers) {
    const lines = headers.map(([name, value]) => `${name}: ${name === "Authorization" ? `Bearer ${shortened(value.slice(7))}` : value}`);
    find("[data-sent]").textContent = [`${method} ${asked.url} HTTP/1.1`, `Host: ${location.host}`, ...lines, ...(asked.body === null ? [] : ["", asked.body])].join("\n");
  }

  function showAnswer(reply, text, times) {
    const shown = pretty(text, reply.headers.get("content-type") ?? "");
    const rows = Array.isArray(shown.json?.items) ? `, ${say("rows", { count: shown.json.items.length })}` : "";
    const line = `${reply.status} ${reply.statusText}`.trim() + rows;
    last = { correlation: reply.headers.get("x-correlation-id") ?? "", body: shown.text };
    const status = find("[data-status]");
    status.textContent = line;
    status.className = `status ${reply.ok || reply.status === 304 ? "ok" : "stop"}`;
    find("[data-timing]").textContent = say("timing", { ...times, size: size(new Blob([text]).size) });
    find("[data-correlation]").hidden = !last.correlation;
    find("[data-correlation] code").textContent = last.correlation;
    find("[data-body-shown]").textContent = shown.text.slice(0, SHOWN);
    find("[data-cut]").hidden = shown.text.length <= SHOWN;
    find("[data-next]").hidden = typeof shown.json?.next_cursor !== "string";
    find("[data-next]").dataset.cursor = shown.json?.next_cursor ?? "";
    showHeaders(reply);
    const slug = slugOf(reply.status, shown.json, lessons);
    const detail = shown.json?.detail ?? shown.json?.message;
    const guide = NO_CHAPTER.has(slug) ? null : words.get("guide").textContent;
    const taught = reply.ok || reply.status === 304 ? [] : [lesson(slug, lessons.get(slug), detail, guide)];
    find("[data-taught]").replaceChildren(...taught);
    find("[data-heard]").textContent = line;
  }

  async function send() {
    const asked = request();
    const authorization = "open" in section.dataset ? [] : [["Authorization", `Bearer ${await panel.token()}`]];
    const headers = [...authorization, ...asked.headers];
    const began = performance.now();
    const options = { method, headers, credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(ANSWER_WITHIN) };
    const reply = await fetch(asked.url, asked.body === null ? options : { ...options, body: asked.body });
    const first = Math.round(performance.now() - began);
    const text = await reply.text();
    showSent(asked, headers);
    showAnswer(reply, text, { first, whole: Math.round(performance.now() - began) });
  }

  async function submit() {
    const button = find("[data-send]");
    if (button.getAttribute("aria-disabled") === "true") return;
    const label = button.textContent;
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.busy;
    find(".try-answer").setAttribute("aria-busy", "true");
    try {
      await send();
    } catch (error) {
      // What went wrong with the token was taught above it.
      if (error.name !== "Refused") find("[data-taught]").replaceChildren(lesson("unreachable", lessons.get("unreachable"), "", null));
      if (error.name === "Refused") return;
    } finally {
      button.removeAttribute("aria-disabled");
      button.textContent = label;
      find(".try-answer").removeAttribute("aria-busy");
    }
    find("[data-nothing]").hidden = true;
    find("[data-answer]").hidden = false;
    find("[data-answer]").scrollIntoView({ block: "nearest" });
  }

  form.addEventListener("input", preview);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  find("[data-next]").addEventListener("click", (event) => {
    fields.find((field) => field.dataset.name === "cursor").value = event.target.dataset.cursor;
    preview();
    submit();
  });
  copies(find("[data-copies=curl]"), () => asCurl("$TOKEN"));
  copies(find("[data-copies=curl-with-token]"), () => asCurl(token?.value ?? "$TOKEN"));
  copies(find("[data-copies=correlation]"), () => last.correlation);
  copies(find("[data-copies=body]"), () => last.body);
  offerKeys(find("[data-key]"), JSON.parse(section.dataset.keys));
  preview();
}

function offerKeys(input, keys) {
  if (!keys.length) return;
  input.after(element("datalist", { id: "try-keys" }, ...keys.map((key) => element("option", { value: key }))));
  input.setAttribute("list", "try-keys");
}

const section = document.getElementById("try");
if (section) mount(section);
