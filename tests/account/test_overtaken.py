"""Consent, what follows from it and taking it back, each overtaken by something that commits between reading and writing."""

from collections.abc import Awaitable, Callable

import pytest

from hoistway.grants.consent import take_back
from hoistway.protocol.ids import ApiId, ClientId, UserId
from hoistway.store.clients import set_client_disabled
from hoistway.store.consents import add_consent
from hoistway.store.customers import set_customer_disabled
from hoistway.store.db import Writer
from hoistway.store.memberships import remove_membership
from tests.attacks.asking import CHALLENGE
from tests.attacks.overtaken import Room, Work, everything, room, run
from tests.attacks.overtaking import ENDS
from tests.engines import ENGINES, EngineName, drop_database, fresh_database
from tests.flows.browser import answer_of, hidden
from tests.server import populate
from tests.world import CALLBACK, NOW, A

ANN, PARTNER = UserId("u-ann"), ClientId("partner")
GIVEN = {(ApiId(""), "openid"), (ApiId("customer-api"), "units.read")}
ASKED = {
    "client_id": "partner", "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid units.read",
    "nonce": "n", **CHALLENGE,
}  # fmt: skip
OVERTAKING: dict[str, Work] = {name: work(ANN) for name, work in ENDS.items()} | {
    "customer disabled": lambda tx: set_customer_disabled(tx, A, NOW),
    "application disabled": lambda tx: set_client_disabled(tx, PARTNER, NOW),
    "left the customer": lambda tx: remove_membership(tx, ANN, A),
}


async def give(tx: Writer) -> None:
    await add_consent(tx, ANN, PARTNER, A, GIVEN, NOW)


def at_home(engine: EngineName, work: Callable[[Room], Awaitable[None]]) -> None:
    """Ann, signed in."""
    url = fresh_database(engine, populate)

    async def inside() -> None:
        async with room(url) as here:
            await here.sign_in(ANN)
            await work(here)

    run(inside)
    drop_database(url)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_code_is_not_written_for_what_was_taken_back(engine: EngineName) -> None:
    async def work(here: Room) -> None:
        await here.write(give)
        reply = await here.http.get("/oauth2/authorize", params=ASKED | {"prompt": "none"})
        assert "code" in answer_of(reply.headers["location"])
        codes = len((await everything(here.other))["codes"])
        here.db.next = lambda tx: take_back(tx, ANN, PARTNER, A, NOW)
        reply = await here.http.get("/oauth2/authorize", params=ASKED | {"prompt": "none"})
        assert answer_of(reply.headers["location"])["error"] == "consent_required"
        assert len((await everything(here.other))["codes"]) == codes

    at_home(engine, work)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", list(OVERTAKING))
def test_consent_is_judged_where_it_is_written(engine: EngineName, name: str) -> None:
    async def work(here: Room) -> None:
        page = await here.http.get("/oauth2/authorize", params=ASKED)
        form = {field: hidden(page.text, field) for field in ("ticket", "csrf")}
        here.db.next = OVERTAKING[name]
        await here.http.post("/interaction", data=form | {"decision": "allow"})
        assert not here.db.is_next()
        assert not (await everything(here.other))["consented_scopes"]

    at_home(engine, work)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", [name for name in ENDS if name != "no operator"])
def test_taking_back_is_judged_where_it_is_written(engine: EngineName, name: str) -> None:
    async def work(here: Room) -> None:
        await here.write(give)
        page = await here.http.get("/account/applications")
        form = {"csrf": hidden(page.text, "csrf"), "client": "partner", "customer": "c-a"}
        here.db.next = ENDS[name](ANN)
        reply = await here.http.post("/account/applications", data=form)
        assert reply.headers["location"].startswith("/sign-in")
        assert len((await everything(here.other))["consented_scopes"]) == len(GIVEN)

    at_home(engine, work)
