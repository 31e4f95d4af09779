// Copies the correlation id and says so.
const button = document.getElementById("copy");
const status = document.getElementById("copied");

if (navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById("correlation").textContent);
    status.textContent = button.dataset.copied;
    setTimeout(() => { status.textContent = ""; }, 3000);
  });
}
