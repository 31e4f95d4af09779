// Copies the correlation id and says so, on the button and to a screen reader.
const button = document.getElementById("copy");
const status = document.getElementById("copied");

const label = button.textContent;

if (navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById("correlation").textContent);
    button.textContent = status.textContent = button.dataset.copied;
    setTimeout(() => {
      button.textContent = label;
      status.textContent = "";
    }, 3000);
  });
}
