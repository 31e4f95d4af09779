"""What a browser asks before it sends a page's request to another origin (https://fetch.spec.whatwg.org/#cors-preflight-fetch)."""

import httpx2
import pytest

from hoistway.routes import ROUTES
from tests.attacks.asking import daemon_token
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


PROGRAMS = {
    route.path: next(method for method in ("DELETE", "POST", "PROPFIND") if method not in route.methods)
    for route in ROUTES
    if route.surface != "page"
}
B2C_SHAPED = dict.fromkeys((f"{B2C}/oauth2/v2.0/token", f"{B2C}/discovery/v2.0/keys"), "DELETE")


@pytest.mark.parametrize(("path", "method"), [*PROGRAMS.items(), *B2C_SHAPED.items()])
@pytest.mark.parametrize("origin", [ORIGIN, "https://evil.example"])
def test_a_wrong_method_is_told_to_the_page_that_used_it(served: Served, path: str, method: str, origin: str) -> None:
    reply = httpx2.request(method, f"{served.url}{path.replace('{', '').replace('}', '')}", headers={"origin": origin})
    assert reply.status_code == 405
    assert reply.headers.get("access-control-allow-origin") == (ORIGIN if origin == ORIGIN else None)
    assert "origin" in reply.headers["vary"].lower()


@pytest.mark.parametrize("broken", ["hoistway.api.units.seen_units", "hoistway.authn.directory.Directory.client"])
def test_a_bug_is_told_to_the_page_that_met_it(served: Served, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    token = daemon_token(served)

    def fail(*_arguments: object, **_named: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(broken, fail)
    headers = {"origin": ORIGIN, "authorization": f"Bearer {token}"}
    reply = httpx2.get(f"{served.url}/api/v1/units", headers=headers)
    assert reply.status_code == 500
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert "x-correlation-id" in reply.headers["access-control-expose-headers"]
    assert reply.headers["vary"] == "Origin"


def test_a_bug_in_telling_whose_page_it_is(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("hoistway.authn.directory.Directory.is_registered_origin", fail)
    reply = httpx2.get(f"{served.url}/api/v1/units", headers={"origin": ORIGIN})
    assert reply.status_code == 500
    assert reply.headers["x-correlation-id"] in reply.text


PUBLIC = (
    "/api/v1/openapi.json", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/oauth2/jwks",
    "/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/api/v1", f"{B2C}/discovery/v2.0/keys",
    f"{B2C}/v2.0/.well-known/openid-configuration",
)  # fmt: skip


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("origin", [ORIGIN, "https://viewer.example", "null", None])
def test_a_public_document_is_for_every_page(served: Served, path: str, origin: str | None) -> None:
    reply = httpx2.get(f"{served.url}{path}", headers={} if origin is None else {"origin": origin})
    assert reply.status_code == 200
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in reply.headers
    assert reply.headers.get("vary", "Accept-Encoding") == "Accept-Encoding", "the same for every origin"


@pytest.mark.parametrize("path", ["/api/v1/units", "/api/v1/me", "/oauth2/userinfo"])
def test_nothing_else_is_for_every_page(served: Served, path: str) -> None:
    headers = {"origin": "https://viewer.example", "authorization": f"Bearer {daemon_token(served)}"}
    assert "access-control-allow-origin" not in httpx2.get(f"{served.url}{path}", headers=headers).headers
