"""Row 51: a rule judged on what was read before the lock. Each change of portal and console is overtaken by a transfer, a
disabling, a demotion, another decision, which commits between its reading and its writing."""

import asyncio

import httpx2
import pytest

from hoistway.authn.links import Address, Invited, Links, digest_of
from hoistway.routes import ROUTES
from hoistway.store.links import Link, add_link
from hoistway.store.open import open_database
from hoistway.store.sessions import Session, add_session
from hoistway.tokens.keyring import shared_secret
from hoistway.tokens.vault import Vault
from tests.attacks.changes import ADDRESS_LINK, CASES, Case
from tests.attacks.overtaken import Room, Work, differences, everything, restore, room, run
from tests.attacks.overtaking import ACTORS, ADAM, OVERTAKING, Actor, furnish
from tests.engines import ENGINES, EngineName, drop_database, fresh_database
from tests.factors import give_all
from tests.portal.forms import fill
from tests.server import MASTER_KEY, change, populate
from tests.whose import missed
from tests.world import FAR, NOW, A


async def invited(url: str) -> None:
    """A pending invitation and a link to a new address, sealed as this installation does."""
    db = await open_database(url)
    links = Links(await shared_secret(db, Vault(MASTER_KEY), "links"))
    sealed = links.seal("i-1", Invited("guest@example.com", "member", "all", (), (), "en"))
    async with db.write() as tx:
        await add_link(tx, Link("i-1", b"i-1", "invitation", None, A, "guest", sealed, ADAM, NOW, FAR))
        asked = links.seal("a-1", Address("adam@elsewhere.example", "adam@example.com"))
        await add_link(tx, Link("a-1", digest_of(ADDRESS_LINK), "address", ADAM, None, "", asked, None, NOW, FAR))
    await db.close()


def furnished(url: str) -> None:
    populate(url)
    change(url, furnish)
    asyncio.run(invited(url))


def posts() -> set[str]:
    return {route.path for route in ROUTES if "POST" in route.methods and route.path.startswith(tuple(ACTORS))}


def test_every_form_of_portal_and_console_is_tried() -> None:
    assert {case.route for case in CASES} ^ posts() == set(), "tests/attacks/changes.py has a Case for each POST"
    assert {name for case in CASES for name in case.overtaken} ^ set(OVERTAKING) == set()


def actor_of(case: Case) -> Actor:
    return next(actor for start, actor in ACTORS.items() if case.route.startswith(start))


def work_of(case: Case, name: str) -> Work:
    return actor_of(case).ends.get(name) or OVERTAKING[name]


async def filled(here: Room, case: Case) -> dict[str, str]:
    page = await here.http.get(case.page)
    assert page.status_code == 200, (case.page, page.status_code)
    return fill(page.text, case.page, case.borrowed or case.path, dict(case.form))


async def given_factors(here: Room, case: Case) -> None:
    """Only who has a second factor can lose it."""
    if case.path.endswith("/factors"):
        await here.write(lambda tx: give_all(tx, "adam"))
    if case.path.endswith("/devices"):
        row = Session(b"elsewhere", "session-elsewhere", ADAM, None, NOW, NOW, FAR)
        await here.write(lambda tx: give_all(tx, "adam"))
        await here.write(lambda tx: add_session(tx, row))


async def begun(here: Room, case: Case) -> None:
    await here.sign_in(actor_of(case).user_id)
    await given_factors(here, case)
    if case.path == "/console/act-for/end":
        form = {"customer": "c-a", "reason": "They asked for help on the telephone."}
        page = await here.http.get("/console/act-for")
        await here.http.post("/console/act-for", data=fill(page.text, "/console/act-for", "/console/act-for", form))


async def sent(here: Room, case: Case) -> httpx2.Response:
    form = await filled(here, case)
    files = {word: (f"{word}.png", body) for word, body in case.files.items()} or None
    return await here.http.post(case.path, data=form, files=files)


async def overtaken(here: Room, case: Case, name: str) -> str | None:
    """What is wrong with how it ends."""
    before = await everything(here.other)
    here.db.next = work_of(case, name)
    reply = await sent(here, case)
    after = await everything(here.other)
    await here.write(lambda tx: restore(tx, before))
    assert not here.db.is_next(), f"{name}: no transaction"
    assert differences(before, here.db.committed), f"{name}: changes nothing itself"
    # What was typed is kept for the same person: no part of what was asked for.
    written = {table: keys for table, keys in differences(here.db.committed, after).items() if table != "kept_forms"}
    refused = 400 <= reply.status_code < 500 or reply.headers.get("location", "").startswith("/sign-in")
    return None if refused and not written else f"{name}: {reply.status_code}, wrote {written}"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", [case for case in CASES if case.writes], ids=lambda case: case.name)
def test_what_is_overtaken_is_refused_and_writes_nothing(engine: EngineName, case: Case) -> None:
    url = fresh_database(engine, furnished)

    async def work() -> None:
        async with room(url, four_eyes=True) as here:
            await begun(here, case)
            wrong = [await overtaken(here, case, name) for name in (*actor_of(case).ends, *case.overtaken)]
            assert not [words for words in wrong if words]
            before = await everything(here.other)
            reply = await sent(here, case)
            assert reply.status_code in {200, 201, 303}, "otherwise it is carried out"
            after = await everything(here.other)
            assert differences(before, after)
            assert missed(before, after) == [], "an entry is in the trail of the customer whose thing it is about"

    try:
        run(work)
    finally:
        drop_database(url)
