"""Row 51: the forms of the hosted pages, each overtaken by what commits between its reading and its writing; as test_overtaken does
for portal, console and account."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import httpx2
import pytest
from sqlalchemy import delete

from hoistway.authn.links import WayBack
from hoistway.authn.passwords import Passwords
from hoistway.grants.consent import take_back
from hoistway.grants.new_password import replace_password
from hoistway.protocol.ids import ApiId, ClientId, UserId
from hoistway.routes import ROUTES
from hoistway.store.change_row import change_row
from hoistway.store.clients import set_client_disabled
from hoistway.store.columns import to_list
from hoistway.store.consents import add_consent
from hoistway.store.customers import set_customer_disabled
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.factors import remove_factors
from hoistway.store.links import LINKS, Link, add_link, use_link
from hoistway.store.memberships import Membership, put_membership, remove_membership
from hoistway.store.passkeys import add_passkey
from hoistway.store.throttle import THROTTLE
from hoistway.store.users import set_user_disabled, set_user_password
from tests.attacks.asking import CHALLENGE
from tests.attacks.overtaken import BASE, Room, Work, differences, everything, restore, room, run
from tests.attacks.overtaking import ACTORS, ENDS
from tests.authenticator import Authenticator, options_on
from tests.engines import ENGINES, EngineName, drop_database, fresh_database
from tests.factors import code_at, give_codes
from tests.flows.browser import hidden
from tests.links.outbox import Browser, invitation_link, reset_link
from tests.server import populate
from tests.world import CALLBACK, FAR, NOW, PASSWORD, A, B

BACK = "way-back"
ANN, BOTH = UserId("u-ann"), UserId("u-both")
SPA, PARTNER = ClientId("spa"), ClientId("partner")
ASKED = {"redirect_uri": CALLBACK, "response_type": "code", "scope": "openid units.read", "nonce": "n", **CHALLENGE}
GIVEN = {(ApiId(""), "openid"), (ApiId("customer-api"), "units.read")}
_NO_LINKS = Statement(lambda: delete(LINKS), nothing)
_NO_COUNTERS = Statement(lambda: delete(THROTTLE), nothing)
OTHER = Passwords(1).hash_now("another-horse-battery")


@dataclass(frozen=True)
class Hosted:
    """`begin` comes as far as the form, and returns what is sent. `beside`: tables that a refusal may write to."""

    route: str
    name: str
    begin: Callable[[Room], Awaitable[dict[str, str]]]
    overtaken: Mapping[str, Work]
    beside: frozenset[str] = field(default_factory=frozenset)


async def page(here: Room, who: UserId | None, client_id: str, **more: str) -> dict[str, str]:
    here.http.cookies.clear()
    if who is not None:
        await here.sign_in(who)
    reply = await here.http.get("/oauth2/authorize", params={**ASKED, "client_id": client_id, **more})
    assert reply.status_code == 200, reply.text
    return {name: hidden(reply.text, name) for name in ("ticket", "csrf")}


async def choosing(here: Room) -> dict[str, str]:
    return {**await page(here, BOTH, "spa", prompt="select_account"), "customer": "c-b"}


async def allowing(here: Room) -> dict[str, str]:
    return {**await page(here, ANN, "partner"), "decision": "allow"}


async def signing_in(here: Room) -> dict[str, str]:
    return {**await page(here, None, "spa"), "username": "ann@example.com", "password": PASSWORD}


async def begun(here: Room) -> httpx2.Response:
    """The page to which Ann's password leads."""
    form = await signing_in(here)
    reply = await here.http.post("/sign-in", data=form)
    assert reply.headers["location"].startswith("/sign-in/"), reply.headers
    return await here.http.get(reply.headers["location"])


async def confirming(here: Room) -> dict[str, str]:
    await here.write(lambda tx: give_codes(tx, "ann"))
    shown = await begun(here)
    return {**{name: hidden(shown.text, name) for name in ("ticket", "csrf")}, "code": code_at(here.engine.now())}


async def enrolling(here: Room) -> dict[str, str]:
    await here.write(lambda tx: change_row(tx, "customers", A, {"second_factor": "all"}))
    shown = await begun(here)
    secret = shown.text.split('class="secret">')[1].split("<")[0].replace(" ", "")
    fields = {name: hidden(shown.text, name) for name in ("ticket", "csrf", "enrolment")}
    return {**fields, "code": code_at(here.engine.now(), secret)}


async def signing(here: Room) -> dict[str, str]:
    key = Authenticator(BASE)
    await here.write(lambda tx: add_passkey(tx, key.row(ANN)))
    here.http.cookies.clear()
    form = options_on((await here.http.get("/sign-in")).text)
    answer = key.sign(form.pop("options"))
    # A ticket is sent only where an application asks.
    return {**{name: text for name, text in form.items() if text}, "credential": answer}


async def renewing(here: Room) -> dict[str, str]:
    """What a page posts in a hidden frame: a code for what is allowed already."""
    here.http.cookies.clear()
    await here.sign_in(ANN)
    await here.write(lambda tx: add_consent(tx, ANN, PARTNER, A, GIVEN, NOW))
    return {**ASKED, "client_id": "partner", "prompt": "none"}


async def renewing_at_home(here: Room) -> dict[str, str]:
    """At an application that asks nobody for consent."""
    return {**await renewing(here), "client_id": "spa"}


async def signing_out(here: Room) -> dict[str, str]:
    here.http.cookies.clear()
    await here.sign_in(ANN)
    reply = await here.http.get("/oauth2/logout")
    return {name: hidden(reply.text, name) for name in ("ticket", "csrf")}


def ends_of(who: UserId) -> dict[str, Work]:
    return {name: work(who) for name, work in ENDS.items()}


async def asking_for_a_reset(here: Room) -> dict[str, str]:
    here.http.cookies.clear()
    page = await here.http.get("/reset")
    return {"csrf": hidden(page.text, "csrf"), "username": "ann@example.com"}


async def choosing_a_password(here: Room) -> dict[str, str]:
    here.http.cookies.clear()
    # One person gets few such letters in an hour.
    await here.write(lambda tx: tx.run(_NO_COUNTERS, {}))
    link = await reset_link(here, "ann@example.com")
    return {**await Browser(here.http).form(link), "password": "another-horse-battery"}


async def joining(here: Room) -> dict[str, str]:
    here.http.cookies.clear()
    # One address gets few invitations in a day.
    await here.write(lambda tx: tx.run(_NO_COUNTERS, {}))
    link = await invitation_link(here, "guest@example.com")
    await here.sign_in(BOTH)
    await here.write(lambda tx: remove_membership(tx, BOTH, A))
    return {**await Browser(here.http).form(link), "do": "join"}


async def making(here: Room) -> dict[str, str]:
    here.http.cookies.clear()
    # One address gets few invitations in a day.
    await here.write(lambda tx: tx.run(_NO_COUNTERS, {}))
    link = await invitation_link(here, "guest@example.com")
    return {**await Browser(here.http).form(link), "do": "make", "name": "Guest", "password": "another-horse-battery"}


async def making_with_a_key(here: Room) -> dict[str, str]:
    here.http.cookies.clear()
    # One address gets few invitations in a day.
    await here.write(lambda tx: tx.run(_NO_COUNTERS, {}))
    form = options_on((await here.http.get(await invitation_link(here, "guest@example.com"))).text)
    return {**form, "credential": Authenticator(BASE).make(form.pop("options")), "name": "Guest"}


async def taking_back(here: Room) -> dict[str, str]:
    """The address that Ann had before somebody changed it."""
    here.http.cookies.clear()
    fresh = here.engine.links.fresh()
    sealed = here.engine.links.seal(BACK, WayBack("ann@before.example", "ann@example.com"))
    row = Link(BACK, fresh.digest, "way_back", ANN, None, "", sealed, None, NOW, FAR)
    await here.write(lambda tx: tx.run(_NO_LINKS, {}))
    await here.write(lambda tx: add_link(tx, row))
    return await Browser(here.http).form(f"/address/back?link={fresh.secret}")


INVITED: dict[str, Work] = {
    "customer disabled": lambda tx: set_customer_disabled(tx, A, NOW),
    "inviter disabled": lambda tx: set_user_disabled(tx, UserId("u-adam"), NOW),
    "inviter demoted": lambda tx: put_membership(tx, Membership(UserId("u-adam"), A, "member", "all", NOW)),
}


async def _removed(tx: Writer) -> None:
    await remove_factors(tx, ANN)


async def _disabled(tx: Writer) -> None:
    await set_user_disabled(tx, ANN, NOW)


async def _reset(tx: Writer) -> None:
    await set_user_password(tx, ANN, OTHER, NOW + 1)


ENDED: Mapping[str, Work] = {"person disabled": _disabled, "password changed": _reset}
HOSTED = (
    Hosted(
        "/interaction", "choose", choosing,
        ends_of(BOTH) | {
            "customer disabled": lambda tx: set_customer_disabled(tx, B, NOW),
            "left the customer": lambda tx: remove_membership(tx, BOTH, B),
        },
    ),
    Hosted(
        "/interaction", "allow", allowing,
        ends_of(ANN) | {
            "customer disabled": lambda tx: set_customer_disabled(tx, A, NOW),
            "left the customer": lambda tx: remove_membership(tx, ANN, A),
            "application disabled": lambda tx: set_client_disabled(tx, PARTNER, NOW),
        },
    ),
    Hosted(
        "/sign-in", "sign in", signing_in,
        {
            "person disabled": lambda tx: set_user_disabled(tx, ANN, NOW),
            "password changed": lambda tx: set_user_password(tx, ANN, OTHER, NOW),
        },
        beside=frozenset({"throttle", "audit"}),
    ),
    Hosted(
        "/sign-in/second", "confirm", confirming,
        {**ENDED, "factors removed": _removed}, beside=frozenset({"throttle", "audit"}),
    ),
    Hosted("/sign-in/enrol", "enrol", enrolling, {**ENDED, "factor added": lambda tx: give_codes(tx, "ann")}),
    Hosted(
        "/sign-in/passkey", "sign in by passkey", signing,
        {"person disabled": ENDED["person disabled"], "factors removed": _removed},
        beside=frozenset({"throttle"}),
    ),
    Hosted(
        "/oauth2/authorize", "renew", renewing,
        {
            "access taken back": lambda tx: take_back(tx, ANN, PARTNER, A, NOW),
            "left the customer": lambda tx: remove_membership(tx, ANN, A),
        },
    ),
    Hosted(
        "/oauth2/authorize", "renew without consent", renewing_at_home,
        {"left the customer": lambda tx: remove_membership(tx, ANN, A)},
    ),
    # Whatever happens to whoever is named: nobody is looked up.
    Hosted("/reset", "ask for a reset", asking_for_a_reset, {}),
    Hosted(
        "/reset/new", "choose a password", choosing_a_password,
        {
            "person disabled": lambda tx: set_user_disabled(tx, ANN, NOW),
            "password replaced": lambda tx: replace_password(tx, "user", ANN, OTHER, NOW),
            "address changed": lambda tx: change_row(tx, "users", ANN, {"emails": to_list(["new@example.com"])}),
        },
    ),
    Hosted(
        "/address/back", "take an address back", taking_back,
        {"person disabled": lambda tx: set_user_disabled(tx, ANN, NOW), "used": lambda tx: use_link(tx, BACK, NOW)},
    ),
    Hosted("/invitation", "join", joining, ends_of(BOTH) | INVITED),
    Hosted("/invitation", "make an account", making, INVITED),
    Hosted("/invitation", "make an account with a passkey", making_with_a_key, INVITED),
    Hosted("/oauth2/logout", "sign out", signing_out, {"session ended": ENDS["session ended"](ANN)}),
)  # fmt: skip


def test_every_form_of_the_hosted_pages_is_tried() -> None:
    posts = {route.path for route in ROUTES if "POST" in route.methods and route.surface == "page"}
    assert {case.route for case in HOSTED} == {path for path in posts if not path.startswith(tuple(ACTORS))}


async def overtaken(here: Room, case: Hosted, name: str) -> str | None:
    """What is wrong with how it ends."""
    form = await case.begin(here)
    before = await everything(here.other)
    here.db.next = case.overtaken[name]
    await here.http.post(case.route, data=form)
    after = await everything(here.other)
    assert not here.db.is_next(), f"{name}: no transaction"
    assert differences(before, here.db.committed), f"{name}: changes nothing itself"
    written = differences(here.db.committed, after)
    await here.write(lambda tx: restore(tx, before))
    return None if written.keys() <= case.beside else f"{name}: wrote {written}"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", HOSTED, ids=lambda case: case.name)
def test_a_form_of_the_hosted_pages_that_is_overtaken_writes_nothing(engine: EngineName, case: Hosted) -> None:
    url = fresh_database(engine, populate)

    async def work() -> None:
        async with room(url) as here:
            wrong = [await overtaken(here, case, name) for name in case.overtaken]
            assert not [words for words in wrong if words]
            form = await case.begin(here)
            before = await everything(here.other)
            await here.http.post(case.route, data=form)
            written = differences(before, await everything(here.other))
            assert written.keys() - case.beside, "otherwise it is carried out"

    try:
        run(work)
    finally:
        drop_database(url)
