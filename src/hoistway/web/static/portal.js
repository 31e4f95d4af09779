// Copy buttons, menus that close, and trees that stand open where there is room. Everything works without it.
const said = document.getElementById("said");

for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = button.dataset.copy ?? button.parentElement.querySelector("code").textContent;
    await navigator.clipboard.writeText(text);
    const label = button.textContent;
    button.textContent = said.textContent = button.dataset.copied;
    setTimeout(() => {
      button.textContent = label;
      said.textContent = "";
    }, 2000);
  });
}

const wide = matchMedia("(min-width: 800px)");
const folds = document.querySelectorAll(".tree > .fold, .parts > .fold");
function unfold() {
  for (const fold of folds) fold.open = wide.matches;
}
unfold();
wide.addEventListener("change", unfold);

for (const menu of document.querySelectorAll(".menu")) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}

// A table that is wider than its place says so above it; the dashed edge shows it too. Before the first frame, so that nothing moves.
function tell(scroll) {
  const hidden = scroll.scrollWidth > scroll.clientWidth + 1;
  if (hidden === "sideways" in scroll.dataset) return;
  if (hidden) {
    const hint = document.createElement("p");
    hint.className = "hint sideways";
    hint.textContent = document.body.dataset.sideways;
    scroll.before(hint);
    scroll.dataset.sideways = "";
  } else {
    scroll.previousElementSibling.remove();
    delete scroll.dataset.sideways;
  }
}
const sideways = new ResizeObserver((seen) => {
  for (const { target } of seen) tell(target.closest(".scroll"));
});
for (const table of document.querySelectorAll(".scroll > table")) {
  tell(table.parentElement);
  sideways.observe(table);
  sideways.observe(table.parentElement);
}

function remember(key, value) {
  try {
    if (value === undefined) return localStorage.getItem(key);
    localStorage.setItem(key, value);
  } catch {
    // storage is blocked: kept for this page only
  }
  return null;
}

// The language of samples, on every page the one chosen last.
const languages = document.querySelectorAll(".tabs > input");
function choose(language) {
  for (const input of languages) if (input.value === language) input.checked = true;
}
choose(remember("hoistway-language"));
for (const input of languages) {
  input.addEventListener("change", () => {
    choose(input.value);
    remember("hoistway-language", input.value);
  });
}

// The key / moves to the search field, or to its page where there is no room for the field. The search page says so and turns it off, for people whose speech input types keys.
const field = document.getElementById("query") ?? document.getElementById("find");
const way = document.querySelector(".find-link");
document.addEventListener("keydown", (event) => {
  const busy = event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]");
  const there = [field, way].find((one) => one?.checkVisibility());
  if (event.key !== "/" || busy || remember("hoistway-slash") === "off" || !there) return;
  event.preventDefault();
  if (there === way) way.click();
  else there.focus();
});
const slash = document.getElementById("slash");
if (slash) {
  const button = slash.querySelector("button");
  const label = () => (button.textContent = remember("hoistway-slash") === "off" ? button.dataset.on : button.dataset.off);
  slash.hidden = false;
  label();
  button.addEventListener("click", () => {
    remember("hoistway-slash", remember("hoistway-slash") === "off" ? "on" : "off");
    label();
  });
}

// Where the address keeps a fragment, a form sent from here would come back to it instead of to its mistakes.
document.querySelector(".skip").addEventListener("click", () => {
  setTimeout(() => history.replaceState(null, "", location.pathname + location.search));
});
