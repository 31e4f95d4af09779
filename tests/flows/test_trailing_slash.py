"""A slash too many at the end of an address: pages lead on, other addresses say which one is right."""

import httpx
import pytest

from hoistway.routes import ROUTES
from tests.server import Served

PAGES = sorted(
    {route.path for route in ROUTES if route.surface == "page" and "GET" in route.methods and route.path != "/"}
)
VALUES = {"{name}": "a", "{id}": "a%2Fb", "{client_id}": "x y".replace(" ", "%20"), "{word}": "units", "{user_id}": "u",
          "{request_id}": "r", "{operation}": "me", "{secret_id}": "s", "{provider}": "p"}  # fmt: skip


def test_every_page_leads_on_and_keeps_the_question(served: Served) -> None:
    assert len(PAGES) > 40
    for path in PAGES:
        bare = path
        for name, value in VALUES.items():
            bare = bare.replace(name, value)
        reply = httpx.get(f"{served.url}{bare}/?q=a%26b&c", follow_redirects=False)
        assert (reply.status_code, reply.headers["location"]) == (308, f"{bare}?q=a%26b&c"), path
        assert httpx.head(f"{served.url}{bare}/").headers["location"] == bare


@pytest.mark.parametrize(
    "path", ["/oauth2/token", "/oauth2/introspect", "/oauth2/jwks", "/api/v1/units", "/api/v1/units/US-1"]
)
def test_programs_are_told_the_address(served: Served, path: str) -> None:
    for method in ("GET", "POST"):
        reply = httpx.request(method, f"{served.url}{path}/", data={"grant_type": "x"} if method == "POST" else None)
        assert reply.status_code == 404
        said = reply.json().get("error_description") or reply.json()["detail"]
        assert f"{path}, without the slash" in said
        assert reply.json()["correlation_id"]


def test_a_page_that_posts_is_told_and_strangers_are_not_led_away(served: Served) -> None:
    reply = httpx.post(f"{served.url}/portal/sign-out/", headers={"accept": "text/html"})
    assert reply.status_code == 404
    for path in ("//example.com/", "/%2fexample.com/", "//portal/", "/portal//", "/nothing/", "/console/units/x/y/"):
        assert httpx.get(served.url + path).status_code == 404, path
