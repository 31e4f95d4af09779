"""Row 69: how much reaches the older system, however it is asked, and who closes its door."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hoistway.authn import old_shares
from hoistway.authn.old_system import MOST_FOR_A_NAME, Late, NameTurns
from tests.carrying.moving import Moving, described, moving
from tests.carrying.old import Answer, answer, old_system, refused
from tests.engines import ENGINES

RIGHT = "Old-Password-1"
FORBIDDEN: Answer = (403, {"content-type": "text/html"}, b"<html>blocked</html>")
LOCKED = refused("90111", "Locked.")


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest) -> Iterator[Moving]:
    with old_system() as old, moving(request.param, old) as moved:
        yield moved


def at_once(here: Moving, names: list[str], *addresses: str) -> list[str]:
    """A wrong password for each name in the same moment."""
    with ThreadPoolExecutor(len(names)) as pool:
        tried = [
            pool.submit(here.grant, name, f"bad {number}", address=addresses[number % len(addresses)])
            for number, name in enumerate(names)
        ]
        return described([one.result() for one in tried])


def test_what_is_under_way_counts_for_its_address(here: Moving, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it lasts and until it is counted: a burst gets no more than the share."""
    monkeypatch.setattr(old_shares, "SHARE", 5)
    names = [f"unit-{number}" for number in range(24)]
    here.accounts(*names)
    here.old.delay = 0.3
    assert "400 AADB2C90114" in at_once(here, names, "198.51.100.9")
    assert len(here.old.asked) == 5


def test_what_is_under_way_counts_in_all(here: Moving, monkeypatch: pytest.MonkeyPatch) -> None:
    """From as many addresses as there are names."""
    monkeypatch.setattr(old_shares, "IN_ALL", 4)
    monkeypatch.setattr(old_shares, "RESERVE", 3)
    names = [f"unit-{number}" for number in range(24)]
    here.accounts(*names)
    here.old.delay = 0.3
    assert "503 AADB2C90085" in at_once(here, names, *(f"198.51.{number}.9" for number in range(24)))
    assert len(here.old.asked) == 7


def test_a_locked_account_gives_no_free_questions(here: Moving, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left alone for a while, and each question counts for the address that asks it, and in all."""
    monkeypatch.setattr(old_shares, "SHARE", 5)
    here.accounts("pump", "lamp")
    here.old.trouble = lambda form: LOCKED if form["username"] == "pump" else None
    assert described([here.grant("pump", f"guess {number}") for number in range(4)]) == ["503 AADB2C90085"] * 4
    assert here.old.times()["pump"] == 1
    for number in range(9):
        here.clock.turn(31)
        here.grant("pump", f"another {number}")
    assert here.old.times()["pump"] == 5
    assert described([here.grant("lamp", RIGHT)]) == ["400 AADB2C90114"], "the address has used its share"
    assert described([here.grant("lamp", RIGHT, address="198.51.100.1")]) == ["token"]


ANSWERS = {
    "a page": FORBIDDEN,
    "the program's fault": refused("90018", error="invalid_request"),
    "500": answer(500, {"error": "x"}),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_nobody_alone_closes_the_door_for_others(here: Moving, kind: str) -> None:
    """By passwords over which the older system stumbles, about whomever: only their own network hears that it is away."""
    names = [f"unit-{number}" for number in range(4)]
    here.accounts(*names, "pump", "lamp")
    here.old.trouble = lambda form: ANSWERS[kind] if "<script>" in form["password"] else None
    for number in range(8):
        assert here.grant(names[number % 4], f"<script>{number}", address="198.51.100.9").status_code == 503
    assert len(here.old.asked) == 3, "their own network is left alone for a while"
    assert described([here.grant("pump", RIGHT, address="203.0.113.5")]) == ["token"]


def test_one_password_over_which_it_stumbles_gives_no_free_questions(here: Moving) -> None:
    """Sent again and again, it arrives twice a minute from one network; its owner elsewhere is not kept from their first use."""
    here.accounts("pump")
    here.old.trouble = lambda form: FORBIDDEN if "<script>" in form["password"] else None
    for _ in range(6):
        assert here.grant("pump", "<script>", address="198.51.100.9").status_code == 503
    assert here.old.times()["pump"] == 1
    here.clock.turn(31)
    here.grant("pump", "<script>", address="198.51.100.9")
    assert here.old.times()["pump"] == 2
    assert described([here.grant("pump", RIGHT, address="203.0.113.5")]) == ["token"]


def test_two_networks_that_hear_nothing_close_it(here: Moving) -> None:
    names = [f"unit-{number}" for number in range(6)]
    here.accounts(*names, "pump")
    here.old.trouble = lambda _form: FORBIDDEN
    for number, name in enumerate(names):
        assert here.grant(name, RIGHT, address=f"198.51.{number}.9").status_code == 503
    assert len(here.old.asked) < len(names)
    asked = len(here.old.asked)
    assert here.grant("pump", RIGHT, address="203.0.113.5").status_code == 503
    assert len(here.old.asked) == asked
    here.old.trouble = lambda _form: None
    here.clock.turn(61)
    assert described([here.grant("pump", RIGHT, address="203.0.113.5")]) == ["token"]


def test_turns_at_a_name_are_bounded() -> None:
    """Row 69: whoever tries one name without end fills no memory."""

    async def crowd() -> list[object]:
        turns = NameTurns(seconds=30)
        held, done = asyncio.Event(), asyncio.Event()

        async def take() -> None:
            async with turns.take("pump"):
                held.set()
                await done.wait()

        first = asyncio.create_task(take())
        await held.wait()
        others = [asyncio.create_task(take()) for _ in range(MOST_FOR_A_NAME + 8)]
        await asyncio.sleep(0)
        done.set()
        return await asyncio.gather(first, *others, return_exceptions=True)

    ended = asyncio.run(crowd())
    assert [type(one) for one in ended].count(Late) == 9
