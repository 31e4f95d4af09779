"""A sign-in in a browser where the person never signed in is told to them by mail; and what a sign-in costs."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from hoistway.accounts.noticing import A_DAY
from hoistway.protocol.ids import UserId
from hoistway.store.db import Writer
from hoistway.store.known_browsers import has_browsers, prune_browsers
from hoistway.store.profiles import change_profile
from hoistway.web.cookies import new_value
from tests.attacks.overtaken import OvertakenDatabase, Room, everything, room, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.factors import code_at, with_codes
from tests.flows.browser import hidden
from tests.links.outbox import letters
from tests.server import populate
from tests.world import PASSWORD

ANN = UserId("u-ann")
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
Story = Callable[[Room], Awaitable[None]]


@pytest.fixture
def url(engine_name: EngineName) -> Iterator[str]:
    made = fresh_database(engine_name, populate)
    yield made
    drop_database(made)


def told(url: str, story: Story) -> None:
    async def work() -> None:
        async with room(url) as here:
            here.http.headers["user-agent"] = FIREFOX
            await story(here)

    run(work)


async def sign_in(here: Room, name: str = "ann", cookies: dict[str, str] | None = None) -> dict[str, str]:
    """With exactly these cookies; returns those of afterwards."""
    here.http.cookies.clear()
    for word, value in (cookies or {}).items():
        here.http.cookies.set(word, value, domain="hoistway.test")
    page = await here.http.get("/sign-in?next=/portal")
    form = {"csrf": hidden(page.text, "csrf"), "username": f"{name}@example.com", "password": PASSWORD}
    reply = await here.http.post("/sign-in?next=/portal", data=form)
    assert reply.status_code == 303, reply.text
    return {cookie.name: cookie.value or "" for cookie in here.http.cookies.jar}


def test_the_first_sign_in_ever_sends_nothing_and_the_next_new_browser_does(url: str) -> None:
    async def story(here: Room) -> None:
        first = await sign_in(here)
        assert await letters(here) == []
        await sign_in(here, cookies=first)
        assert await letters(here) == [], "the same browser"
        await sign_in(here)
        (letter,) = await letters(here)
        assert (letter.recipient, letter.subject) == ("ann@example.com", "New sign-in to your account")
        assert "Firefox on Windows, from 127.0.0.1, on 20" in letter.plain
        assert "http://hoistway.test/account/devices" in letter.plain
        assert "Firefox on Windows" in letter.html

    told(url, story)


def test_it_is_in_the_language_of_the_person(url: str) -> None:
    async def story(here: Room) -> None:
        await here.write(lambda tx: change_profile(tx, ANN, name="Ann", locale="de"))
        await sign_in(here)
        await sign_in(here)
        (letter,) = await letters(here)
        assert letter.subject == "Neue Anmeldung an Ihrem Konto"
        assert "Firefox unter Windows" in letter.plain

    told(url, story)


def test_so_many_a_day(url: str) -> None:
    async def story(here: Room) -> None:
        for _ in range(A_DAY + 3):
            await sign_in(here)
        assert len(await letters(here)) == A_DAY

    told(url, story)


def test_browsers_of_a_person_are_bounded_and_the_newest_is_never_pruned(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any, the next sign-in would count as the first."""
    monkeypatch.setattr("hoistway.endpoints.recognising.MOST", 3)

    async def story(here: Room) -> None:
        for _ in range(5):
            await sign_in(here)
        assert len((await everything(here.other))["known_browsers"]) == 3
        await here.write(lambda tx: prune_browsers(tx, here.engine.now() + 1))
        assert len((await everything(here.other))["known_browsers"]) == 1
        assert await has_browsers(here.other, ANN)

    told(url, story)


def test_two_people_in_one_browser_are_both_known(url: str) -> None:
    async def story(here: Room) -> None:
        cookies = await sign_in(here)
        cookies = await sign_in(here, "bob", cookies)
        cookies = await sign_in(here, "ann", cookies)
        await sign_in(here, "bob", cookies)
        assert await letters(here) == []

    told(url, story)


def test_a_cookie_that_somebody_planted_is_worth_nothing(url: str) -> None:
    """A browser that becomes known gets another value."""

    async def story(here: Room) -> None:
        await sign_in(here)
        planted = new_value()
        after = await sign_in(here, cookies={"hoistway_known": planted})
        assert after["hoistway_known"] != planted
        assert len(await letters(here)) == 1
        await sign_in(here, cookies={"hoistway_known": planted})
        assert len(await letters(here)) == 1, "told of the one who planted it"

    told(url, story)


def test_what_was_ended_is_a_new_browser_again(url: str) -> None:
    async def story(here: Room) -> None:
        gone = await sign_in(here)
        await sign_in(here)
        await letters(here)
        page = await here.http.get("/account/devices")
        form = {"csrf": hidden(page.text.split("<main")[1], "csrf"), "do": "end_others"}
        assert (await here.http.post("/account/devices", data=form)).status_code == 303
        await sign_in(here, cookies={"hoistway_known": gone["hoistway_known"]})
        assert len(await letters(here)) == 1

    told(url, story)


def test_a_new_password_makes_other_browsers_new(url: str) -> None:
    async def story(here: Room) -> None:
        other = await sign_in(here)
        mine = await sign_in(here)
        await letters(here)
        page = await here.http.get("/account/password")
        new = "another-horse-battery"
        form = {"csrf": hidden(page.text.split("<main")[1], "csrf"), "old": PASSWORD, "password": new}
        assert (await here.http.post("/account/password", data=form)).status_code == 303
        await letters(here)
        for known, count in ((mine, 0), (other, 1)):
            here.http.cookies.clear()
            here.http.cookies.set("hoistway_known", known["hoistway_known"], domain="hoistway.test")
            page = await here.http.get("/sign-in?next=/portal")
            form = {"csrf": hidden(page.text, "csrf"), "username": "ann@example.com", "password": new}
            assert (await here.http.post("/sign-in?next=/portal", data=form)).status_code == 303
            assert len(await letters(here)) == count

    told(url, story)


class Commits:
    """Transactions that write, and single statements that do."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        write = OvertakenDatabase.write

        @asynccontextmanager
        async def counted(db: OvertakenDatabase) -> AsyncIterator[Writer]:
            self.count += 1
            async with write(db) as tx:
                yield tx

        async def gather(db: OvertakenDatabase, *asked: Any) -> Any:
            self.count += 1
            return await db.db.gather(*asked)

        monkeypatch.setattr(OvertakenDatabase, "write", counted)
        monkeypatch.setattr(OvertakenDatabase, "gather", gather, raising=False)

    def since(self) -> int:
        count, self.count = self.count, 0
        return count


def test_a_sign_in_costs_at_most_two_commits(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a known browser, and in a new one with its mail; with a second factor too."""
    with_codes(url, "bob")

    async def story(here: Room) -> None:
        known = await sign_in(here)
        commits = Commits(monkeypatch)
        await sign_in(here, cookies={"hoistway_known": known["hoistway_known"]})
        assert commits.since() <= 2
        await sign_in(here)
        assert commits.since() <= 2
        assert len((await everything(here.other))["outbox"]) == 1
        await sign_in(here, "bob")
        page = await here.http.get("/sign-in/second?next=/portal")
        form = {"csrf": hidden(page.text, "csrf"), "code": code_at(here.engine.now())}
        reply: httpx2.Response = await here.http.post("/sign-in/second?next=/portal", data=form)
        assert reply.status_code == 303
        assert commits.since() <= 2

    told(url, story)


def test_pages_and_tokens_of_somebody_signed_in_commit_no_more_for_it(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last use of a session is noted without a write."""

    async def story(here: Room) -> None:
        await here.sign_in(ANN)
        commits = Commits(monkeypatch)
        for path in ("/account", "/account/devices", "/portal", "/account/email"):
            assert (await here.http.get(path)).status_code == 200
        assert commits.since() == 0
        assert here.engine.sessions_used

    told(url, story)
