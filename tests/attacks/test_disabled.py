"""Whoever is disabled has lost access, with everything that was held before."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from hoistway.protocol.ids import ClientId, CustomerId, ServiceAccountId, UserId
from hoistway.store.clients import set_client_disabled
from hoistway.store.customers import set_customer_disabled
from hoistway.store.db import Writer
from hoistway.store.memberships import remove_membership
from hoistway.store.service_accounts import set_service_account_disabled
from hoistway.store.users import set_user_disabled
from tests.attacks.asking import (
    CHALLENGE,
    assert_refused_token,
    bearer,
    daemon_token,
    password,
    post,
    redeem,
    refresh,
    web_tokens,
)
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import Person, answer_of
from tests.server import Clock, Served, change, populate, serving
from tests.world import API_URI, NOW, SECRET

Disable = Callable[[Writer], Awaitable[Any]]
BOUND = 5  # seconds in which every process must know


@dataclass(frozen=True)
class Held:
    """What a person and the technical account of customer A got while all was well."""

    person: Person
    tokens: dict[str, str]
    code: tuple[str, str]
    account: dict[str, str]
    daemon: str


@pytest.fixture
def clocked(engine_name: EngineName) -> Iterator[tuple[Served, Clock]]:
    url = fresh_database(engine_name, populate)
    clock = Clock()
    with serving(url, now=clock) as served:
        yield served, clock
    drop_database(url)


def hold(served: Served) -> Held:
    scope = "openid offline_access units.read"
    person = Person(served)
    code = person.code("web", "ann", scope)
    account = password(served, "daemon-a", scope=f"offline_access {API_URI}").json()
    held = Held(person, web_tokens(served, "ann", scope), code, account, daemon_token(served))
    for token in (held.tokens["access_token"], account["access_token"], held.daemon):
        assert bearer(served, token).status_code == 200
    return held


def silent(held: Held) -> dict[str, str]:
    reply = held.person.authorize("web", scope="openid", prompt="none", **CHALLENGE)
    return answer_of(reply.headers.get("location", ""))


def person_lost(served: Served, held: Held, *, application: bool = False) -> None:
    """By token, refresh token, code, session, introspection and a new sign-in."""
    proof = {"client_id": "web", "client_secret": SECRET}
    assert_refused_token(bearer(served, held.tokens["access_token"]))
    assert_refused_token(bearer(served, held.tokens["access_token"], "/oauth2/userinfo"))
    refusals = [refresh(served, held.tokens["refresh_token"], "web", client_secret=SECRET)]
    refusals.append(redeem(served, *held.code, "web", client_secret=SECRET))
    assert {reply.status_code for reply in refusals} == {401 if application else 400}
    assert "code" not in silent(held)
    inspected = post(served, "/oauth2/introspect", **proof, token=held.tokens["access_token"]).json()
    assert inspected.get("active") is not True


def account_lost(served: Served, held: Held) -> None:
    """By token, refresh token, password and its daemon's secret."""
    for token in (held.account["access_token"], held.daemon):
        assert_refused_token(bearer(served, token))
    form = {"grant_type": "client_credentials", "client_id": "daemon", "client_secret": SECRET}
    assert refresh(served, held.account["refresh_token"], "ropc").status_code == 400
    assert password(served, "daemon-a", scope=API_URI).status_code == 400
    assert post(served, **form).status_code == 400


def after(clocked: tuple[Served, Clock], disable: Disable) -> tuple[Served, Held]:
    """The state some seconds after another process disabled somebody."""
    served, clock = clocked
    held = hold(served)
    change(served.database, disable)
    clock.turn(BOUND)
    return served, held


def test_a_person(clocked: tuple[Served, Clock]) -> None:
    """Row 43."""
    served, held = after(clocked, lambda tx: set_user_disabled(tx, UserId("u-ann"), NOW))
    person_lost(served, held)
    page = Person(served)
    assert page.sign_in(page.authorize("web", scope="openid", **CHALLENGE), "ann").status_code == 400
    assert bearer(served, held.daemon).status_code == 200


def test_a_persons_place_in_the_customer(clocked: tuple[Served, Clock]) -> None:
    """Row 43."""
    served, held = after(clocked, lambda tx: remove_membership(tx, UserId("u-ann"), CustomerId("c-a")))
    person_lost(served, held)


def test_a_technical_account(clocked: tuple[Served, Clock]) -> None:
    """Row 43."""
    served, held = after(clocked, lambda tx: set_service_account_disabled(tx, ServiceAccountId("sa-a"), NOW))
    account_lost(served, held)
    assert bearer(served, held.tokens["access_token"]).status_code == 200


def test_a_customer(clocked: tuple[Served, Clock]) -> None:
    """Row 43: and the other customer goes on."""
    served, held = after(clocked, lambda tx: set_customer_disabled(tx, CustomerId("c-a"), NOW))
    person_lost(served, held)
    account_lost(served, held)
    assert bearer(served, daemon_token(served, "daemon-b")).status_code == 200


def test_an_application(clocked: tuple[Served, Clock]) -> None:
    """Row 43: a page instead of a redirect, and the person's other applications go on."""
    served, held = after(clocked, lambda tx: set_client_disabled(tx, ClientId("web"), NOW))
    person_lost(served, held, application=True)
    assert held.person.authorize("web", scope="openid", **CHALLENGE).status_code == 400
    assert Person(served).tokens("spa", "ann")["access_token"]
