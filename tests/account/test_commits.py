"""What a sign-in writes: its hash aside, it costs one commit, and with a second factor two."""

from collections.abc import Iterator

import pytest

from tests.attacks.overtaken import Room, room, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.factors import code_at, give_codes
from tests.flows.browser import hidden
from tests.server import populate
from tests.world import PASSWORD


@pytest.fixture
def url(engine_name: EngineName) -> Iterator[str]:
    made = fresh_database(engine_name, populate)
    yield made
    drop_database(made)


def commits(here: Room) -> int:
    return sum(here.db.load().transactions.counts)


async def sign_in(here: Room, name: str) -> tuple[int, str]:
    """(commits, where it leads)"""
    here.http.cookies.clear()
    page = await here.http.get("/sign-in?next=/account")
    form = {"csrf": hidden(page.text, "csrf"), "username": f"{name}@example.com", "password": PASSWORD}
    before = commits(here)
    reply = await here.http.post("/sign-in?next=/account", data=form)
    assert reply.status_code == 303, reply.text
    return commits(here) - before, reply.headers["location"]


def test_a_sign_in_costs_one_commit(url: str) -> None:
    async def story() -> None:
        async with room(url) as here:
            for _ in range(2):
                assert await sign_in(here, "ann") == (1, "/account")

    run(story)


def test_a_sign_in_with_a_second_factor_costs_two(url: str) -> None:
    async def story() -> None:
        async with room(url) as here:
            await here.write(lambda tx: give_codes(tx, "both"))
            first, location = await sign_in(here, "both")
            page = await here.http.get(location)
            before = commits(here)
            form = {"csrf": hidden(page.text, "csrf"), "code": code_at(here.engine.now())}
            reply = await here.http.post("/sign-in/second?next=/account", data=form)
            assert (reply.status_code, "hoistway_session" in here.http.cookies) == (303, True)
            assert first + commits(here) - before <= 2

    run(story)


@pytest.mark.parametrize(
    "path", ["/account", "/account/factors", "/account/applications", "/account/data", "/sign-in", "/reset"]
)
def test_a_page_of_the_account_writes_nothing(url: str, path: str) -> None:
    async def story() -> None:
        async with room(url) as here:
            await sign_in(here, "ann")
            before = commits(here)
            assert (await here.http.get(path)).status_code in {200, 303}
            assert commits(here) == before

    run(story)
