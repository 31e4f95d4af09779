"""A single-page application with the libraries of the installed base: msal-browser and oidc-client, served on a free port."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

NPM = Path(__file__).parent.parent / "npm" / "node_modules"
SCRIPTS = {
    "/msal.js": NPM / "@azure/msal-browser/lib/msal-browser.min.js",
    "/oidc.js": NPM / "oidc-client/dist/oidc-client.min.js",
}
HTML = """<!doctype html>
<html lang="en">
<title>Application</title>
<script src="/msal.js"></script>
<script src="/oidc.js"></script>
<script>
const kept = JSON.parse(sessionStorage.getItem("kept"));
const redirect = `${location.origin}/callback`;
const authority = (given) => `${given.base}/${given.tenant}/B2C_1_SignIn`;

async function application(given) {
  const knownAuthorities = [new URL(given.base).host];
  const auth = { clientId: given.client, authority: authority(given), knownAuthorities, redirectUri: redirect };
  const app = new msal.PublicClientApplication({ auth: { ...auth, navigateToLoginRequestUrl: false } });
  await app.initialize();
  return app;
}

const manager = (given) =>
  new Oidc.UserManager({
    authority: `${authority(given)}/v2.0`,
    client_id: given.client,
    redirect_uri: redirect,
    silent_redirect_uri: redirect,
    response_type: "code",
    scope: `openid ${given.scope}`,
    loadUserInfo: false,
  });

async function begin(given) {
  sessionStorage.setItem("kept", JSON.stringify(given));
  if (given.library === "oidc") return manager(given).signinRedirect();
  return (await application(given)).loginRedirect({ scopes: [given.scope] });
}

const finish = {
  async msal() {
    const app = await application(kept);
    const first = await app.handleRedirectPromise();
    const asked = { scopes: [kept.scope], account: first.account };
    const cached = await app.acquireTokenSilent(asked);
    const fresh = await app.acquireTokenSilent({ ...asked, forceRefresh: true });
    const framed = await app.ssoSilent(asked);
    if (cached.accessToken !== first.accessToken) throw new Error("the cache was missed");
    return { sub: first.idTokenClaims.sub, tokens: [first, fresh, framed].map((answer) => answer.accessToken) };
  },

  async oidc() {
    const first = await manager(kept).signinRedirectCallback();
    const framed = await manager(kept).signinSilent();
    return { sub: first.profile.sub, tokens: [first.access_token, framed.access_token] };
  },
};

async function units(token, key) {
  const headers = { authorization: `Bearer ${token}`, "Ocp-Apim-Subscription-Key": key };
  return (await (await fetch(`${kept.base}/api/v1/units`, { headers })).json()).items.length;
}

// In the hidden frame of silent renewal; msal-browser reads its address from outside.
if (parent !== window && kept?.library === "oidc") manager(kept).signinSilentCallback();
</script>
</html>
"""


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        body = SCRIPTS[path].read_bytes() if path in SCRIPTS else HTML.encode()
        self.send_response(200)
        self.send_header("content-type", "text/javascript" if path in SCRIPTS else "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        with suppress(ConnectionError):  # the browser went on to another page
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def libraries() -> Iterator[str]:
    """Its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
