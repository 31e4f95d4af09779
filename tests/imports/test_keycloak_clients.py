"""Clients of a Keycloak realm move in with their ids and secrets; what the rules here don't allow is told, with what to do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.attacks.asking import post
from tests.cli.conftest import Managed
from tests.cli.running import answer
from tests.flows.browser import Person, answer_of, pkce
from tests.imports.realm import MAPPING, SECRET, client, kid, service, user
from tests.imports.test_b2c_people import claims
from tests.imports.test_keycloak import A, bring
from tests.world import PASSWORD


def said_of(told: list[dict[str, Any]], word: str) -> str:
    return "\n".join(one["because"] for one in told if one["id"] == word)


def test_people_sign_in_to_a_client_as_before(managed: Managed, tmp_path: Path) -> None:
    """Code and PKCE, with the old secret; the back channel and the addresses behind signing out come along."""
    more = {"post.logout.redirect.uris": "https://crm.example/out##https://crm.example/*", "backchannel.logout.url": "https://crm.example/bye",
            "backchannel.logout.session.required": "true"}  # fmt: skip
    app = client("crm", "/cb", "https://crm.example/*", rootUrl="https://crm.example/", attributes=more)
    made, told = bring(tmp_path, user("signs", groups=A), clients=(app,))
    assert (made["applications"], made["left_out"]) == (1, 0)
    assert said_of(told, "crm").count("may hold no star (*): register each address") == 2
    shown = answer("app", "show", "crm")
    assert (shown["type"], shown["redirect_uris"], shown["post_logout_redirect_uris"]) == (
        "web", ["https://crm.example/cb"], ["https://crm.example/out"],
    )  # fmt: skip
    visitor = Person(managed.served)
    verifier, challenge = pkce()
    asked = {"scope": "openid profile", "code_challenge": challenge, "code_challenge_method": "S256"}
    form = visitor.authorize("crm", redirect_uri="https://crm.example/cb", **asked)
    back = visitor.submit("/sign-in", form, username="signs@example.com", password=PASSWORD)
    code = answer_of(back.headers["location"])["code"]
    reply = post(
        managed.served, grant_type="authorization_code", code=code, code_verifier=verifier, redirect_uri="https://crm.example/cb",
        client_id="crm", client_secret=SECRET,
    )  # fmt: skip
    assert reply.status_code == 200, reply.text
    assert claims(reply.json()["id_token"])["sub"] == kid("signs")


def test_a_daemon_keeps_its_secret_and_its_subject(managed: Managed, tmp_path: Path) -> None:
    app = client("reports", serviceAccountsEnabled=True, standardFlowEnabled=False, defaultClientScopes=["units.read"])
    made, told = bring(tmp_path, user("other"), service("reports", groups=A), clients=(app,))
    assert (made["applications"], made["people"], told) == (1, 1, [])
    reply = post(
        managed.served, grant_type="client_credentials", client_id="reports", client_secret=SECRET, scope="units.read"
    )
    assert reply.status_code == 200, reply.text
    token = claims(reply.json()["access_token"])
    assert (token["sub"], token["customer"]) == (kid("service-account-reports"), "c-a")


DAEMON = {"serviceAccountsEnabled": True, "standardFlowEnabled": False}
APPS: Mapping[str, tuple[dict[str, Any], str]] = {
    "saml": (client("saml-app", protocol="saml"), "speaks saml, which is not offered here"),
    "an API": (client("bare", bearerOnly=True), "bearer-only"),
    "stars alone": (client("stars", "*", "https://x.example/*"), "none of its addresses may be registered here"),
    "nothing": (client("nothing", standardFlowEnabled=False), "it signs in nowhere"),
    "a daemon of nobody": (client("lost", **DAEMON), "name the customer, or an account, under"),
    "an id with blanks": (client("has blanks", "https://x.example/cb"), "can't be an id here"),
    "a reserved id": (client("new", "https://x.example/cb"), "can't be an id here"),
    "an endless id": (client("x" * 101, "https://x.example/cb"), "can't be an id here"),
    "a hostile name": (client("hostile", "https://x.example/cb", name="a\u202eb"), "the name holds U+202E"),
    "a mapping that leaves it out": (client("unwanted", "https://x.example/cb"), "left out by the mapping"),
    "a daemon of an unknown customer": (client("strange", **DAEMON), "there is no customer c-none"),
}  # fmt: skip
EACH = "  each: {unwanted: {leave_out: true}, strange: {customer: c-none}}\n"


def test_each_that_is_left_out_is_told(managed: Managed, tmp_path: Path) -> None:
    good = client("good", "https://good.example/cb")
    made, told = bring(
        tmp_path, user("someone"), clients=(*(app for app, _ in APPS.values()), good), text_of=MAPPING + EACH, code=1
    )
    assert (made["applications"], made["left_out"]) == (1, len(APPS))
    for one, (kind, (app, because)) in zip(told, APPS.items(), strict=True):
        assert because in one["because"], (kind, one)
        assert one["id"] == app["clientId"]


def test_what_stays_behind_of_an_application_is_told(managed: Managed, tmp_path: Path) -> None:
    apps = (
        client("guessed", "https://a.example/cb", secret="changeme"),
        client("signed", "https://a.example/cb", clientAuthenticatorType="client-jwt"),
        client("implied", "https://a.example/cb", implicitFlowEnabled=True, publicClient=True),
        client("both", "https://a.example/cb", serviceAccountsEnabled=True),
        client("origins", "https://a.example/cb", webOrigins=["https://other.example", "https://a.example", "+"]),
        client("scopes", "https://a.example/cb", optionalClientScopes=["crm.write", "manage.all", "phone"]),
        client("kc-native", "com.example.app://cb", "http://localhost:3000/cb", publicClient=True),
        client("kc-page", "https://a.example/cb", publicClient=True, directAccessGrantsEnabled=True),
    )
    made, told = bring(tmp_path, user("another"), clients=apps, text_of="people: {}\n")
    assert made["applications"] == len(apps), told
    assert "guessed by trying: make one with `hoistway app secret add guessed`" in said_of(told, "guessed")
    assert "proves itself by client-jwt" in said_of(told, "signed")
    assert "code and PKCE" in said_of(told, "implied")
    assert "had a service account besides" in said_of(told, "both")
    assert said_of(told, "origins").startswith("the origins https://other.example are left out")
    assert "the client scope crm.write is of no API here" in said_of(told, "scopes")
    assert "manage.all" in said_of(told, "scopes")
    assert answer("app", "show", "scopes")["scopes"] == ["openid", "profile", "email"]
    assert [answer("app", "show", one)["type"] for one in ("kc-native", "kc-page", "implied")] == [
        "desktop",
        "single-page",
        "single-page",
    ]
    assert "loses the password grant" in said_of(told, "kc-page")
    assert SECRET not in str(told)
