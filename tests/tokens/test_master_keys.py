"""One master key follows another while processes run: they follow the file, and nothing is lost wherever it is interrupted."""

import asyncio
import base64
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from hoistway.authn.factors import secret_name
from hoistway.commands import master_key
from hoistway.engine import Engine
from hoistway.server.opening import close_engine, open_engine
from hoistway.settings import Settings
from hoistway.store.audit import latest_entries
from hoistway.store.db import Database, Writer
from hoistway.store.keys import all_keys
from hoistway.store.one_time_codes import reseal_codes, sealed_codes
from hoistway.store.secrets import all_sealed
from hoistway.tokens import key_file, resealing
from hoistway.tokens.keyring import rotate_key, shared_secret
from hoistway.tokens.vault import Vault, WrongMasterKey, read_master_keys
from tests.cli.running import answer, point_at, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.factors import with_codes
from tests.server import MASTER_KEY, Clock, populate
from tests.store.test_schema import on


class Place:
    def __init__(self, url: str, file: Path) -> None:
        self.url, self.file = url, file
        self.put(MASTER_KEY)

    def put(self, *keys: bytes) -> None:
        self.file.write_text("\n".join(base64.urlsafe_b64encode(key).decode() for key in keys))

    def keys(self) -> tuple[bytes, ...]:
        return read_master_keys(self.file.read_text())

    def settle(self) -> None:
        """As if a minute had gone by."""
        before = time.time() - 61
        os.utime(self.file, (before, before))

    @property
    def settings(self) -> Settings:
        """Read when the process started."""
        return Settings("https://id.example", self.url, MASTER_KEY, master_key_file=str(self.file))

    def opens(self, *keys: bytes) -> bool:
        """Whether these open everything that lies in the database."""

        async def read(db: Database) -> list[tuple[str, bytes]]:
            codes = [(secret_name(row.user_id), row.sealed) for row in await sealed_codes(db, "", 100)]
            return [*((row.id, row.sealed) for row in await all_keys(db)), *await all_sealed(db), *codes]

        rows: list[Any] = on(self.url, read)
        assert len(rows) > 3
        vault = Vault(*keys)
        try:
            return all(vault.open(*row) for row in rows)
        except WrongMasterKey:
            return False


def times(url: str, event: str) -> int:
    """How often the trail tells of it."""
    return len(on(url, lambda db: latest_entries(db, event)))


@pytest.fixture
def place(engine_name: EngineName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    url = fresh_database(engine_name, populate)

    async def make_secrets(db: Database) -> None:
        for name in ("cookie", "lockout", "refresh"):
            await shared_secret(db, Vault(MASTER_KEY), name)

    on(url, make_secrets)
    with_codes(url, "ann", "bob")
    made = Place(url, tmp_path / "master.key")
    point_at(monkeypatch, url)
    monkeypatch.delenv("HOISTWAY_MASTER_KEY")
    monkeypatch.setenv("HOISTWAY_MASTER_KEY_FILE", str(made.file))
    yield made
    drop_database(url)


@pytest.fixture
async def engine(place: Place) -> AsyncIterator[Engine]:
    """A process that runs through all of it."""
    opened = await open_engine(place.settings, Clock())
    yield opened
    await close_engine(opened)


async def aside(*words: str, code: int = 0) -> str:
    """A command beside the running process; what it says on standard error."""
    return (await asyncio.to_thread(run, *words, code=code)).stderr


async def make_keys(engine: Engine) -> None:
    assert await rotate_key(engine.db, engine.vault, "ES256", engine.now(), lead=60)


async def test_a_running_process_follows(place: Place, engine: Engine) -> None:
    told = await asyncio.to_thread(answer, "master-key", "rotate")
    assert told["new_key"] is True
    assert told["sealed_anew"] >= 7
    new, old = place.keys()
    assert old == MASTER_KEY
    assert await asyncio.to_thread(place.opens, new)
    await make_keys(engine)
    assert await asyncio.to_thread(place.opens, new)
    await engine.keyring.load(engine.db, engine.now())
    assert "wait a minute" in await aside("master-key", "forget-old", code=1)
    place.settle()
    await aside("master-key", "forget-old")
    assert place.keys() == (new,)
    await engine.keyring.load(engine.db, engine.now())
    await make_keys(engine)
    assert await asyncio.to_thread(place.opens, new)
    later = await open_engine(place.settings, Clock())
    assert later.refresh_secret == engine.refresh_secret
    await close_engine(later)


def test_interrupted_after_the_file(place: Place) -> None:
    """The next command goes on: no third key."""
    assert key_file.add_newer_key(place.file)
    new, old = place.keys()
    assert place.opens(new, old)
    assert answer("master-key", "rotate")["new_key"] is False
    assert place.keys() == (new, old)
    assert place.opens(new)
    assert answer("master-key", "rotate")["sealed_anew"] == 0


class Killed(BaseException):
    """As after SIGKILL: nothing is undone but the transaction."""


def test_interrupted_between_pages(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sealed stays so, both keys open everything meanwhile, and the next command does the rest."""
    monkeypatch.setattr(resealing, "AT_ONCE", 2)
    before = Vault.seal
    sealed: list[str] = []

    def seal(self: Vault, name: str, value: bytes) -> bytes:
        sealed.append(name)
        if len(sealed) == 6:
            raise Killed
        return before(self, name, value)

    monkeypatch.setattr(Vault, "seal", seal)
    with pytest.raises(Killed):
        run("master-key", "rotate")
    monkeypatch.setattr(Vault, "seal", before)
    new, old = place.keys()
    assert place.opens(new, old)
    assert not place.opens(new)
    assert not place.opens(old), "the first pages are done"
    left = answer("master-key", "rotate", "--dry-run")["would_seal_anew"]
    done = answer("master-key", "rotate")
    assert done["new_key"] is False
    assert done["sealed_anew"] == left
    assert place.opens(new)
    assert (times(place.url, "master_key.rotating"), times(place.url, "master_key.rotated")) == (2, 1)


def test_a_page_is_a_transaction(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite everybody who writes waits for its end."""
    monkeypatch.setattr(resealing, "AT_ONCE", 1)
    begun: list[int] = []

    async def count(tx: Writer, *args: Any) -> bool:
        begun.append(id(tx))
        return await reseal_codes(tx, *args)

    codes = resealing._KINDS[-1]
    monkeypatch.setattr(resealing, "_KINDS", (*resealing._KINDS[:-1], replace(codes, put=count)))
    answer("master-key", "rotate")
    assert len(begun) == 2
    assert place.opens(place.keys()[0])


def test_the_old_key_stays_while_a_process_seals_under_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert key_file.add_newer_key(place.file)
    place.settle()

    async def nothing(*_: object) -> int:
        return 0

    monkeypatch.setattr(master_key, "reseal_all", nothing)
    assert "still seals under an older key" in run("master-key", "forget-old", code=1).stderr
    assert len(place.keys()) == 2


def test_forgetting_seals_what_is_left_first(place: Place) -> None:
    assert key_file.add_newer_key(place.file)
    new = place.keys()[0]
    place.settle()
    assert answer("master-key", "forget-old")["forgotten"] == 1
    assert place.keys() == (new,)
    assert place.opens(new)


async def test_a_foreign_file_seals_nothing(place: Place, engine: Engine) -> None:
    place.put(bytes(32))
    await engine.keyring.load(engine.db, engine.now())
    await make_keys(engine)
    assert await asyncio.to_thread(place.opens, MASTER_KEY)


def test_a_key_that_opens_nothing_is_refused(place: Place) -> None:
    """Where the file before was lost, neither command changes file or database."""
    place.put(bytes(32), bytes(range(1, 33)))
    place.settle()
    for word in ("rotate", "forget-old"):
        assert "another master key" in run("master-key", word, code=2).stderr
    assert len(place.keys()) == 2
    place.put(bytes(32))
    run("master-key", "rotate", code=2)
    assert place.keys() == (bytes(32),)
    assert place.opens(MASTER_KEY)


def test_the_file_keeps_its_mode(place: Place) -> None:
    place.file.chmod(0o640)
    run("master-key", "rotate")
    assert place.file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in place.file.parent.iterdir()] == ["master.key"]


def test_keys_in_the_environment(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = (base64.urlsafe_b64encode(key).decode() for key in (MASTER_KEY, bytes(range(1, 33))))
    monkeypatch.setenv("HOISTWAY_MASTER_KEY", old)
    assert "put the new one before it" in run("master-key", "rotate", code=2).stderr
    monkeypatch.setenv("HOISTWAY_MASTER_KEY", f"{new} {old}")
    assert answer("master-key", "rotate")["sealed_anew"] >= 5
    assert place.opens(bytes(range(1, 33)))
    run("master-key", "forget-old", code=2)


def test_a_linked_file_stays_linked(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "linked").mkdir()
    link = tmp_path / "linked" / "key"
    link.symlink_to(place.file)
    monkeypatch.setenv("HOISTWAY_MASTER_KEY_FILE", str(link))
    run("master-key", "rotate")
    assert link.is_symlink()
    assert len(place.keys()) == 2
    place.settle()
    run("master-key", "forget-old")
    assert link.is_symlink()
    assert len(place.keys()) == 1
    assert [path.name for path in link.parent.iterdir()] == ["key"]


def test_both_can_be_tried(place: Place) -> None:
    before = place.file.read_bytes()
    tried = answer("master-key", "rotate", "--dry-run")
    assert place.file.read_bytes() == before
    assert place.opens(MASTER_KEY)
    done = answer("master-key", "rotate")
    assert tried == {"would_add_key": True, "would_seal_anew": done["sealed_anew"]}
    assert answer("master-key", "rotate", "--dry-run") == {"would_add_key": False, "would_seal_anew": 0}
    assert "wait a minute" in run("master-key", "forget-old", "--dry-run", code=1).stderr
    place.settle()
    assert answer("master-key", "forget-old", "--dry-run") == {"would_forget": 1, "would_seal_anew": 0}
    assert len(place.keys()) == 2
