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
