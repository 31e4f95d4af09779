// Says of each redirect URL while it is typed whether it can be registered; the server judges, as it does afterwards.
for (const form of document.querySelectorAll("form[data-check]")) {
  const area = form.querySelector("#redirect_uris");
  const live = form.querySelector(".live");
  const kept = form.querySelector("[data-type]");
  let waiting = 0;
  let asked = 0;

  async function check() {
    const mine = ++asked;
    if (area.value.trim() === "") {
      live.hidden = true;
      return;
    }
    const type = kept ? kept.dataset.type : form.querySelector('input[name="type"]:checked')?.value ?? "";
    const body = new URLSearchParams({ csrf: form.csrf.value, type, redirect_uris: area.value });
    let answer;
    try {
      const reply = await fetch(form.dataset.check, { method: "POST", body });
      answer = await reply.json();
    } catch {
      return;
    }
    if (mine !== asked) return;
    live.hidden = false;
    live.className = answer.problems.length ? "live bad" : "live good";
    const list = document.createElement("ul");
    for (const sentence of answer.problems.length ? answer.problems : [answer.words]) {
      const line = document.createElement("li");
      line.textContent = sentence;
      list.append(line);
    }
    live.replaceChildren(list);
  }

  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(check, 400);
  }
  area.addEventListener("input", soon);
  for (const radio of form.querySelectorAll('input[name="type"]')) radio.addEventListener("change", soon);
}
