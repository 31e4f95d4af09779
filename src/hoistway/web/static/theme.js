// Appearance: automatic, light or dark, remembered on this device. The head waits for this file, so nothing flashes.
const key = "hoistway-theme";
const order = ["auto", "light", "dark"];
const root = document.documentElement;
root.dataset.script = ""; // what needs script is shown, and what says how to do without is not

function remembered() {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is blocked: automatic
  }
}

function apply(theme) {
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
}

let theme = order.includes(remembered()) ? remembered() : "auto";
apply(theme);

const button = document.getElementById("theme");
const value = button.querySelector("span");
value.textContent = button.dataset[theme];
button.hidden = false;
button.addEventListener("click", () => {
  theme = order[(order.indexOf(theme) + 1) % order.length];
  apply(theme);
  value.textContent = button.dataset[theme];
  try {
    localStorage.setItem(key, theme);
  } catch {
    // kept for this page only
  }
});
