// Forms with a passkey: asks the authenticator for what data-options says and sends its answer. Nothing is sent elsewhere.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.codePointAt(0));
const plain = (buffer) => btoa(String.fromCodePoint(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function read(form) {
  const options = JSON.parse(form.dataset.options);
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const one of options.allowCredentials ?? options.excludeCredentials) one.id = bytes(one.id);
  return options;
}

function written(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = plain(credential.response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: plain(credential.rawId), type: credential.type, response, clientExtensionResults: {} });
}

let waiting;

async function ask(form, mediation) {
  waiting?.abort();
  waiting = new AbortController();
  const asked = { publicKey: read(form), signal: waiting.signal };
  if (mediation) asked.mediation = mediation;
  const credential = form.dataset.kind === "create" ? await navigator.credentials.create(asked) : await navigator.credentials.get(asked);
  form.elements.credential.value = written(credential);
  HTMLFormElement.prototype.submit.call(form);
}

async function begin(form) {
  form.hidden = false;
  const failed = form.querySelector("[role=status]");
  form.querySelector("button").addEventListener("click", async () => {
    failed.hidden = true;
    for (const copy of form.querySelectorAll("[data-from]")) {
      const field = document.getElementById(copy.dataset.from);
      if (!field.reportValidity()) return;
      copy.value = field.value;
    }
    try {
      await ask(form);
    } catch (error) {
      failed.hidden = error.name === "AbortError";
    }
  });
  // Beside the field for the user name the browser offers passkeys by itself; whoever closes that has not failed.
  if ("conditional" in form.dataset && (await PublicKeyCredential.isConditionalMediationAvailable?.())) {
    await ask(form, "conditional").catch(() => undefined);
  }
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form.passkey")) begin(form);
}
