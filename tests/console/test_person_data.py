"""A person's data at the console: a copy for them, and erasing by two."""

import json
from collections.abc import Iterator

import pytest

from hoistway.protocol.ids import UserId
from hoistway.server.trail import keep_erasures
from hoistway.store.db import Database
from hoistway.store.operators import set_flags
from hoistway.store.users import find_user, set_user_disabled
from tests.attacks.overtaken import room, run
from tests.console.two import careful_server, decide_on, proposed, trail
from tests.engines import ENGINES, EngineName, drop_database, fresh_database
from tests.erased import ID, PERSON, found_in, furnish
from tests.portal.asking import operator, said
from tests.portal.forms import fill
from tests.portal.signing_in import Visitor
from tests.server import Served, change, populate
from tests.store.test_schema import on
from tests.world import NOW

DATA = f"/console/users/{ID}/data"


@pytest.fixture
def careful(engine_name: EngineName) -> Iterator[Served]:
    with careful_server(engine_name) as server:
        change(server.database, furnish)
        yield server


def disable(served: Served, at: int | None = NOW) -> None:
    change(served.database, lambda tx: set_user_disabled(tx, ID, at))  # type: ignore[arg-type,return-value]


def is_there(served: Served) -> bool:
    async def read(db: Database) -> bool:
        return await find_user(db, UserId(ID)) is not None

    return on(served.database, read)


def test_a_person_is_erased_by_two(careful: Served) -> None:
    olga, otto = operator(careful), operator(careful, "otto")
    disable(careful)
    olga.get(DATA)
    assert "name" in said(olga.page)
    assert olga.post(DATA, confirm="Somebody").status_code == 422
    olga.get(DATA)
    waits = proposed(olga.post(DATA, confirm=PERSON.name))
    assert is_there(careful)
    assert decide_on(olga, waits, "approve") == "", "by the same operator"
    assert decide_on(otto, waits, "approve") == "approved"
    assert not is_there(careful)
    assert otto.get(f"/console/changes/{waits}").status_code == 200
    assert "erased-" in otto.page
    assert trail(careful, "user.erased")[0][0] == "u-otto"
    assert olga.get(f"/console/users/{ID}").status_code == 404
    assert olga.get("/console/requests/mine").status_code == 200
    assert "[erased]" in olga.page, "what others decided on stays, without the person"


def test_whoever_is_enabled_meanwhile_is_not_erased(careful: Served) -> None:
    olga, otto = operator(careful), operator(careful, "otto")
    disable(careful)
    olga.get(DATA)
    waits = proposed(olga.post(DATA, confirm=PERSON.name))
    disable(careful, None)
    assert decide_on(otto, waits, "approve") == ""
    assert "Disable the account first" in said(otto.page)
    assert is_there(careful)


def test_an_account_that_works_is_disabled_first(careful: Served) -> None:
    olga = operator(careful)
    olga.get(DATA)
    assert "Disable the account first" in said(olga.page)
    assert olga.post(DATA, confirm=PERSON.name).status_code == 422
    assert is_there(careful)


def test_the_copy_is_for_operators_and_on_the_record(careful: Served) -> None:
    """A link from elsewhere gives nothing and writes nothing: the copy is asked for by a form."""
    olga = operator(careful)
    linked = olga.get(f"{DATA}?export=json")
    assert "content-disposition" not in linked.headers
    assert trail(careful, "user.exported") == []
    reply = olga.post(DATA, do="copy")
    assert reply.headers["content-disposition"] == 'attachment; filename="person.json"'
    assert reply.headers["cache-control"] == "no-store"
    assert json.loads(reply.text)["account"]["name"] == PERSON.name
    assert trail(careful, "user.exported") == [("u-olga", {"id": ID})]
    disable(careful)
    change(careful.database, lambda tx: set_flags(tx, UserId("u-emil"), ("support",)))  # type: ignore[arg-type,return-value]
    for name, page in (("ann", 403), ("emil", 200)):
        other = Visitor(careful.url).sign_in(name)
        assert other.get(DATA).status_code == page
        assert other.post(DATA, do="copy").status_code == 403
        assert other.post(DATA, confirm=PERSON.name).status_code == 403
    assert is_there(careful)


@pytest.mark.parametrize("engine", ENGINES)
def test_housekeeping_takes_the_person_out_of_texts(engine: EngineName) -> None:
    url = fresh_database(engine, populate)
    change(url, furnish)
    change(url, lambda tx: set_user_disabled(tx, ID, NOW))  # type: ignore[arg-type,return-value]

    async def work() -> None:
        async with room(url) as here:
            await here.sign_in("u-olga")
            page = await here.http.get(DATA)
            reply = await here.http.post(DATA, data=fill(page.text, DATA, DATA, {"confirm": PERSON.name}))
            assert reply.headers["location"] == "/console/users?notice=notice_erased"
            await keep_erasures(here.engine)

    try:
        run(work)
        assert found_in(url) == {}
    finally:
        drop_database(url)
