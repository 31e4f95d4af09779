"""Keys change by time: published before use, and until nothing that they signed is valid; two processes agree."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import jwt
import msgspec
import pytest

from hoistway.engine import Engine
from hoistway.protocol.jwt import BadToken, UnknownKey
from hoistway.server.housekeeping import clear_away, keep_keys
from hoistway.server.opening import close_engine, open_engine
from hoistway.settings import DAY, Settings
from hoistway.store.db import Database
from hoistway.store.keys import Key, all_keys
from hoistway.store.open import open_database
from hoistway.tokens import keyring
from hoistway.tokens.keyring import ALGORITHMS, LEAST_LEAD, LONGEST_TOKEN, READ_EVERY, rotate_due, rotate_key
from hoistway.tokens.vault import Vault
from tests.server import MASTER_KEY, Clock

LIFETIME, LEAD = 90 * DAY, DAY
TYPE = frozenset({"at+jwt"})


@dataclass(frozen=True)
class Processes:
    """Two on one database, with one clock."""

    one: Engine
    other: Engine
    clock: Clock

    async def keep_up(self) -> None:
        """What each does every five seconds."""
        for engine in (self.one, self.other):
            await engine.keyring.load(engine.db, self.clock())

    async def published(self) -> list[str]:
        """The key ids that both publish."""
        await self.keep_up()
        assert self.one.keyring.jwks == self.other.keyring.jwks
        return [key["kid"] for key in msgspec.json.decode(self.one.keyring.jwks)["keys"]]

    async def signing(self, alg: str = "ES256") -> str:
        """The key that both sign with."""
        await self.keep_up()
        kids = {jwt.get_unverified_header(sign(engine, alg))["kid"] for engine in (self.one, self.other)}
        assert len(kids) == 1
        return str(kids.pop())


def sign(engine: Engine, alg: str = "ES256") -> str:
    return engine.keyring.sign(alg, {"sub": "x"}, "at+jwt")


@pytest.fixture
async def processes(migrated_url: str) -> AsyncIterator[Processes]:
    clock = Clock()
    settings = Settings("http://127.0.0.1", migrated_url, MASTER_KEY, key_lifetime=LIFETIME, key_lead=LEAD)
    db = await open_database(migrated_url)
    await rotate_due(db, Vault(MASTER_KEY), clock(), lifetime=LIFETIME, lead=LEAD)
    await db.close()
    one, other = await open_engine(settings, clock), await open_engine(settings, clock)
    yield Processes(one, other, clock)
    await close_engine(one)
    await close_engine(other)


async def both_keep_house(processes: Processes) -> None:
    await asyncio.gather(keep_keys(processes.one), keep_keys(processes.other))


async def test_a_key_is_published_before_it_signs(processes: Processes) -> None:
    clock = processes.clock
    first = await processes.published()
    assert len(first) == len(ALGORITHMS)
    clock.turn(LIFETIME - LEAD - 1)
    await both_keep_house(processes)
    assert await processes.published() == first
    clock.turn(1)
    await both_keep_house(processes)
    both = await processes.published()
    assert len(both) == 2 * len(ALGORITHMS), "one successor for each, whoever made it"
    for alg in ALGORITHMS:
        assert await processes.signing(alg) in first
    clock.turn(LEAD - 1)
    assert await processes.signing() in first
    clock.turn(1)
    for alg in ALGORITHMS:
        assert await processes.signing(alg) in set(both) - set(first)
    assert await processes.published() == both


async def test_a_retired_key_is_published_while_its_tokens_live(processes: Processes) -> None:
    """The last token is signed by a process that heard of the new key five seconds late."""
    clock = processes.clock
    (old,) = (kid for kid in await processes.published() if kid.startswith("es256"))
    clock.turn(LIFETIME - LEAD)
    await both_keep_house(processes)
    clock.turn(LEAD + 5)
    last = sign(processes.one)
    assert jwt.get_unverified_header(last)["kid"] == old
    assert await processes.signing() != old
    clock.turn(LONGEST_TOKEN - 1)
    await clear_away(processes.one)
    assert old in await processes.published()
    assert processes.other.keyring.verify(last, TYPE) == {"sub": "x"}
    clock.turn(600)
    assert old not in await processes.published()
    with pytest.raises(BadToken):
        processes.other.keyring.verify(last, TYPE)
    await clear_away(processes.one)
    assert old not in {row.id for row in await all_keys(processes.one.db)}


async def test_a_key_changed_at_once_by_command(processes: Processes) -> None:
    clock = processes.clock
    before = sign(processes.one)
    old = await processes.signing()
    new = await rotate_key(processes.other.db, processes.other.vault, "ES256", clock(), lead=0)
    assert new in await processes.published()
    assert await processes.signing() == old, "not before every process has heard of it"
    clock.turn(LEAST_LEAD)
    assert await processes.signing() == new
    assert processes.other.keyring.verify(before, TYPE)
    clock.turn(LONGEST_TOKEN)
    assert old in await processes.published()


async def test_what_ended_is_cleared_away(processes: Processes) -> None:
    """Without the keys, which are needed, nothing stays for ever."""
    clock = processes.clock
    for _ in range(5):
        clock.turn(LIFETIME)
        await both_keep_house(processes)
        clock.turn(LEAD)
        await clear_away(processes.one)
    assert len(await all_keys(processes.one.db)) <= 2 * len(ALGORITHMS)


async def test_who_comes_late_makes_no_further_key(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    """One process decides, another makes the key meanwhile, and the first goes on with what it saw."""
    clock, one, other = processes.clock, processes.one, processes.other
    clock.turn(LIFETIME - LEAD)
    seen = await all_keys(one.db)
    assert len(await rotate_due(other.db, other.vault, clock(), lifetime=LIFETIME, lead=LEAD)) == len(ALGORITHMS)
    made = await all_keys(one.db)

    async def stale(db: Database) -> list[Key]:
        monkeypatch.undo()
        return seen

    monkeypatch.setattr(keyring, "all_keys", stale)
    assert await rotate_due(one.db, one.vault, clock(), lifetime=LIFETIME, lead=LEAD) == []
    assert await all_keys(one.db) == made


async def test_an_unknown_key_is_looked_for_before_a_token_is_refused(processes: Processes) -> None:
    """One process has not read the keys since the other published one: it reads them at once, whoever asks."""
    clock, one, other = processes.clock, processes.one, processes.other
    await rotate_key(other.db, other.vault, "ES256", clock(), lead=0)
    clock.turn(LEAST_LEAD)
    await other.keyring.load(other.db, clock())
    token = sign(other)
    with pytest.raises(UnknownKey):
        one.keyring.verify(token, TYPE)
    claims = await asyncio.gather(*(one.keyring.verify_late(one.db, token, TYPE, clock()) for _ in range(20)))
    assert claims == [{"sub": "x"}] * 20


async def test_made_up_keys_cost_the_database_one_reading_a_second(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings, seconds = [], [1000.0]

    async def counted(db: Database) -> list[Key]:
        readings.append(1)
        return await all_keys(db)

    monkeypatch.setattr(keyring, "all_keys", counted)
    monkeypatch.setattr(keyring, "monotonic", lambda: seconds[0])
    one = processes.one
    token = jwt.encode({"sub": "x"}, "secret" * 8, headers={"kid": "made-up", "typ": "at+jwt"})

    async def refused() -> None:
        with pytest.raises(UnknownKey):
            await one.keyring.verify_late(one.db, token, TYPE, processes.clock())

    for expected in (1, 1, 2):
        await asyncio.gather(*(refused() for _ in range(20)))
        assert len(readings) == expected
        seconds[0] += 0.6


def test_a_key_is_read_by_all_before_it_signs() -> None:
    assert LEAST_LEAD > 2 * READ_EVERY
