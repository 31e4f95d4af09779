// The button that shows what was typed; the form hides it again before it is sent, so no browser stores it as text.
const field = document.getElementById("password");
const button = document.getElementById("show");

function show(visible) {
  field.type = visible ? "text" : "password";
  button.textContent = visible ? button.dataset.hide : button.dataset.show;
  button.ariaLabel = visible ? button.dataset.hideLabel : button.dataset.showLabel;
}

button.hidden = false;
button.addEventListener("click", () => show(field.type === "password"));
field.form.addEventListener("submit", () => show(false));
