"""Many sign-ins at once: wrong ones are slowed and summed, right ones are let in. Each test has its own server."""

import asyncio
import json
from collections import Counter
from threading import Event

import httpx2
import pytest
from sqlalchemy import func, select

from hoistway.authn.counting import PAIR
from hoistway.authn.passwords import Passwords
from hoistway.protocol.ids import ServiceAccountId
from hoistway.store.audit import WrittenEntry, latest_entries
from hoistway.store.db import Database, Statement, Writer
from hoistway.store.service_accounts import ServiceAccount, add_service_account
from hoistway.store.throttle import THROTTLE
from tests.attacks.asking import TOKEN, at_once, password, refusal
from tests.attacks.test_accounts import guess, own_served
from tests.server import Served, change
from tests.store.test_schema import on
from tests.world import API_URI, DIGEST, NOW, PASSWORD, A

__all__ = ["own_served"]

_COUNTERS = Statement(lambda: select(func.count()).select_from(THROTTLE), int)


def entries(served: Served, event: str) -> list[WrittenEntry]:
    async def read(db: Database) -> list[WrittenEntry]:
        return await latest_entries(db, event)

    return on(served.database, read)


def counters(served: Served) -> int:
    async def read(db: Database) -> int:
        return await db.one(_COUNTERS, {}) or 0

    return on(served.database, read)


@pytest.fixture
def instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparing costs nothing, so that a crowd is a matter of seconds."""
    monkeypatch.setattr(Passwords, "_verify", lambda _self, digest, word: digest == DIGEST and word == PASSWORD)


@pytest.mark.usefixtures("instant")
def test_the_same_guess_again_and_again_is_slowed(own_served: Served) -> None:
    """Row 41: from many connections at once; it locks no account, others of that address are let in, and the trail is short."""
    replies = at_once(45, lambda _i: guess(own_served, "ann@example.com", "stale"))
    assert Counter(reply.status_code for reply in replies) == {400: PAIR.in_minute, 429: 45 - (PAIR.in_minute or 0)}
    assert {int(reply.headers["retry-after"]) for reply in replies if reply.status_code == 429} == {60}
    assert guess(own_served, "bob@example.com", PASSWORD).status_code == 303
    assert guess(own_served, "ann@example.com", PASSWORD, "203.0.113.9").status_code == 303
    told = [json.loads(entry.detail)["failures_today"] for entry in entries(own_served, "sign_in.failed")]
    assert sorted(told) == [1, 10]


@pytest.mark.usefixtures("instant")
def test_the_same_guess_by_the_password_grant_is_slowed(own_served: Served) -> None:
    """Row 41: and the customer that owns the account hears of it twice, not once for each guess."""
    replies = at_once(45, lambda _i: password(own_served, "daemon-a", "stale", scope=API_URI))
    assert {refusal(reply) for reply in replies} == {(400, "invalid_grant")}
    assert sum("retry-after" in reply.headers for reply in replies) == 45 - (PAIR.in_minute or 0)
    found = entries(own_served, "password_grant.failed")
    assert [entry.customer_id for entry in found] == ["c-a", "c-a"]
    assert {entry.actor for entry in found} == {"sa-a"}


def test_what_is_under_way_is_no_failure(own_served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 41: a process that is killed while it compares leaves no trace, and right passwords at once are all let in."""
    held, verify = Event(), Passwords._verify
    seen: list[int] = []

    def wait(self: Passwords, digest: str, word: str) -> bool:
        if not seen:
            seen.append(counters(own_served))
        held.wait(60)
        return verify(self, digest, word)

    monkeypatch.setattr(Passwords, "_verify", wait)

    def sign_in(number: int) -> int:
        if number == 0:
            while not seen:
                held.wait(0.01)
            held.set()
        return password(own_served, "daemon-a", scope=API_URI).status_code

    assert list(at_once(30, sign_in)) == [200] * 30
    assert set(seen) == {0}, "as many times as threads began at once"


ACCOUNTS = 500


@pytest.mark.usefixtures("instant")
def test_a_move_of_many_programs_behind_one_address(own_served: Served) -> None:
    """Row 41 is no reason to refuse: all are let in or told to come again, none is locked, though one guesses beside them."""

    async def add(tx: Writer) -> None:
        for number in range(ACCOUNTS):
            name = f"mover-{number}"
            row = ServiceAccount(ServiceAccountId(f"sa-{name}"), name, name, name, A, DIGEST, NOW, NOW)
            await add_service_account(tx, row)

    change(own_served.database, add)
    headers = {"x-forwarded-for": "192.0.2.1:40000"}

    async def ask(http: httpx2.AsyncClient, name: str, word: str) -> httpx2.Response:
        form = {"grant_type": "password", "client_id": "ropc", "username": name, "password": word, "scope": API_URI}
        return await http.post(TOKEN, data=form, headers=headers)

    async def move() -> None:
        rounds: list[int] = []
        left = [f"mover-{number}" for number in range(ACCOUNTS)]
        async with httpx2.AsyncClient(base_url=own_served.url, timeout=120) as http:
            while left and len(rounds) < 10:
                guesses = [ask(http, "daemon-b", f"guess-{len(rounds)}-{number}") for number in range(8)]
                answers = await asyncio.gather(*(ask(http, name, PASSWORD) for name in left), *guesses)
                for reply in answers[: len(left)]:
                    assert reply.status_code in {200, 503}, reply.text
                    assert reply.status_code == 200 or int(reply.headers["retry-after"]) > 0
                rounds.append(len(left))
                left = [
                    name for name, reply in zip(left, answers[: len(left)], strict=True) if reply.status_code != 200
                ]
        assert not left

    asyncio.run(move())
