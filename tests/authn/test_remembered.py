"""Passwords that are remembered: for which row, for how long, of how many accounts, and who learns nothing of it."""

import asyncio

import pytest
from msgspec.structs import replace

from hoistway.authn.passwords import Passwords
from hoistway.authn.remembered import Remembered
from hoistway.engine import Engine
from hoistway.grants.kinds import TECHNICAL, Said
from hoistway.grants.proving import Proven, Refused, prove, settle
from hoistway.protocol.ids import CustomerId, ServiceAccountId
from hoistway.server.opening import close_engine, open_engine
from hoistway.settings import Settings
from hoistway.store.db import Writer
from hoistway.store.service_accounts import ServiceAccount
from tests.engines import EngineName, drop_database, fresh_database
from tests.server import MASTER_KEY, Clock, populate
from tests.world import PASSWORD

ROW = ServiceAccount(ServiceAccountId("sa"), "d", "d", "D", CustomerId("c"), "digest", 1, 2, None, None, 3)


def row(account: int, customer: int) -> ServiceAccount:
    return replace(ROW, id=ServiceAccountId(f"sa-{account}"), customer_id=CustomerId(f"c-{customer}"))


def knows(remembered: Remembered, account: ServiceAccount, word: str = "word", now: int = 100) -> bool:
    outcome = remembered.compare(account, word, "guesses", now)
    remembered.counted("guesses")
    return outcome == "known"


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "sb"},
        {"customer_id": "d"},
        {"password_digest": "digesu"},
        {"password_changed_at": 3},
        {"ended_at": 4},
        {"ended_at": None},
        # The same letters, cut elsewhere.
        {"id": "sac", "customer_id": ""},
    ],
)
def test_another_row_is_not_known(changes: dict[str, object]) -> None:
    remembered = Remembered(300)
    remembered.keep(ROW, "word", 100)
    assert knows(remembered, ROW)
    other = replace(ROW, **changes)
    assert not knows(remembered, other)
    # Nor where what is kept is found under its id.
    remembered._kept[other.id, "first"] = remembered._kept[ROW.id, "first"]
    assert not knows(remembered, other)


@pytest.mark.parametrize("word", ["", "wor", "word ", "Word", "word" * 300, "\ud800"])
def test_another_password_is_not_known(word: str) -> None:
    remembered = Remembered(300)
    remembered.keep(ROW, "word", 100)
    assert not knows(remembered, ROW, word)


def test_long_passwords_are_read_to_their_end() -> None:
    remembered = Remembered(300)
    remembered.keep(ROW, "x" * 5000 + "a", 100)
    assert not knows(remembered, ROW, "x" * 5000 + "b")
    assert knows(remembered, ROW, "x" * 5000 + "a")


def test_it_ends() -> None:
    """Counted from the proof; where the clock was turned back, at once. What ended is gone without being asked for."""
    remembered = Remembered(300)
    remembered.keep(ROW, "word", 100)
    assert [knows(remembered, ROW, now=now) for now in (99, 100, 399, 400)] == [False, True, True, False]
    remembered.sweep(399)
    assert len(remembered) == 1
    remembered.sweep(400)
    assert len(remembered) == 0
    assert not remembered._of


def test_nothing_is_remembered_where_it_is_off() -> None:
    remembered = Remembered(0)
    remembered.keep(ROW, "word", 100)
    assert len(remembered) == 0
    assert not knows(remembered, ROW)


def test_each_process_has_a_key_of_its_own() -> None:
    one, other = Remembered(300), Remembered(300)
    one.keep(ROW, "word", 100)
    other._kept = one._kept
    assert knows(one, ROW)
    assert not knows(other, ROW)


def test_many_accounts_of_one_customer_push_out_its_own_alone() -> None:
    remembered = Remembered(300, most=10)
    for account in range(4):
        remembered.keep(row(account, account), "word", 100)
    for account in range(10, 200):
        remembered.keep(row(account, 9), "word", 100)
        assert len(remembered) <= 10
    assert all(knows(remembered, row(account, account)) for account in range(4))
    kept = [account for account in range(10, 200) if knows(remembered, row(account, 9))]
    assert kept == list(range(194, 200))


def test_where_all_have_as_many_the_oldest_gives_way_to_its_own() -> None:
    remembered = Remembered(300, most=3)
    for account in range(5):
        remembered.keep(row(account, account), "word", 100)
    assert len(remembered) == 3
    assert knows(remembered, row(4, 4))
    assert len(remembered._of) == 3


def test_one_wrong_password_is_compared_at_a_time() -> None:
    """Until it is counted nothing else is compared for the same guesses, not even the right one."""
    remembered = Remembered(300)
    remembered.keep(ROW, "word", 100)
    assert remembered.compare(ROW, "wrong", "here", 100) == "other"
    assert remembered.compare(ROW, "word", "here", 100) == "nothing"
    assert remembered.compare(ROW, "word", "elsewhere", 100) == "known"
    remembered.counted("here")
    assert remembered.compare(ROW, "word", "here", 100) == "known"
    assert remembered.hits == 2


def said(word: str, clock: Clock, address: str = "192.0.2.1") -> Said:
    return Said("daemon-a", word, address, clock(), "id", "ropc")


async def nothing(_tx: Writer, _account: ServiceAccount) -> None:
    """What the password gives."""


async def sign_in(
    engine: Engine, clock: Clock, word: str = PASSWORD, address: str = "192.0.2.1"
) -> Proven[ServiceAccount]:
    proven = await prove(engine, TECHNICAL, said(word, clock, address))
    await settle(engine, TECHNICAL, proven, nothing)
    return proven


async def test_a_right_password_waits_with_the_guesses(
    engine_name: EngineName, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a wrong one at its place is being hashed, the right one is hashed too; where others guess does not matter."""
    url, clock = fresh_database(engine_name), Clock()
    await asyncio.to_thread(populate, url)
    engine = await open_engine(Settings("http://127.0.0.1", url, MASTER_KEY), clock)
    assert not (await sign_in(engine, clock)).known
    assert (await sign_in(engine, clock)).known
    hashing, go_on, matches = asyncio.Event(), asyncio.Event(), Passwords.matches

    async def wait(self: Passwords, digest: str, word: str, *, caller: str = "", account: str = "") -> bool:
        hashing.set()
        await go_on.wait()
        return await matches(self, digest, word, caller=caller, account=account)

    monkeypatch.setattr(Passwords, "matches", wait)
    elsewhere = asyncio.create_task(prove(engine, TECHNICAL, said("wrong", clock, "198.51.100.1")))
    await hashing.wait()
    assert (await prove(engine, TECHNICAL, said(PASSWORD, clock))).known
    hashing.clear()
    here = asyncio.create_task(prove(engine, TECHNICAL, said("wrong", clock)))
    await hashing.wait()
    hashing.clear()
    right = asyncio.create_task(prove(engine, TECHNICAL, said(PASSWORD, clock)))
    await hashing.wait()
    go_on.set()
    assert not (await right).known
    for guess in (elsewhere, here):
        with pytest.raises(Refused):
            await guess
    assert (await prove(engine, TECHNICAL, said(PASSWORD, clock))).known
    await close_engine(engine)
    drop_database(url)


async def test_it_is_of_use_at_a_known_place_alone(engine_name: EngineName) -> None:
    """One from which the account signed in within the hour, and never where the proxy says no address."""
    url, clock = fresh_database(engine_name), Clock()
    await asyncio.to_thread(populate, url)
    engine = await open_engine(Settings("http://127.0.0.1", url, MASTER_KEY, remember_passwords=3600), clock)
    await sign_in(engine, clock)
    for address, known in (
        ("192.0.2.1", True), ("198.51.100.1", False), ("198.51.100.1", True), ("unknown", False), ("unknown", False),
    ):  # fmt: skip
        assert (await sign_in(engine, clock, address=address)).known == known
    clock.turn(3600)
    assert not (await sign_in(engine, clock)).known
    assert (await sign_in(engine, clock)).known
    await close_engine(engine)
    drop_database(url)
