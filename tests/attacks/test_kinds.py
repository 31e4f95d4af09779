"""One kind of value in the place of another, and names that collide."""

import pytest

from hoistway.authn.client import secret_digest
from hoistway.protocol.ids import ClientId, CustomerId, ServiceAccountId
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.clients import add_client
from hoistway.store.db import Writer
from tests.attacks.asking import (
    CHALLENGE,
    assert_refused_token,
    bearer,
    daemon_token,
    parts_of,
    post,
    redeem,
    refresh,
    refusal,
)
from tests.flows.browser import Person, answer_of, hidden
from tests.server import Served, change
from tests.world import NOW, SCOPES, SECRET, client

INVALID = (400, "invalid_grant")


def test_each_kind_is_good_for_its_own_place_only(served: Served) -> None:
    """Row 16: codes, tickets, refresh, access and ID tokens in each other's place, and each is good afterwards."""
    person = Person(served)
    page = person.authorize("spa", scope="openid", **CHALLENGE)
    code, verifier = Person(served).code("spa", "ann", "openid offline_access units.read")
    tokens = Person(served).tokens("spa", "ann", "openid offline_access units.read")
    kinds = {"code": code, "ticket": hidden(page.text, "ticket"), "csrf": hidden(page.text, "csrf"), **tokens}
    kinds = {name: kinds[name] for name in ("code", "ticket", "csrf", "access_token", "refresh_token", "id_token")}
    for name, value in kinds.items():
        if name != "code":
            assert refusal(redeem(served, value, "v" * 43)) == INVALID
        if name != "refresh_token":
            assert refusal(refresh(served, value)) == INVALID
        if name != "access_token":
            assert_refused_token(bearer(served, value))
        if name != "ticket":
            reply = person.http.get("/interaction", params={"ticket": value})
            assert (reply.status_code, "location" in reply.headers) == (400, False)
    assert redeem(served, code, verifier).status_code == 200
    assert refresh(served, tokens["refresh_token"]).status_code == 200
    assert "code" in answer_of(person.sign_in(page, "ann").headers["location"])


@pytest.mark.parametrize("name", ["u-ann", "sa-a", "ann@example.com", "c-a"])
def test_an_application_named_like_somebody_is_not_them(served: Served, name: str) -> None:
    """Row 33: the subject of its tokens is its technical account, of the other customer."""
    bound = {"service_account_id": ServiceAccountId("sa-b"), "customer_id": CustomerId("c-b")}
    row = client(name, "daemon", grants=("client_credentials",), scopes=SCOPES, redirect_uris=(), **bound)

    async def work(tx: Writer) -> None:
        await add_client(tx, row)
        await add_secret(tx, ClientSecret(f"secret-{name}", ClientId(name), secret_digest(SECRET), SECRET[:6], NOW))

    change(served.database, work)
    token = daemon_token(served, name)
    assert parts_of(token)[1]["sub"] == "sa-b"
    assert bearer(served, token, "/api/v1/me").json()["customer"]["id"] == "c-b"
    assert bearer(served, token, f"/api/v1/users/{name}").status_code == 404
    assert {unit["unitId"][:6] for unit in bearer(served, token).json()["items"]} == {"US-c-b"}
    assert bearer(served, token, "/oauth2/userinfo").status_code == 403


def test_consent_is_not_the_applications_to_give(served: Served) -> None:
    """Row 46: a third party neither skips the question nor answers it for the person."""
    person = Person(served)
    asked = {"scope": "openid units.read", **CHALLENGE}
    page = person.sign_in(person.authorize("partner", **asked), "bob")
    assert page.status_code == 200
    silent = person.authorize("partner", prompt="none", **asked)
    assert answer_of(silent.headers["location"])["error"] == "consent_required"
    for forged in ({"consented": "true"}, {"decision": "allow"}, {"consent": "implied"}):
        reply = person.authorize("partner", **asked, **forged)
        assert (reply.status_code, "location" in reply.headers) == (200, False)
    ticket = hidden(page.text, "ticket")
    assert person.http.get("/interaction", params={"ticket": ticket, "decision": "allow"}).status_code == 200
    given = person.submit("/interaction", page, decision="allow")
    assert "code" in answer_of(given.headers["location"])
    more = person.authorize("partner", **{**asked, "scope": "openid units.read profile.write"})
    assert more.status_code == 200, "what was not asked then is asked now"


def test_a_secret_is_good_for_its_own_application(served: Served) -> None:
    """Row 13: also where two have the same one, a token says whose it is."""
    tokens = [parts_of(daemon_token(served, name))[1] for name in ("daemon", "daemon-b")]
    assert [(token["client_id"], token["customer"]) for token in tokens] == [("daemon", "c-a"), ("daemon-b", "c-b")]
    assert refusal(post(served, grant_type="client_credentials", client_id="spa", client_secret=SECRET)) == (
        401,
        "invalid_client",
    )
