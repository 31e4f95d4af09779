"""Row 64 and what belongs to it: links of resets that are reused, raced, poisoned, forged, or tell who has an account."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest
from sqlalchemy import bindparam, update

from hoistway.accounts.resetting import (
    BY_NAME,
    BY_NETWORK,
    BY_OPERATORS,
    BY_WIDER,
    MAILS_IN_DAY,
    MAILS_IN_HOUR,
    send_asked,
    send_reset,
)
from hoistway.authn.links import digest_of
from hoistway.endpoints.recognising import known_digest
from hoistway.grants.new_password import replace_password
from hoistway.protocol.ids import UserId
from hoistway.store.change_row import change_row
from hoistway.store.columns import to_list
from hoistway.store.db import Compiled, Statement, Writer, nothing
from hoistway.store.known_browsers import KnownBrowser, add_browser
from hoistway.store.links import LINKS, use_link
from hoistway.store.users import find_user, lock_user, set_user_disabled, set_user_password
from hoistway.web.cookies import new_value
from tests.attacks.overtaken import BASE, Room, Work, everything, room, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import hidden
from tests.links.outbox import NEW, Browser, letters, link_in, reset_link
from tests.server import populate
from tests.world import DIGEST, NOW

ANN = UserId("u-ann")
MAIL_OF_ANN, MAIL_OF_BOB = "ann@example.com", "bob@example.com"
NOBODY = "nobody@example.com"
OTHER = "a-third-horse-battery"
EVIL = "https://evil.example"
Story = Callable[[Room], Awaitable[None]]
Tell = Callable[..., None]
_OUTDATE = Statement(lambda: update(LINKS).values(expires_at=bindparam("now")), nothing)


@pytest.fixture
def tell(engine_name: EngineName) -> Iterator[Tell]:
    """Runs a story at a server of its own."""
    url = fresh_database(engine_name, populate)

    def told(story: Story, **settings: object) -> None:
        async def work() -> None:
            async with room(url, **settings) as here:
                await story(here)

        run(work)

    yield told
    drop_database(url)


async def password_of_ann(here: Room) -> str:
    user = await find_user(here.other, ANN)
    assert user is not None
    return user.password_digest


def test_a_link_is_used_once(tell: Tell) -> None:
    """Row 64: by eight at once, and by one more afterwards."""

    async def story(here: Room) -> None:
        link = await reset_link(here, MAIL_OF_ANN)
        form = {**await Browser(here.http).form(link), "password": NEW}
        replies = await asyncio.gather(*(here.http.post("/reset/new", data=form) for _ in range(8)))
        assert sorted(reply.status_code for reply in replies) == [200, *[410] * 7]
        assert (await here.http.post("/reset/new", data=form)).status_code == 410
        assert len(await letters(here)) == 1, "told once"

    tell(story)


async def _row_of_link(here: Room) -> str:
    (row,) = [key[0] for key, row in (await everything(here.other))["links"].items() if "reset" in row]
    return str(row)


async def _use_only(here: Room) -> Work:
    link_id = await _row_of_link(here)
    return lambda tx: use_link(tx, link_id, here.engine.now())


async def _replace_only(here: Room) -> Work:
    """Without ending links, as `replace_password` would."""
    later = here.engine.now() + 1
    return lambda tx: set_user_password(tx, ANN, DIGEST, later)


@pytest.mark.parametrize("guard", [_use_only, _replace_only])
def test_either_guard_of_a_link_is_enough_alone(tell: Tell, guard: Callable[[Room], Awaitable[Work]]) -> None:
    """Row 64: what is committed between the look at a link and its transaction is judged on the locked rows, each by itself: that it
    was used, and that the password was replaced."""

    async def story(here: Room) -> None:
        link = await reset_link(here, MAIL_OF_ANN)
        form = {**await Browser(here.http).form(link), "password": NEW}
        here.db.next = await guard(here)
        reply = await here.http.post("/reset/new", data=form)
        assert not here.db.is_next()
        assert reply.status_code == 410
        assert await everything(here.other) == here.db.committed

    tell(story)


async def _used(here: Room) -> None:
    await Browser(here.http).choose(await reset_link(here, MAIL_OF_ANN), OTHER)


async def _written(here: Room, work: Callable[[Writer], Awaitable[object]]) -> None:
    await here.write(work)


ENDS: dict[str, Callable[[Room], Awaitable[None]]] = {
    "another one used": _used,
    "disabled": lambda here: _written(here, lambda tx: set_user_disabled(tx, ANN, NOW)),
    "address changed": lambda here: _written(
        here, lambda tx: change_row(tx, "users", ANN, {"emails": to_list(["new@example.com"])})
    ),
    "password replaced": lambda here: _written(here, lambda tx: replace_password(tx, "user", ANN, DIGEST, NOW)),
    "too old": lambda here: _written(here, lambda tx: tx.run(_OUTDATE, {"now": here.engine.now()})),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_link_ends_with_what_it_was_sent_for(tell: Tell, end: str) -> None:
    """Row 64: the same answer in each case, and the password stays."""

    async def story(here: Room) -> None:
        link = await reset_link(here, MAIL_OF_ANN)
        form = {**await Browser(here.http).form(link), "password": NEW}
        await ENDS[end](here)
        before = await password_of_ann(here)
        for reply in (await here.http.post("/reset/new", data=form), await here.http.get(link)):
            assert (reply.status_code, "Ask for a new link" in reply.text) == (410, True)
        assert await password_of_ann(here) == before

    tell(story)


def test_no_other_link_is_one(tell: Tell) -> None:
    """Rows 16, 64: a link that waits to be looked at, a made-up one, the digest itself, one cut short."""

    async def story(here: Room) -> None:
        link = await reset_link(here, MAIL_OF_ANN)
        secret = link.partition("=")[2]
        await Browser(here.http).ask(MAIL_OF_BOB)
        rows = (await everything(here.other))["links"].values()
        digests = [str(value.hex()) for row in rows for value in row if isinstance(value, bytes)]
        for other in ("", "A" * 43, secret[:-1], secret + "A", secret.lower(), digest_of(secret).hex(), *digests):
            assert (await here.http.get("/reset/new", params={"link": other})).status_code == 410, other
        assert (await here.http.get(link)).status_code == 200

    tell(story)


def test_the_link_of_one_person_sets_no_password_of_another(tell: Tell) -> None:
    """Row 64: whatever else the form says, and with a person signed in."""

    async def story(here: Room) -> None:
        link, before = await reset_link(here, MAIL_OF_BOB), await password_of_ann(here)
        await here.sign_in(ANN)
        form = {**await Browser(here.http).form(link), "password": NEW, "username": MAIL_OF_ANN}
        assert (await here.http.post("/reset/new", data={**form, "user_id": ANN, "ticket": "x"})).status_code == 200
        assert await password_of_ann(here) == before

    tell(story)


@pytest.mark.parametrize("headers", [
    {"host": "evil.example"}, {"x-forwarded-host": "evil.example"}, {"forwarded": "host=evil.example;proto=https"},
    {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https", "x-original-host": "evil.example"},
])  # fmt: skip
def test_no_header_decides_where_a_link_points(tell: Tell, headers: dict[str, str]) -> None:
    """Row 39."""

    async def story(here: Room) -> None:
        page = await here.http.get("/reset")
        form = {"csrf": hidden(page.text, "csrf"), "username": MAIL_OF_ANN}
        await here.http.post("/reset", data=form, headers=headers)
        for letter in await letters(here):
            assert "evil" not in letter.plain + letter.html
            assert f"{BASE}/reset/new?link=" in letter.plain

    tell(story, trusted_proxies=1)


def test_asking_tells_nothing(tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 40: of a person, an unknown name, a disabled one, one without an address and a technical account, the answer is
    the same byte for byte, and so are the statements; only the owner hears of it."""
    statements: list[str] = []
    for_engine = Statement.for_engine

    def compiled(self: Statement[object], engine: str) -> Compiled:
        found = for_engine(self, engine)
        statements.append(found.text)
        return found

    async def story(here: Room) -> None:
        await here.write(lambda tx: set_user_disabled(tx, UserId("u-gone"), NOW))
        await here.write(lambda tx: change_row(tx, "users", "u-few", {"emails": to_list([])}))
        await Browser(here.http).ask("warm-up")
        monkeypatch.setattr(Statement, "for_engine", compiled)
        seen = {}
        for name in (MAIL_OF_ANN, NOBODY, "gone@example.com", "few@example.com", "daemon-a", "\U0001f600", "u-ann"):
            statements.clear()
            reply = await Browser(here.http).ask(name)
            headers = {key: value for key, value in reply.headers.items() if key != "x-correlation-id"}
            seen[name] = (reply.status_code, reply.content, headers, tuple(statements))
        assert {name: one for name, one in seen.items() if one != seen[NOBODY]} == {}
        assert seen[NOBODY][0] == 200
        assert len(seen[NOBODY][3]) > 3, "the statements were seen"
        assert not any("users" in text for text in seen[NOBODY][3]), "nobody is looked up before the answer"
        assert [letter.recipient for letter in await letters(here)] == [MAIL_OF_ANN]

    tell(story)


def test_a_refusal_tells_nothing(tell: Tell) -> None:
    """Row 40: whoever asks again and again is refused after as many times, whatever the name."""

    async def story(here: Room) -> None:
        for name in (MAIL_OF_ANN, NOBODY):
            replies = [await Browser(here.http).ask(name) for _ in range(BY_NAME + 1)]
            assert [reply.status_code for reply in replies] == [*[200] * BY_NAME, 429]
            assert 0 < int(replies[-1].headers["retry-after"]) <= 3600
        assert len(await letters(here)) == MAILS_IN_HOUR

    tell(story)


def test_a_flood_sends_few_mails_and_keeps_nobody_out(tell: Tell) -> None:
    """From many networks at once: the owner has a link that works, and three letters in an hour; nobody else is refused."""

    async def story(here: Room) -> None:
        for number in range(60):
            reply = await Browser(here.http).ask(MAIL_OF_ANN, **{"x-forwarded-for": f"198.51.100.{number}"})
            assert reply.status_code == 200
            await send_asked(here.engine)
        got = await letters(here)
        assert len(got) == MAILS_IN_HOUR <= MAILS_IN_DAY
        assert (await Browser(here.http).choose(link_in(got[0], "/reset/new"))).status_code == 200
        assert (await Browser(here.http).ask(MAIL_OF_BOB, **{"x-forwarded-for": "203.0.113.9"})).status_code == 200

    tell(story, trusted_proxies=1)


async def _flood(here: Room) -> None:
    """From many networks, until letters are held back."""
    for number in range(MAILS_IN_HOUR + 2):
        network = {"x-forwarded-for": f"198.51.100.{number}"}
        assert (await Browser(here.http).ask(MAIL_OF_ANN, **network)).status_code == 200
        await send_asked(here.engine)
    assert len(await letters(here)) == MAILS_IN_HOUR


async def _known_to(here: Room, name: UserId) -> str:
    """The cookie of a browser in which that person signed in before."""
    cookie, user = new_value(), await find_user(here.other, name)
    assert user is not None
    row = KnownBrowser(known_digest(cookie), user.id, user.password_changed_at, NOW, NOW)
    await here.write(lambda tx: add_browser(tx, row, 20))
    return cookie


def test_a_flood_keeps_no_letter_from_a_known_browser(tell: Tell) -> None:
    """Row 40: strangers use up what anybody may ask for, and the owner gets as many letters all the same, after the same answer. A
    browser that is known to somebody else is a stranger's."""

    async def story(here: Room) -> None:
        first = await Browser(here.http).ask(NOBODY, **{"x-forwarded-for": "203.0.113.100"})
        await _flood(here)
        for name, count in ((UserId("u-bob"), 0), (ANN, MAILS_IN_HOUR)):
            here.http.cookies.set("hoistway_known", await _known_to(here, name))
            for number in range(MAILS_IN_HOUR + 1):
                reply = await Browser(here.http).ask(MAIL_OF_ANN, **{"x-forwarded-for": f"203.0.113.{number}"})
                assert (reply.status_code, reply.content) == (200, first.content)
                await send_asked(here.engine)
            assert len(await letters(here)) == count

    tell(story, trusted_proxies=1)


def test_a_flood_keeps_no_operator_from_sending_a_link(tell: Tell) -> None:
    """Row 40: what operators send has a bound of its own, and takes nothing from the person."""

    async def story(here: Room) -> None:
        await _flood(here)
        for count in range(BY_OPERATORS + 1):
            async with here.engine.db.write() as tx:
                user = await lock_user(tx, ANN)
                assert user is not None
                assert await send_reset(here.engine, tx, user, "en") == (count < BY_OPERATORS)
        assert len(await letters(here)) == BY_OPERATORS

    tell(story, trusted_proxies=1)


def test_one_network_asks_so_often(tell: Tell) -> None:
    """With parallel requests as well; another network goes on."""

    async def story(here: Room) -> None:
        async def ask(number: int, network: str = "198.51.100.7") -> int:
            reply = await Browser(here.http).ask(f"name-{number}", **{"x-forwarded-for": network})
            return reply.status_code

        codes = [code for _ in range(4) for code in await asyncio.gather(*(ask(_ * 10 + one) for one in range(10)))]
        assert sorted(codes) == [*[200] * BY_NETWORK, *[429] * (40 - BY_NETWORK)]
        assert await ask(99, "203.0.113.9") == 200

    tell(story, trusted_proxies=1)


def test_many_networks_of_one_subscriber_are_one(tell: Tell) -> None:
    """A subscriber who has a whole /48 switches the reset off for nobody."""

    async def story(here: Room) -> None:
        async def ask(number: int, network: str) -> int:
            return (await Browser(here.http).ask(f"name-{number}", **{"x-forwarded-for": network})).status_code

        codes = [await ask(number, f"2001:db8:7:{number // 5:x}::1") for number in range(BY_WIDER + 5)]
        assert codes == [*[200] * BY_WIDER, *[429] * 5]
        assert await ask(999, "2001:db8:8::1") == 200

    tell(story, trusted_proxies=1)


FORGED = [({"csrf": ""}, {}), ({"csrf": "x" * 43}, {}), ({}, {"origin": EVIL}), ({}, {"sec-fetch-site": "cross-site"})]


@pytest.mark.parametrize(("fields", "headers"), FORGED)
def test_a_forged_form(tell: Tell, fields: dict[str, str], headers: dict[str, str]) -> None:
    """Row 36: no link is sent, and none is used."""

    async def story(here: Room) -> None:
        link, before = await reset_link(here, MAIL_OF_ANN), await password_of_ann(here)
        form = {**await Browser(here.http).form(link), "password": NEW, **fields}
        assert (await here.http.post("/reset/new", data=form, headers=headers)).status_code == 400
        ask = {**form, "username": MAIL_OF_BOB}
        assert (await here.http.post("/reset", data=ask, headers=headers)).status_code == 400
        assert await letters(here) == []
        assert await password_of_ann(here) == before
        assert (await here.http.get(link)).status_code == 200, "it can still be used"

    tell(story)


def test_a_reset_begins_no_session(tell: Tell) -> None:
    """Row 35: not for whoever has the link, and a planted session is nobody's afterwards."""

    async def story(here: Room) -> None:
        planted = await here.sign_in(ANN)
        link = await reset_link(here, MAIL_OF_ANN)
        reply = await Browser(here.http).choose(link)
        assert reply.status_code == 200
        assert not [value for value in reply.headers.get_list("set-cookie") if "session" in value]
        sessions = (await everything(here.other))["sessions"]
        assert planted not in {key[0] for key in sessions}
        assert (await here.http.get("/account/data")).status_code == 303

    tell(story)


def test_a_link_stands_in_no_referer_and_in_no_database(tell: Tell) -> None:
    """Rows 50, 64: the pages load nothing from elsewhere, send no Referer, and a thief of the database finds neither the
    link nor the name that was typed."""

    async def story(here: Room) -> None:
        await Browser(here.http).ask(NOBODY)
        waiting = repr(await everything(here.other))
        assert NOBODY not in waiting
        link = await reset_link(here, MAIL_OF_ANN)
        secret = link.partition("=")[2]
        assert secret not in repr(await everything(here.other))
        page = await here.http.get(link)
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        assert "http" not in page.text.replace(BASE, ""), "no address of elsewhere"
        done = await Browser(here.http).choose(link)
        assert secret not in done.text

    tell(story)
