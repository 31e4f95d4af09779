"""The audit trail of flows that are used for every call: counted each time, told once a day, kept as long as it is set."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hoistway.chain.links import chain_key
from hoistway.chain.sealing import SETTLED, seal
from hoistway.server.opening import close_engine, open_engine
from hoistway.server.trail import keep_trail
from hoistway.settings import DAY, Settings
from hoistway.store.audit import WrittenEntry, latest_entries
from hoistway.store.db import Database
from hoistway.store.flow_uses import flow_uses_of
from tests.attacks.asking import password
from tests.cli.running import answer, manage, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import Person
from tests.server import MASTER_KEY, Clock, Served, populate, serving
from tests.store.test_schema import on
from tests.world import API_URI


@dataclass(frozen=True)
class Trail:
    served: Served
    clock: Clock

    def entries(self, event: str) -> list[WrittenEntry]:
        async def read(db: Database) -> list[WrittenEntry]:
            return await latest_entries(db, event)

        return on(self.served.database, read)

    def uses(self, actor: str, flow: str) -> int:
        async def read(db: Database) -> int:
            return await flow_uses_of(db, actor, flow)

        return on(self.served.database, read)


@pytest.fixture
def trail(engine_name: EngineName) -> Iterator[Trail]:
    url, clock = fresh_database(engine_name, populate), Clock()
    clock.at += DAY - clock.at % DAY
    # Each use is written by its own request; what waits in memory is in tests/flows/test_remembered.py.
    with serving(url, now=clock, remember_passwords=0) as served:
        yield Trail(served, clock)
    drop_database(url)


def test_the_password_grant_is_told_once_a_day(trail: Trail) -> None:
    for uses, entries in ((1, 1), (2, 1), (3, 1)):
        assert password(trail.served, "daemon-a", scope=API_URI).status_code == 200
        assert trail.uses("sa-a", "password") == uses
        assert len(trail.entries("password_grant.used")) == entries
    assert password(trail.served, "daemon-b", scope=API_URI).status_code == 200
    trail.clock.turn(DAY)
    assert password(trail.served, "daemon-a", scope=API_URI).status_code == 200
    told = trail.entries("password_grant.used")
    assert sorted((entry.actor, entry.client_id, entry.customer_id) for entry in told) == [
        ("sa-a", "ropc", "c-a"), ("sa-a", "ropc", "c-a"), ("sa-b", "ropc", "c-b"),
    ]  # fmt: skip
    assert trail.uses("sa-a", "password") == 4


def test_the_implicit_flow_is_told_once_a_day(trail: Trail) -> None:
    for _ in range(2):
        person = Person(trail.served)
        asked = {"response_type": "id_token token", "scope": "openid units.read"}
        assert "access_token" in person.sign_in(person.authorize("implicit", **asked), "ann").headers["location"]
    assert trail.uses("u-ann", "implicit") == 2
    assert len(trail.entries("implicit_flow.used")) == 1


async def test_the_trail_ends_when_it_is_set_to(migrated_url: str) -> None:
    clock = Clock()
    # What an entry's id says of its age counts, too, and ids follow the machine's clock.
    clock.at = int(time.time()) + 5
    settings = Settings("http://127.0.0.1", migrated_url, MASTER_KEY, keep_audit=100 * DAY)
    engine = await open_engine(settings, clock)
    for name in ("old", "new"):
        async with engine.db.write() as tx:
            await engine.record(tx, name)
        clock.turn(50 * DAY)
    clock.turn(1)
    await keep_trail(engine)
    assert await names(engine.db) == ["old", "new"], "what is not sealed stays"
    await seal(engine.db, chain_key(engine.refresh_secret), int(time.time()) + SETTLED + 1)
    clock.at -= 1
    await keep_trail(engine)
    assert await names(engine.db) == ["old", "new"]
    clock.turn(1)
    await keep_trail(engine)
    assert await names(engine.db) == ["new"]
    await close_engine(engine)


async def names(db: Database) -> list[str]:
    found = [await latest_entries(db, name) for name in ("old", "new")]
    return [entry.event for entries in found for entry in entries]


def test_the_trail_is_written_to_a_file(trail: Trail, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The oldest first, a JSON object a line, of the days that were asked for; what is there is never overwritten."""
    manage(monkeypatch, trail.served)
    for _ in range(3):
        password(trail.served, "daemon-a", scope=API_URI)
        trail.clock.turn(DAY)
    monkeypatch.setattr("hoistway.commands.audit.PAGE", 2)
    file = tmp_path / "trail.jsonl"
    answered = answer("audit", "export", str(file))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert answered == {"file": str(file), "entries": len(lines)}
    used = [line for line in lines if line["event"] == "password_grant.used"]
    assert [line["at"] for line in used] == sorted(trail.clock() - days * DAY for days in (1, 2, 3))
    assert used[0]["actor"] == "sa-a"
    run("audit", "export", str(file), code=1)
    run("audit", "export", str(tmp_path / "x"), "--since", "yesterday", code=2)
