// Hands the answer of the portal's own authorization request to the page that asked: in the frame around this one, or in the
// window that opened it, and only where that is a page of this server. It keeps nothing.
const answer = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
history.replaceState(null, "", location.pathname);

const asker = parent === window ? window.opener : parent;
if (asker && "state" in answer) asker.postMessage({ kind: "hoistway-answer", answer }, location.origin);
