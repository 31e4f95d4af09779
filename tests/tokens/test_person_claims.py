"""What tokens, userinfo, introspection and the API say of a person follows the scopes (OpenID Connect Core section 5.4)."""

from typing import Any

import httpx2
import pytest

from tests.attacks.asking import bearer, daemon_token, parts_of, password, post
from tests.flows.browser import Person, answer_of, pkce
from tests.server import Served
from tests.world import API_URI, CALLBACK, PASSWORD, SECRET, TENANT_NAME

PROFILE = {"name", "preferred_username", "employee"}
EMAIL = {"email", "emails"}
PERSONAL = PROFILE | EMAIL
WORDS = ("Ann", "ann@example.com")
CASES = [
    ("openid units.read", set()), ("openid profile units.read", PROFILE), ("openid email units.read", EMAIL),
    ("openid profile email", PERSONAL), ("openid", set()),
]  # fmt: skip
B2C = f"/{TENANT_NAME}/B2C_1_SignIn/oauth2/v2.0"


def tokens_of(served: Served, client_id: str, scope: str, path: str = "/oauth2") -> dict[str, Any]:
    """Of Ann, with consent where it is asked."""
    person, (verifier, challenge) = Person(served), pkce()
    asked = {"scope": scope, "code_challenge": challenge, "code_challenge_method": "S256"}
    reply = person.sign_in(person.authorize(client_id, path=f"{path}/authorize", **asked), "ann")
    if reply.status_code == 200:
        reply = person.submit("/interaction", reply, decision="allow")
    code = answer_of(reply.headers["location"])["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": verifier}
    tokens = post(served, f"{path}/token", **form, client_id=client_id, client_secret=SECRET)
    assert tokens.status_code == 200, tokens.text
    body: dict[str, Any] = tokens.json()
    return body


def said(served: Served, tokens: dict[str, Any]) -> list[dict[str, Any]]:
    """Access token, ID token, userinfo."""
    claims = [parts_of(tokens[name])[1] for name in ("access_token", "id_token")]
    return [*claims, bearer(served, tokens["access_token"], "/oauth2/userinfo").json()]


@pytest.mark.parametrize("client_id", ["web", "partner"])
@pytest.mark.parametrize(("scope", "shown"), CASES)
def test_claims_follow_the_scopes(served: Served, client_id: str, scope: str, shown: set[str]) -> None:
    tokens = tokens_of(served, client_id, scope)
    for claims in said(served, tokens):
        assert set(claims) & PERSONAL == shown
        assert (claims["sub"], claims["customer"]) == ("u-ann", "c-a")
    asked = {"client_id": client_id, "client_secret": SECRET, "token": tokens["access_token"]}
    seen = post(served, "/oauth2/introspect", **asked).json()
    assert seen["active"] is True
    assert ("username" in seen) == ("profile" in scope)


def test_a_refresh_without_a_scope_says_less(served: Served) -> None:
    tokens = tokens_of(served, "web", "openid profile offline_access")
    form = {"grant_type": "refresh_token", "client_id": "web", "client_secret": SECRET}
    less = post(served, **form, refresh_token=tokens["refresh_token"], scope="openid").json()
    for claims in said(served, less):
        assert not set(claims) & PERSONAL


@pytest.mark.parametrize(("client_id", "shown"), [("web", PERSONAL), ("partner", set())])
def test_b2c_shaped_paths_keep_their_claims_for_the_operators_own(
    served: Served, client_id: str, shown: set[str]
) -> None:
    """Programs written for B2C read name and emails without asking; a third party's get what the person allowed."""
    for claims in said(served, tokens_of(served, client_id, f"openid {API_URI}", B2C)):
        assert set(claims) & PERSONAL == shown


@pytest.mark.parametrize(
    ("scope", "named", "reached"),
    [("openid units.read", False, False), ("openid profile units.read", True, False),
     ("openid email units.read", False, True), ("openid profile.read", True, True)],
)  # fmt: skip
def test_the_api_tells_a_third_party_no_more(served: Served, scope: str, named: bool, reached: bool) -> None:
    for client_id in ("partner", "web"):
        token = tokens_of(served, client_id, scope)["access_token"]
        me = bearer(served, token, "/api/v1/me").json()
        own = client_id == "web"
        assert (me["name"], me["username"], me["flags"], me["employee"]) == (
            ("Ann", "ann@example.com", [], False) if named or own else (None, None, None, None)
        )
        assert me["emails"] == (["ann@example.com"] if reached or own else None)
        if not (named or reached or own):
            assert not [word for word in WORDS if word in httpx2.Response(200, json=me).text]


def test_a_technical_account_is_no_person(served: Served) -> None:
    """Its name is its customer's own word, by each way to a token."""
    path = f"/{TENANT_NAME}/B2C_1_ROPC/oauth2/v2.0/token"
    form = {"grant_type": "password", "client_id": "ropc", "username": "daemon-a", "password": PASSWORD}
    b2c = post(served, path, **form, scope=API_URI).json()["access_token"]
    standard = password(served, "daemon-a", scope="units.read").json()["access_token"]
    for token in (daemon_token(served), standard, b2c):
        claims = parts_of(token)[1]
        assert (claims["name"], claims["preferred_username"], claims["emails"]) == ("Daemon a", "daemon-a", [])
        assert bearer(served, token, "/api/v1/me").json()["name"] == "Daemon a"


def test_the_page_says_what_is_true(served: Served) -> None:
    person = Person(served)
    page = person.sign_in(
        person.authorize("partner", scope="openid", code_challenge="x" * 43, code_challenge_method="S256"), "bob"
    )
    assert "Know that you signed in and for which customer, and nothing more." in page.text
    assert "asks you to sign in there with your account" in page.text
    assert "access to data of" not in page.text
    more = person.authorize(
        "partner", scope="openid profile email", code_challenge="x" * 43, code_challenge_method="S256"
    )
    for line in ("See your name and user name, and whether you work for the operator", "See your e-mail address"):
        assert line in more.text
    assert "nothing more" not in more.text
