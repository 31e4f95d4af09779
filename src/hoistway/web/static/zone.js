// Instants in the reader's zone; without script they stand in UTC, which the hover says in any case.
const two = (number) => String(number).padStart(2, "0");

for (const time of document.querySelectorAll("time[data-zone]")) {
  const at = new Date(time.dateTime.replace(" ", "T"));
  const named = new Intl.DateTimeFormat(document.documentElement.lang, { timeZoneName: "short" }).formatToParts(at);
  const zone = named.find((part) => part.type === "timeZoneName").value;
  const clock = [at.getHours(), at.getMinutes(), ...(time.dataset.zone === "second" ? [at.getSeconds()] : [])];
  time.textContent = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock.map(two).join(":")} ${zone}`;
}
