"""A single-page application without a framework, served on a free port."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

# FORM_POST is the form that arrived by response_mode=form_post, or null.
HTML = """<!doctype html>
<html lang="en">
<title>Application</title>
<h1>Application</h1>
<script>
const posted = FORM_POST;
const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const redirect_uri = `${location.origin}/callback`;

// Told to the page that made the frame, where this is silent renewal.
if (parent !== window) {
  const answer = posted ?? Object.fromEntries(new URLSearchParams(location.hash.slice(1) || location.search));
  parent.postMessage(answer, location.origin);
}

async function address(base, client_id, more) {
  const kept = { base, client_id, verifier: random(), state: random(), nonce: random() };
  sessionStorage.setItem("kept", JSON.stringify(kept));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(kept.verifier));
  const asked = { client_id, redirect_uri, response_type: "code", state: kept.state, nonce: kept.nonce, ...more };
  if (asked.response_type === "code") Object.assign(asked, { code_challenge: base64url(digest), code_challenge_method: "S256" });
  return `${base}/oauth2/authorize?${new URLSearchParams(asked)}`;
}

async function begin(base, client_id, more) {
  location.href = await address(base, client_id, more);
}

async function redeem(answer) {
  const kept = JSON.parse(sessionStorage.getItem("kept"));
  if (answer.state !== kept.state) throw new Error(`state: ${JSON.stringify(answer)}`);
  if (answer.iss !== kept.base) throw new Error(`iss: ${JSON.stringify(answer)}`);
  const discovery = await (await fetch(`${kept.base}/.well-known/openid-configuration`)).json();
  const { code } = answer;
  const { client_id, verifier: code_verifier, nonce } = kept;
  const form = { grant_type: "authorization_code", code, client_id, code_verifier, redirect_uri };
  const reply = await fetch(discovery.token_endpoint, { method: "POST", body: new URLSearchParams(form) });
  const tokens = await reply.json();
  if (!reply.ok) throw new Error(JSON.stringify(tokens));
  return { tokens, nonce };
}

const redeemHere = () => redeem(Object.fromEntries(new URLSearchParams(location.search)));

async function units(base, token) {
  const reply = await fetch(`${base}/api/v1/units`, { headers: { authorization: `Bearer ${token}` } });
  return (await reply.json()).items.length;
}

async function silent(base, client_id, more) {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.src = await address(base, client_id, { prompt: "none", ...more });
  const told = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("the frame said nothing")), 10_000);
    addEventListener("message", (event) => event.source === frame.contentWindow && resolve(event.data));
  });
  document.body.append(frame);
  const answer = await told;
  frame.remove();
  return answer;
}
</script>
</html>
"""


class _Pages(BaseHTTPRequestHandler):
    def _page(self, posted: dict[str, str] | None) -> None:
        known = urlsplit(self.path).path in {"/", "/callback"}
        body = HTML.replace("FORM_POST", json.dumps(posted).replace("<", "\\u003c")).encode() if known else b""
        self.send_response(200 if known else 204)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        with suppress(ConnectionError):  # the browser went on to another page
            self.end_headers()
            self.wfile.write(body)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        onward = {
            "/onward": f"http://localhost:{self.headers['host'].rpartition(':')[2]}/callback",
            "/to-app": "com.example.app:/cb",
        }
        if parts.path not in onward:
            self._page(None)
            return
        self.send_response(302)
        self.send_header("location", f"{onward[parts.path]}?{parts.query}")
        self.send_header("content-length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self._page(dict(parse_qsl(body)))

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def application() -> Iterator[str]:
    """Serves it at the URL that this gives, and at `callback` below it; `onward` leads to another origin, `to-app` to a
    scheme of an application's own."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
