"""Row 56: a session, token or code that outlives a disabling or a transfer: enabling gives the account back, not what it had given."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from hoistway.accounts.roles import switch_person
from hoistway.applications.giving import give_application
from hoistway.authn.client import secret_digest
from hoistway.protocol.ids import ApiId, ClientId, CustomerId, ServiceAccountId, UserId
from hoistway.store.client_secrets import ClientSecret, add_secret, secrets_of
from hoistway.store.clients import find_client, set_client_disabled
from hoistway.store.consents import CONSENTED_SCOPES, add_consent
from hoistway.store.customers import set_customer_disabled
from hoistway.store.db import Database, Statement, Writer
from hoistway.store.service_accounts import find_service_account, set_service_account_disabled
from hoistway.store.users import find_user
from tests.attacks.asking import assert_refused_token, bearer, daemon_token, redeem, refresh, web_tokens
from tests.attacks.test_disabled import BOUND, Held, clocked, hold, silent
from tests.portal.asking import approved, visitor
from tests.server import Clock, Served, change
from tests.store.test_schema import on
from tests.world import DIGEST, NOW, SECRET

__all__ = ["clocked"]
Switch = Callable[[Writer, int | None], Awaitable[Any]]
KEPT = Statement(lambda: select(CONSENTED_SCOPES.c.scope), str)
ANN, WEB, A, B = UserId("u-ann"), ClientId("web"), CustomerId("c-a"), CustomerId("c-b")


async def _person(tx: Writer, at: int | None) -> None:
    person = await find_user(tx, ANN)
    assert person is not None
    await switch_person(tx, person, at, at or 0)


def _account(tx: Writer, at: int | None) -> Awaitable[bool]:
    return set_service_account_disabled(tx, ServiceAccountId("sa-a"), at)


def off_and_on(clocked: tuple[Served, Clock], switch: Switch) -> tuple[Served, Held]:
    served, clock = clocked
    held = hold(served)
    for at in (clock.at, None):
        change(served.database, lambda tx, at=at: switch(tx, at))  # type: ignore[misc]
        clock.turn(BOUND)
    return served, held


def of_person_ended(served: Served, held: Held) -> None:
    assert_refused_token(bearer(served, held.tokens["access_token"]))
    assert refresh(served, held.tokens["refresh_token"], "web", client_secret=SECRET).status_code == 400
    assert redeem(served, *held.code, "web", client_secret=SECRET).status_code == 400


def of_account_ended(served: Served, held: Held) -> None:
    for token in (held.account["access_token"], held.daemon):
        assert_refused_token(bearer(served, token))
    assert refresh(served, held.account["refresh_token"], "ropc").status_code == 400


def begins_anew(served: Served) -> None:
    tokens = web_tokens(served, "ann", "openid offline_access units.read")
    assert bearer(served, tokens["access_token"]).status_code == 200
    assert refresh(served, tokens["refresh_token"], "web", client_secret=SECRET).status_code == 200
    assert bearer(served, daemon_token(served)).status_code == 200


def test_a_person(clocked: tuple[Served, Clock]) -> None:
    change(clocked[0].database, lambda tx: add_consent(tx, ANN, WEB, A, {(ApiId("customer-api"), "units.read")}, NOW))
    served, held = off_and_on(clocked, _person)
    of_person_ended(served, held)
    assert "code" not in silent(held), "the session"
    assert not on(served.database, lambda db: db.all(KEPT, {}))
    assert bearer(served, held.daemon).status_code == 200
    begins_anew(served)


def test_a_technical_account(clocked: tuple[Served, Clock]) -> None:
    served, held = off_and_on(clocked, _account)
    of_account_ended(served, held)
    assert bearer(served, held.tokens["access_token"]).status_code == 200
    begins_anew(served)


def test_a_customer(clocked: tuple[Served, Clock]) -> None:
    served, held = off_and_on(clocked, lambda tx, at: set_customer_disabled(tx, A, at))
    of_person_ended(served, held)
    of_account_ended(served, held)
    begins_anew(served)


def test_an_application(clocked: tuple[Served, Clock]) -> None:
    served, held = off_and_on(clocked, lambda tx, at: set_client_disabled(tx, WEB, at))
    refused = refresh(served, held.tokens["refresh_token"], "web", client_secret=SECRET)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client"), "the secret"
    change(served.database, lambda tx: add_secret(tx, ClientSecret("new", WEB, secret_digest(SECRET), "new", 1)))
    clocked[1].turn(BOUND)
    of_person_ended(served, held)
    assert bearer(served, held.daemon).status_code == 200
    begins_anew(served)


def _give(served: Served, clock: Clock, client_id: ClientId) -> None:
    async def work(tx: Writer) -> None:
        client = await find_client(tx, client_id)
        assert client is not None
        await give_application(tx, client, B, DIGEST, clock.at)

    change(served.database, work)
    clock.turn(BOUND)


def test_what_an_application_was_given_ends_when_it_is_given_away(clocked: tuple[Served, Clock]) -> None:
    served, clock = clocked
    change(served.database, lambda tx: add_consent(tx, ANN, WEB, A, {(ApiId("customer-api"), "units.read")}, NOW))
    held = hold(served)
    _give(served, clock, WEB)
    assert_refused_token(bearer(served, held.tokens["access_token"]))
    assert refresh(served, held.tokens["refresh_token"], "web", client_secret=SECRET).status_code == 401
    assert not on(served.database, lambda db: secrets_of(db, WEB))
    assert not on(served.database, lambda db: db.all(KEPT, {}))


@pytest.mark.parametrize("kind", ["its own", "shared"])
def test_an_account_goes_with_its_application_unless_it_serves_others(clocked: tuple[Served, Clock], kind: str) -> None:
    served, clock = clocked
    if kind == "shared":
        client_id, account_id = ClientId("daemon"), ServiceAccountId("sa-a")
    else:
        adam = visitor(served, "adam")
        client_id = ClientId(approved(served, adam, type="daemon", redirect_uris=""))
        found = on(served.database, lambda db: find_client(db, client_id))
        assert found is not None
        assert found.service_account_id is not None
        account_id = found.service_account_id
    _give(served, clock, client_id)

    async def work(db: Database) -> bool:
        account = await find_service_account(db, account_id)
        assert account is not None
        return account.disabled_at is None

    assert on(served.database, work) is (kind == "shared")
