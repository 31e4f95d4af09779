"""Swagger UI, another origin's viewer, reads our own document, signs a person in with PKCE and calls the API."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from msgspec.structs import replace
from playwright.sync_api import Locator, Page, expect

from hoistway.protocol.ids import ClientId
from hoistway.store.clients import add_client
from hoistway.store.db import Writer
from tests.server import Served, change
from tests.world import CLIENTS, PASSWORD

SWAGGER = Path(__file__).parent.parent / "npm" / "node_modules" / "swagger-ui-dist"
VIEWER = """<!doctype html>
<html lang="en">
<title>Viewer</title>
<link rel="stylesheet" href="swagger-ui.css">
<div id="ui"></div>
<script src="swagger-ui-bundle.js"></script>
<script>
const ui = SwaggerUIBundle({
  url: DOCUMENT,
  dom_id: "#ui",
  oauth2RedirectUrl: `${location.origin}/oauth2-redirect.html`,
});
ui.initOAuth({ clientId: CLIENT, usePkceWithAuthorizationCodeGrant: true });
</script>
</html>
"""


class _Viewer(SimpleHTTPRequestHandler):
    page = b""

    def do_GET(self) -> None:
        if self.path != "/":
            return super().do_GET()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(self.page)))
        self.end_headers()
        self.wfile.write(self.page)
        return None

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def viewer(document: str, client_id: str) -> Iterator[str]:
    """Serves Swagger UI for the document, and gives its address."""
    text = VIEWER.replace("DOCUMENT", json.dumps(document)).replace("CLIENT", json.dumps(client_id))
    handler = type("Viewer", (_Viewer,), {"page": text.encode()})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(SWAGGER))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def viewed(served: Served) -> Iterator[str]:
    """The viewer's address, registered for an application of its own. To be asked for before `page`, whose browser needs
    the thread's event loop."""
    with viewer(f"{served.url}/api/v1/openapi.json", "viewer") as address:
        spa = next(client for client in CLIENTS if client.id == "spa")
        uris = (f"{address}/oauth2-redirect.html",)
        row = replace(spa, id=ClientId("viewer"), redirect_uris=uris, post_logout_redirect_uris=())

        async def register(tx: Writer) -> None:
            await add_client(tx, row, frozenset({address}))

        change(served.database, register)
        yield address


def sign_in(page: Page, scheme: Locator) -> None:
    """By the pop-up that Swagger UI opens, which closes by itself."""
    scheme.get_by_text("select all").first.click()
    with page.expect_popup() as opened:
        scheme.get_by_role("button", name="Authorize", exact=True).or_(
            scheme.get_by_role("button", name="Apply given OAuth2 credentials")
        ).first.click()
    popup = opened.value
    popup.get_by_label("User name").fill("ann@example.com")
    popup.get_by_label("Password", exact=True).fill(PASSWORD)
    with popup.expect_event("close"):
        popup.get_by_role("button", name="Sign in").click()


def test_it_signs_in_and_calls(viewed: str, page: Page) -> None:
    page.goto(viewed)
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".modal-ux")
    scheme = dialog.locator(".auth-container").filter(has_text="authorizationCode").first
    sign_in(page, scheme)
    expect(dialog.get_by_role("button", name=re.compile("Logout|Remove authorization")).first).to_be_visible()
    dialog.get_by_role("button", name="Close").last.click()
    units = page.locator(".opblock").filter(has=page.locator('[data-path="/api/v1/units"]')).first
    units.locator(".opblock-summary").click()
    units.get_by_role("button", name="Try it out").click()
    units.get_by_role("button", name="Execute").click()
    answer = units.locator(".live-responses-table .response").first
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    expect(answer.locator(".response-col_description")).to_contain_text("US-c-a-")
