"""Row 34: the line between sandbox and production, tried from both sides: no application of one gets a customer of the other."""

import asyncio
from typing import Any

import pytest

from hoistway.protocol.ids import CustomerId, UserId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.db import Database, Writer
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.open import open_database
from hoistway.tokens.keyring import Keyring
from hoistway.tokens.vault import Vault
from tests.attacks.asking import (
    CHALLENGE,
    assert_refused_token,
    bearer,
    daemon_token,
    parts_of,
    password,
    post,
    redeem,
    refresh,
    refusal,
)
from tests.flows.browser import Person, answer_of
from tests.portal.signing_in import Visitor
from tests.sandbox import add_sandbox
from tests.server import MASTER_KEY, Served, change
from tests.world import API_URI, NOW, PASSWORD, SECRET

pytestmark = pytest.mark.usefixtures("sandbox")
PEOPLE = ("ann", "bob", "both", "few", "emil", "olga")


async def _more(tx: Writer) -> None:
    await add_sandbox(tx)
    # Somebody made a person a member of the simulated customer: that opens it to no other application.
    await put_membership(tx, Membership(UserId("u-few"), SANDBOX, "administrator", "all", NOW))


@pytest.fixture(scope="module")
def sandbox(served: Served) -> None:
    change(served.database, _more)


def customer_of(token: str) -> str:
    return str(parts_of(token)[1]["customer"])


def only_simulated(served: Served, token: str) -> None:
    """The token sees the simulated units and sites, all of them and nothing else."""
    assert customer_of(token) == SANDBOX
    units = bearer(served, token, limit="1000").json()["items"]
    assert len(units) == 12
    assert {unit["unitId"][:8] for unit in units} == {"SANDBOX-"}
    assert {site["siteId"][:8] for site in bearer(served, token, "/api/v1/sites").json()["items"]} == {"sandbox-"}
    for unit in ("US-c-a-11", "US-c-b-11"):
        assert bearer(served, token, f"/api/v1/units/{unit}").status_code == 404
    assert bearer(served, token, site="c-a-s1").json()["items"] == []
    assert bearer(served, token, "/api/v1/me").json()["customer"]["id"] == SANDBOX


@pytest.mark.parametrize("name", PEOPLE)
def test_whoever_signs_in_through_a_sandbox_application_sees_simulated_units(served: Served, name: str) -> None:
    tokens = Person(served).tokens("sand", name, "openid offline_access units.read")
    only_simulated(served, tokens["access_token"])
    other = refresh(served, tokens["refresh_token"], "sand", customer="c-a")
    assert refusal(other) == (400, "invalid_target")
    renewed = refresh(served, tokens["refresh_token"], "sand").json()
    only_simulated(served, renewed["access_token"])
    assert bearer(served, renewed["access_token"], "/oauth2/userinfo").json()["customer"] == SANDBOX


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("more", [{}, {"prompt": "none"}, {"prompt": "select_account"}])
def test_no_real_customer_by_asking_for_one(served: Served, name: str, more: dict[str, str]) -> None:
    person = Person(served)
    person.tokens("sand", name)
    reply = person.authorize("sand", scope="openid units.read", customer="c-a", **CHALLENGE, **more)
    answer = answer_of(reply.headers["location"])
    assert answer["error"] == "invalid_request"
    assert "simulated" in answer["error_description"]
    assert "code" not in answer


@pytest.mark.parametrize("name", ["both", "emil"])
def test_no_real_customer_by_a_forged_choice(served: Served, name: str) -> None:
    """The form of the consent page, with a customer added to it."""
    person = Person(served)
    page = person.sign_in(person.authorize("sand-asks", scope="openid units.read", **CHALLENGE), name)
    assert "Sandbox (simulated)" in page.text
    reply = person.submit("/interaction", page, customer="c-a")
    assert answer_of(reply.headers["location"])["error"] == "invalid_request"
    # Nor does the choice stay in the session, where another application would find it.
    kept = person.submit("/interaction", page, customer=SANDBOX)
    assert "Sandbox (simulated)" in kept.text
    silent = answer_of(person.authorize("spa", scope="openid", prompt="none", **CHALLENGE).headers["location"])
    if name == "both":
        code = silent["code"]
        assert redeem(served, code, "y" * 43).status_code == 400
    else:
        assert silent["error"] == "account_selection_required"


def test_no_real_customer_by_the_implicit_flow(served: Served) -> None:
    person = Person(served)
    asked = {"response_type": "token", "scope": "units.read"}
    reply = person.sign_in(person.authorize("sand-implicit", **asked), "ann")
    only_simulated(served, answer_of(reply.headers["location"])["access_token"])
    refused = answer_of(person.authorize("sand-implicit", customer="c-a", **asked).headers["location"])
    assert refused["error"] == "invalid_request"
    assert "access_token" not in refused


@pytest.mark.parametrize("name", PEOPLE)
def test_no_simulated_customer_through_a_real_application(served: Served, name: str) -> None:
    """Not even for a member of it, nor for an employee, who may name any other customer."""
    person = Person(served)
    asked = {"scope": "openid units.read", "customer": str(SANDBOX), **CHALLENGE}
    page = person.sign_in(person.authorize("spa", **asked), name)
    assert page.status_code == 200
    assert "Sandbox (simulated)" not in page.text
    again = person.submit("/interaction", page, customer=str(SANDBOX))
    assert again.status_code == 200
    silent = answer_of(person.authorize("spa", **asked, prompt="none").headers["location"])
    assert silent["error"] == "account_selection_required"


def test_a_code_of_the_sandbox_is_no_code_of_another_application(served: Served) -> None:
    code, verifier = Person(served).code("sand", "ann")
    assert refusal(redeem(served, code, verifier, "spa")) == (400, "invalid_grant")


def test_a_refresh_token_of_the_sandbox_is_none_of_another_application(served: Served) -> None:
    token = Person(served).tokens("sand", "ann", "openid offline_access units.read")["refresh_token"]
    assert refusal(refresh(served, token, "spa")) == (400, "invalid_grant")


def test_a_daemon_of_the_sandbox(served: Served) -> None:
    only_simulated(served, daemon_token(served, "sand-daemon"))
    form = {"grant_type": "client_credentials", "client_id": "sand-daemon", "client_secret": SECRET}
    assert refusal(post(served, **form, customer="c-a")) == (400, "invalid_target")


@pytest.mark.parametrize("client_id", ["sand-thief", "real-thief"])
def test_a_technical_account_of_the_other_side_proves_nothing(served: Served, client_id: str) -> None:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": SECRET}
    assert refusal(post(served, **form)) == (400, "invalid_grant")


def test_the_password_grant_knows_the_line_too(served: Served) -> None:
    assert refusal(password(served, "daemon-a", client_id="sand-ropc", scope=API_URI)) == (400, "invalid_grant")
    assert refusal(password(served, "sand", client_id="ropc", scope=API_URI)) == (400, "invalid_grant")
    granted = password(served, "sand", client_id="sand-ropc", scope=f"{API_URI} offline_access").json()
    only_simulated(served, granted["access_token"])
    only_simulated(served, refresh(served, granted["refresh_token"], "sand-ropc").json()["access_token"])


async def _signed(database: str, claims: dict[str, Any]) -> str:
    db: Database = await open_database(database)
    keyring = Keyring(Vault(MASTER_KEY))
    await keyring.load(db, int(claims["iat"]))
    token = keyring.sign("ES256", claims, "at+jwt")
    await db.close()
    return token


@pytest.mark.parametrize(
    ("client_id", "changes"),
    [
        ("sand", {"customer": "c-a"}),
        ("sand", {"customer": "c-a", "sub": "u-emil", "oid": "u-emil"}),
        ("sand", {"client_id": "spa"}),
        ("spa", {"customer": str(SANDBOX)}),
        ("spa", {"client_id": "sand"}),
    ],
)
def test_the_guard_refuses_what_the_server_itself_had_signed(
    served: Served, client_id: str, changes: dict[str, str]
) -> None:
    """Were a token ever issued across the line, no endpoint would take it."""
    claims = parts_of(Person(served).tokens(client_id, "ann")["access_token"])[1]
    assert bearer(served, asyncio.run(_signed(served.database, claims))).status_code == 200
    crossed = asyncio.run(_signed(served.database, {**claims, **changes}))
    for path in ("/api/v1/units", "/api/v1/me", "/oauth2/userinfo"):
        assert_refused_token(bearer(served, crossed, path))


def test_nothing_real_is_changed_from_the_sandbox(served: Served) -> None:
    """Though the person's own profile is a real row, and the application was given the scope."""
    person = Person(served)
    token = person.tokens("sand", "ann", "openid profile.read profile.write")["access_token"]
    sent = {"authorization": f"Bearer {token}"}
    reply = person.http.patch("/api/v1/users/u-ann", json={"name": "Evil"}, headers=sent)
    assert reply.status_code == 403
    assert person.http.get("/api/v1/users/u-ann", headers=sent).json()["name"] == "Ann"


@pytest.mark.parametrize("name", ["few", "both", "emil"])
def test_nobody_looks_at_the_portal_for_the_simulated_customer(served: Served, name: str) -> None:
    visitor = Visitor(served.url)
    visitor.get("/sign-in?next=/portal")
    visitor.post("/sign-in?next=/portal", username=f"{name}@example.com", password=PASSWORD)
    visitor.get("/portal")
    assert "Sandbox (simulated)" not in visitor.page
    if name == "both":
        assert visitor.post("/portal/customer", customer=str(SANDBOX)).status_code == 404
    visitor.close()


def test_a_real_customer_stays_reachable(served: Served) -> None:
    assert customer_of(Person(served).tokens("spa", "ann")["access_token"]) == CustomerId("c-a")
    assert customer_of(Person(served).tokens("spa", "few")["access_token"]) == CustomerId("c-a")
