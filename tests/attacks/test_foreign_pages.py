"""Row 58: who makes an account wait, and who can't. Each test has its own server."""

import httpx2
import pytest

from hoistway.store.clients import add_client
from hoistway.store.db import Writer
from tests.attacks.asking import TOKEN, refusal
from tests.attacks.test_accounts import guess, own_served
from tests.attacks.test_crowds import counters
from tests.flows.browser import Person, hidden
from tests.server import Served, change
from tests.world import API_URI, HOME, PASSWORD, TENANT_NAME, client

__all__ = ["own_served"]

B2C = f"/{TENANT_NAME}/B2C_1_ROPC/oauth2/v2.0/token"
OWN = HOME.rstrip("/")
OTHERS = "https://other.example"
FOREIGN = [
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": OTHERS, "sec-fetch-site": "cross-site"},
    {"origin": f"{OWN}.evil.example"},
    {"origin": OWN.replace("8499", "8500")},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
]


def ask(served: Served, path: str, word: str, headers: dict[str, str]) -> httpx2.Response:
    form = {"grant_type": "password", "client_id": "ropc", "username": "daemon-a", "password": word, "scope": API_URI}
    return httpx2.post(f"{served.url}{path}", data=form, headers=headers, timeout=60)


@pytest.mark.parametrize("path", [TOKEN, B2C])
def test_a_foreign_page_can_not_lock_a_daemon_out(own_served: Served, path: str) -> None:
    """Row 58: what it posts is refused before it counts, the right password too; an origin of another application is foreign."""

    async def add(tx: Writer) -> None:
        await add_client(tx, client("other", "single-page", redirect_uris=(f"{OTHERS}/callback",)))

    change(own_served.database, add)
    for headers in FOREIGN:
        for number in range(3):
            reply = ask(own_served, path, f"wrong-{number}", headers)
            assert refusal(reply) == (400, "unauthorized_client"), headers
        assert refusal(ask(own_served, path, PASSWORD, headers)) == (400, "unauthorized_client"), headers
    assert counters(own_served) == 0
    assert ask(own_served, path, PASSWORD, {}).status_code == 200


def test_pages_of_the_application_itself_may_ask(own_served: Served) -> None:
    """Row 58 is about foreign ones: programs of the installed base call from a browser."""
    for headers in (
        {"origin": OWN, "sec-fetch-site": "cross-site"},
        {"origin": own_served.url, "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
    ):
        assert ask(own_served, TOKEN, PASSWORD, headers).status_code == 200, headers
    assert ask(own_served, TOKEN, PASSWORD, {"origin": OWN}).headers["access-control-allow-origin"] == OWN


def test_a_foreign_page_can_not_lock_a_person_out(own_served: Served) -> None:
    """Row 58: nor by the form of the sign-in page, even with the form's own secret."""
    for headers in FOREIGN:
        if headers.get("origin") == "null":
            # What a browser says of our own form under a strict referrer policy; the secret is the browser's alone.
            continue
        person = Person(own_served)
        page = person.get("/sign-in")
        form = {"csrf": hidden(page.text, "csrf"), "username": "ann@example.com", "password": "wrong"}
        reply = person.http.post("/sign-in", data=form, headers={**headers, "origin": headers.get("origin", OTHERS)})
        assert reply.status_code == 400
    assert counters(own_served) == 0


def test_a_person_at_a_known_place_is_not_locked_out_from_elsewhere(own_served: Served) -> None:
    """Row 58: whatever strangers guess; at a new place, the account waits."""
    assert guess(own_served, "gone@example.com", PASSWORD, "192.0.2.1").status_code == 303
    for number in range(25):
        guess(own_served, "gone@example.com", f"wrong-{number}", f"198.51.100.{number % 5}")
    assert guess(own_served, "gone@example.com", PASSWORD, "203.0.113.9").status_code == 429
    assert guess(own_served, "gone@example.com", PASSWORD, "192.0.2.1").status_code == 303
    assert guess(own_served, "GONE@example.com", PASSWORD, "192.0.2.1:4711").status_code == 303
