"""What programs of the installed base send, as Microsoft documents it and as their libraries do (docs/migrating.md)."""

import base64
import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx2
import pytest
from msgspec.structs import replace

from hoistway.protocol.ids import ClientId
from hoistway.store.change_row import change_row
from hoistway.store.clients import LegacyException, add_client
from hoistway.store.db import Writer
from tests.flows.browser import Person, answer_of, pkce
from tests.flows.test_daemon import claims
from tests.server import Served, change
from tests.world import (
    API_URI,
    CALLBACK,
    CLIENTS,
    FAR,
    HOME,
    NOW,
    PASSWORD,
    SECRET,
    TENANT_NAME,
)

PROXY = "74c72ab2-3ade-45fe-83e0-cd5b90704539"
ROPC = f"/{TENANT_NAME}/B2C_1_ROPC"
SIGN_IN = f"/{TENANT_NAME}/B2C_1_SignIn"
FORM = {"grant_type": "password", "username": "daemon-a", "password": PASSWORD}
BY_NAME = {client.id: client for client in CLIENTS}
WITHOUT_OFFLINE = ("openid", "profile", "email", "units.read")


async def _more_applications(tx: Writer) -> None:
    origin = frozenset({HOME.rstrip("/")})
    proxy, implicit, spa = BY_NAME[ClientId("ropc")], BY_NAME[ClientId("implicit")], BY_NAME[ClientId("spa")]
    quiet = (LegacyException("no_iss", "a test needs it", FAR, "tests", NOW),)
    for row in (
        replace(proxy, id=ClientId(PROXY)),
        replace(proxy, id=ClientId("ropc-short"), scopes=WITHOUT_OFFLINE),
        replace(implicit, id=ClientId("implicit-short"), scopes=WITHOUT_OFFLINE),
        replace(spa, id=ClientId("spa-short"), scopes=WITHOUT_OFFLINE),
        replace(spa, id=ClientId("spa-quiet"), exceptions=quiet),
        replace(spa, id=ClientId("spa-es256"), access_token_alg="ES256"),
    ):
        await add_client(tx, row, origin)
    await change_row(tx, "apis", "customer-api", {"client_id": "web"})


@pytest.fixture(scope="module")
def base(served: Served) -> Served:
    change(served.database, _more_applications)
    return served


def post(served: Served, path: str, **form: str) -> httpx2.Response:
    """`authorization` is sent as a header."""
    headers = {"authorization": form.pop("authorization")} if "authorization" in form else {}
    address = f"{served.url}{path}/oauth2/v2.0/token" if path else f"{served.url}/oauth2/token"
    return httpx2.post(address, data=form, headers=headers, timeout=30)


def header_of(token: str) -> dict[str, str]:
    part = token.split(".")[0]
    read: dict[str, str] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return read


def redeem(served: Served, client_id: str, scope: str, path: str = "", **more: str) -> tuple[Person, httpx2.Response]:
    """A sign-in by code, up to the answer of the token endpoint."""
    verifier, challenge = pkce()
    person = Person(served)
    authorize = f"{path}/oauth2/v2.0/authorize" if path else "/oauth2/authorize"
    page = person.authorize(
        client_id, path=authorize, scope=scope, code_challenge=challenge, code_challenge_method="S256"
    )
    code = answer_of(person.sign_in(page, "ann").headers["location"])["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "client_id": client_id}
    return person, post(served, path, **form, code_verifier=verifier, **more)


def check_documented_refresh(ask: Callable[..., httpx2.Response], proxy: str) -> None:
    """`resource` is the application's own id there, and means what the id means as a scope."""
    first = ask(**FORM, client_id=proxy, scope=f"openid {proxy} offline_access").json()
    form = {"grant_type": "refresh_token", "response_type": "id_token", "client_id": proxy, "resource": proxy}
    reply = ask(**form, refresh_token=first["refresh_token"])
    assert reply.status_code == 200, reply.text
    assert claims(reply.json()["access_token"])["aud"] == proxy
    assert claims(reply.json()["id_token"])["aud"] == proxy


def test_the_refresh_that_is_documented_for_the_password_grant(base: Served) -> None:
    check_documented_refresh(partial(post, base, ROPC), PROXY)


def test_resource_as_the_client_at_the_password_grant(base: Served) -> None:
    reply = post(base, ROPC, **FORM, client_id=PROXY, scope="openid offline_access", resource=PROXY)
    assert claims(reply.json()["access_token"])["aud"] == PROXY
    again = {"grant_type": "refresh_token", "client_id": PROXY, "refresh_token": reply.json()["refresh_token"]}
    assert claims(post(base, ROPC, **again).json()["access_token"])["aud"] == PROXY


def test_resource_as_the_client_never_widens(base: Served) -> None:
    """What was granted for the API stays a token for the API; another application's id is no resource."""
    first = post(base, ROPC, **FORM, client_id=PROXY, scope=f"{API_URI} offline_access").json()
    form = {"grant_type": "refresh_token", "client_id": PROXY, "refresh_token": first["refresh_token"]}
    assert claims(post(base, ROPC, **form, resource=PROXY).json()["access_token"])["aud"] == API_URI
    refused = post(base, ROPC, **form, resource="ropc")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_target")
    standard = post(base, "", **FORM, client_id=PROXY, scope="openid", resource=PROXY)
    assert (standard.status_code, standard.json()["error"]) == (400, "invalid_target")


@pytest.mark.parametrize("path", ["", ROPC])
def test_offline_access_where_it_is_not_allowed_is_left_out(base: Served, path: str) -> None:
    reply = post(base, path, **FORM, client_id="ropc-short", scope=f"openid {API_URI}/units.read offline_access")
    assert reply.status_code == 200, reply.text
    assert "refresh_token" not in reply.json()
    if not path:
        assert reply.json()["scope"] == f"openid {API_URI}/units.read"


def test_offline_access_by_code_is_left_out(base: Served) -> None:
    _, reply = redeem(base, "spa-short", "openid offline_access units.read")
    assert reply.json()["scope"] == "openid units.read"
    assert "refresh_token" not in reply.json()


def test_offline_access_by_the_implicit_flow_is_ignored(base: Served) -> None:
    """OpenID Connect Core section 11."""
    person = Person(base)
    scope = "openid profile offline_access units.read"
    asked = {"response_type": "id_token token", "scope": scope, "nonce": "n"}
    page = person.get("/oauth2/authorize", client_id="implicit-short", redirect_uri=CALLBACK, **asked)
    answer = answer_of(person.sign_in(page, "ann").headers["location"])
    assert answer["scope"] == "openid profile units.read"
    assert "offline_access" not in str(claims(answer["access_token"])["scope"])


def test_a_refresh_for_what_was_not_granted_lets_msal_ask_again(base: Served) -> None:
    """MSAL falls back to its hidden frame on invalid_grant alone; the standard path keeps RFC 6749's invalid_scope."""
    _, first = redeem(base, "spa", "openid offline_access", SIGN_IN)
    form = {"grant_type": "refresh_token", "client_id": "spa", "refresh_token": first.json()["refresh_token"]}
    refused = post(base, SIGN_IN, **form, scope=f"{API_URI}/units.read openid profile offline_access")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert refused.json()["error_description"].startswith("AADB2C90117: ")
    assert post(base, SIGN_IN, **form).status_code == 200, "the refusal used nothing up"
    _, first = redeem(base, "spa", "openid offline_access", "")
    form = {"grant_type": "refresh_token", "client_id": "spa", "refresh_token": first.json()["refresh_token"]}
    assert post(base, "", **form, scope=f"{API_URI}/units.read").json()["error"] == "invalid_scope"


def test_the_hybrid_flow_is_answered_as_the_guide_says(base: Served) -> None:
    """By redirect, with the number that migrating.md names, and nothing given."""
    told = (Path(__file__).parent.parent.parent / "docs" / "migrating.md").read_text(encoding="utf-8")
    point = next(one for one in told.split("\n- ") if one.startswith("**`response_type=code id_token`**"))
    number = re.search(r"AADB2C(\d{5})", point)
    assert number is not None
    assert "Set the response type to `code`" in " ".join(point.split())
    asked = {"response_type": "code id_token", "scope": "openid", "nonce": "n"}
    form = Person(base).authorize("web", path=f"{SIGN_IN}/oauth2/v2.0/authorize", response_mode="form_post", **asked)
    assert form.status_code == 200
    assert 'value="unsupported_response_type"' in form.text
    assert f"AADB2C{number[1]}: " in form.text
    assert 'name="code"' not in form.text
    assert 'name="id_token"' not in form.text
    standard = Person(base).authorize("web", response_mode="query", **asked)
    assert answer_of(standard.headers["location"])["error"] == "unsupported_response_type"


def test_a_client_id_in_capitals(base: Served) -> None:
    scope = f"openid {PROXY.upper()} offline_access"
    first = post(base, ROPC, **FORM, client_id=PROXY.upper(), scope=scope)
    assert first.status_code == 200, first.text
    assert claims(first.json()["access_token"])["aud"] == PROXY
    form = {"grant_type": "refresh_token", "client_id": PROXY, "refresh_token": first.json()["refresh_token"]}
    assert post(base, ROPC, **form, scope=f"openid {PROXY} offline_access").status_code == 200


def test_a_client_id_that_is_no_guid_has_a_case(base: Served) -> None:
    reply = post(base, ROPC, **FORM, client_id="ROPC", scope="openid ROPC")
    assert reply.json()["error_description"].startswith("AADB2C90018: ")


@pytest.mark.parametrize("path", ["", ROPC])
def test_an_empty_secret_is_none(base: Served, path: str) -> None:
    """As Postman and Swagger UI send it for a public application (RFC 6749 section 2.3.1)."""
    basic = "Basic " + base64.b64encode(b"ropc:").decode()
    reply = post(base, path, authorization=basic, **FORM, scope=API_URI)
    assert reply.status_code == 200, reply.text
    assert post(base, path, **FORM, client_id="ropc", client_secret="", scope=API_URI).status_code == 200


def test_an_empty_secret_proves_nothing(base: Served) -> None:
    for secret in ("", "wrong"):
        basic = "Basic " + base64.b64encode(f"daemon:{secret}".encode()).decode()
        reply = post(base, "", authorization=basic, grant_type="client_credentials")
        assert (reply.status_code, reply.json()["error"]) == (401, "invalid_client")
        assert reply.headers["www-authenticate"].startswith("Basic ")


def test_userinfo_takes_a_posted_token(base: Served) -> None:
    token = post(base, "", **FORM, client_id="ropc", scope="openid").json()["access_token"]
    url = f"{base.url}/oauth2/userinfo"
    assert httpx2.post(url, data={"access_token": token}).json()["sub"] == "sa-a"
    bearer = {"authorization": f"Bearer {token}"}
    assert httpx2.post(url, headers=bearer).json()["sub"] == "sa-a"
    assert httpx2.post(url, headers=bearer, data={"access_token": token}).status_code == 400
    assert httpx2.get(url, params={"access_token": token}).status_code == 401
    assert httpx2.post(url, files={"access_token": (None, token)}).status_code == 401


@pytest.mark.parametrize(
    ("granted", "resource", "error"),
    [
        ("units.read", API_URI, None),
        ("units.read", "https://other.example", "invalid_target"),
        ("openid", API_URI, "invalid_target"),
    ],
)
def test_a_code_and_its_resource(base: Served, granted: str, resource: str, error: str | None) -> None:
    """RFC 8707 section 2.2."""
    _, reply = redeem(base, "spa", granted, resource=resource)
    assert reply.json().get("error") == error


def test_an_exception_leaves_iss_out(base: Served) -> None:
    for client_id, expected in (("spa-quiet", None), ("spa", base.url)):
        _, challenge = pkce()
        person = Person(base)
        page = person.authorize(client_id, scope="openid", code_challenge=challenge, code_challenge_method="S256")
        answer = answer_of(person.sign_in(page, "ann").headers["location"])
        assert answer.get("iss") == expected
        assert "code" in answer


def test_validators_written_for_b2c_find_only_what_they_know(base: Served) -> None:
    """RSA keys, RS256 and the type JWT on those paths; the standard paths keep ES256 and at+jwt (RFC 9068)."""
    discovery = httpx2.get(f"{base.url}{SIGN_IN}/v2.0/.well-known/openid-configuration").json()
    keys = httpx2.get(discovery["jwks_uri"]).json()["keys"]
    assert {key["kty"] for key in keys} == {"RSA"}
    _, there = redeem(base, "spa", "openid units.read", SIGN_IN)
    header = header_of(there.json()["access_token"])
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    assert header["kid"] in {key["kid"] for key in keys}
    _, here = redeem(base, "spa", "openid units.read")
    header = header_of(here.json()["access_token"])
    assert (header["alg"], header["typ"]) == ("ES256", "at+jwt")
    _, chosen = redeem(base, "spa-es256", "openid units.read", SIGN_IN)
    assert header_of(chosen.json()["access_token"])["alg"] == "ES256"
    units = {"authorization": f"Bearer {there.json()['access_token']}"}
    assert httpx2.get(f"{base.url}/api/v1/units", headers=units).status_code == 200


def test_kinds_of_tokens_stay_apart_where_both_are_called_jwt(base: Served) -> None:
    """An ID token opens nothing, and an access token is no hint; both are signed by the same key."""
    person, reply = redeem(base, "spa", f"openid {API_URI}/units.read", SIGN_IN)
    identity, access = reply.json()["id_token"], reply.json()["access_token"]
    for path in ("/api/v1/units", "/oauth2/userinfo"):
        refused = httpx2.get(f"{base.url}{path}", headers={"authorization": f"Bearer {identity}"})
        assert refused.status_code == 401
    asked = {"token": identity, "client_id": "daemon", "client_secret": SECRET}
    assert httpx2.post(f"{base.url}/oauth2/introspect", data=asked).json() == {"active": False}
    # Only a hint that proves who asks signs out without asking the person.
    assert person.get("/oauth2/logout", id_token_hint=access, post_logout_redirect_uri=HOME).status_code == 200
    hinted = person.get("/oauth2/logout", id_token_hint=identity, post_logout_redirect_uri=HOME)
    assert (hinted.status_code, hinted.headers["location"]) == (303, HOME)


def test_an_api_asks_about_tokens_of_other_applications(base: Served) -> None:
    """With the application that is named as its introspector, and about its own tokens alone (RFC 7662 section 2.1)."""
    path = f"{base.url}/oauth2/introspect"
    token = post(base, "", **FORM, client_id="ropc", scope=API_URI).json()["access_token"]
    found = httpx2.post(path, data={"token": token}, auth=("web", SECRET)).json()
    assert (found["active"], found["client_id"], found["username"], found["aud"]) == (True, "ropc", "daemon-a", API_URI)
    assert httpx2.post(path, data={"token": token}, auth=("daemon-b", SECRET)).json() == {"active": False}
    other = post(base, "", **FORM, client_id="ropc", scope="openid").json()["access_token"]
    assert httpx2.post(path, data={"token": other}, auth=("web", SECRET)).json() == {"active": False}
