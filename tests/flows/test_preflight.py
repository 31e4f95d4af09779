"""What a browser asks before it sends a page's request to another origin (https://fetch.spec.whatwg.org/#cors-preflight-fetch)."""

import httpx2
import pytest

from hoistway.routes import ROUTES
from tests.server import Served
from tests.world import HOME, TENANT_NAME

ORIGIN = HOME.rstrip("/")
B2C = f"/{TENANT_NAME}/B2C_1_SignIn"


def preflight(served: Served, path: str, origin: str = ORIGIN) -> httpx2.Response:
    headers = {"origin": origin, "access-control-request-method": "POST"}
    return httpx2.options(f"{served.url}{path}", headers=headers, verify=False)


def test_each_address_names_its_own_methods(served: Served) -> None:
    for route in ROUTES:
        reply = preflight(served, route.path.replace("{", "").replace("}", ""))
        assert reply.status_code == 204
        assert reply.headers["allow"] == ", ".join((*route.methods, "OPTIONS"))
        assert reply.headers["access-control-allow-methods"] == ", ".join(route.methods)
        assert reply.headers["access-control-allow-origin"] == ORIGIN
        assert "access-control-allow-credentials" not in reply.headers
        # What Swagger UI and tracing libraries add to a token request.
        assert set(reply.headers["access-control-allow-headers"].split(", ")) >= {
            "authorization", "content-type", "x-requested-with", "traceparent", "tracestate", "request-id",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "methods"),
    [(f"{B2C}/oauth2/v2.0/token", "POST"), (f"{B2C}/v2.0/.well-known/openid-configuration", "GET, HEAD")],
)
def test_of_a_b2c_shaped_address(served: Served, path: str, methods: str) -> None:
    assert preflight(served, path).headers["access-control-allow-methods"] == methods


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", f"{ORIGIN}.evil.example", ORIGIN.replace("8499", "8498")]
)
def test_another_origin_is_told_nothing(served: Served, origin: str) -> None:
    reply = preflight(served, "/oauth2/token", origin)
    assert reply.status_code == 204
    assert not [name for name in reply.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/nothing", "/tenant/oauth2/v2.0/nothing"])
def test_what_is_not_there(served: Served, path: str) -> None:
    assert preflight(served, path).status_code == 404
