// Suggestions below the search in the bar, for the operator's people. One that is chosen opens its page.
const input = document.querySelector("input[data-suggest]");
const list = document.getElementById("find-list");
const addresses = new Map();
let waiting;
let asked = 0;

async function suggest(text) {
  const number = ++asked;
  const reply = await fetch(`${input.dataset.suggest}?${new URLSearchParams({ q: text })}`, { redirect: "error" });
  if (!reply.ok || number !== asked) return;
  addresses.clear();
  list.replaceChildren();
  for (const line of await reply.json()) {
    const option = document.createElement("option");
    option.value = line.title;
    option.label = line.note;
    // Two of one name: the page of the search shows both.
    addresses.set(line.title, addresses.has(line.title) ? "" : line.href);
    list.append(option);
  }
}

input.addEventListener("input", () => {
  clearTimeout(waiting);
  const text = input.value.trim();
  if (text.length < 2 || addresses.has(text)) return;
  waiting = setTimeout(() => {
    suggest(text).catch(() => {
      // away for now: the page of the search still finds
    });
  }, 200);
});

input.form.addEventListener("submit", (event) => {
  const address = addresses.get(input.value.trim());
  if (!address) return;
  event.preventDefault();
  location.assign(address);
});
