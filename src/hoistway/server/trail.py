"""Removes entries of the audit trail that are old enough, archives them first where that is set, and continues erasures."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence, Set
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from hoistway.accounts.erasing import eraser_of
from hoistway.accounts.forgetting import forget
from hoistway.chain.cutting import cut, prune_sealed, removable_up_to
from hoistway.chain.links import chain_key
from hoistway.engine import Engine
from hoistway.settings import DAY
from hoistway.store.audit import WrittenEntry, entries_between
from hoistway.store.audit_archive import MOST_OF_FILE, ArchiveBusy, DayFile, alone, archived_ids, day_of
from hoistway.store.db import Database, Writer

ROWS_OF_BATCH, MOST_BATCHES = 1_000, 50
Prune = Callable[[Writer, int, int], Awaitable[int]]
"""Removes at most so many rows that are older; returns how many."""


def archive_of(engine: Engine) -> Path | None:
    return None if engine.settings.audit_archive is None else Path(engine.settings.audit_archive)


class ArchiveUnusable(Exception):
    """The text says why and what to do."""


@contextmanager
def _usable(folder: Path | None) -> Iterator[None]:
    """Raises ArchiveUnusable where its files can't be read or written."""
    try:
        yield
    except OSError as error:
        if folder is None:
            raise
        raise ArchiveUnusable(
            f"HOISTWAY_AUDIT_ARCHIVE: {error.filename or folder}: {error.strerror or error}; "
            "the server's user must be able to read and write there; it is tried again"
        ) from error


async def keep_erasures(engine: Engine) -> None:
    """Within two minutes the texts no longer name an erased person; where the archive is being written, one round
    later."""
    eraser = eraser_of(engine.refresh_secret, engine.vault, engine.lockout)
    archive = archive_of(engine)
    with suppress(ArchiveBusy), _usable(archive):
        await forget(engine.db, eraser, archive, engine.now())


async def keep_trail(engine: Engine) -> int:
    """Returns how many entries were removed; the rest follows in the next round. What is not sealed stays."""
    before, folder = engine.now() - engine.settings.keep_audit, archive_of(engine)
    key = chain_key(engine.refresh_secret)
    if folder is None:
        return await prune_in_steps(engine.db, lambda tx, old, most: prune_sealed(tx, key, old, most), before)
    try:
        with _usable(folder), alone(folder):
            return await archive_entries(engine.db, key, folder, before)
    except ArchiveBusy:
        return 0


async def prune_in_steps(db: Database, prune: Prune, before: int) -> int:
    """A bounded number of rows, each step in a short transaction; returns how many were removed."""
    removed = 0
    for _ in range(MOST_BATCHES):
        async with db.write() as tx:
            found = await prune(tx, before, ROWS_OF_BATCH)
        removed += found
        if found < ROWS_OF_BATCH:
            break
        await asyncio.sleep(0)
    return removed


class _Old(Struct, frozen=True):
    """What may be archived: entries before this moment, up to the id that is sealed."""

    before: int
    up_to: str

    async def read(self, db: Database, after: str, most: int) -> list[WrittenEntry]:
        return await entries_between(db, after, self.up_to, most)

    def of_day(self, rows: Sequence[WrittenEntry], day: str | None = None) -> list[WrittenEntry]:
        """The first entries that are old enough and, where a day is given, of that day."""
        found = []
        for row in rows:
            if row.at >= self.before or (day is not None and day_of(row.at) != day):
                break
            found.append(row)
        return found


async def archive_entries(db: Database, key: bytes, folder: Path, before: int) -> int:
    """Only whole days, the oldest first: a day is completely in its file before its first entry is removed. Raises
    OSError; then only entries that are in a file were removed."""
    before -= before % DAY
    old, removed = _Old(before, await removable_up_to(db, before)), 0
    while removed < MOST_BATCHES * ROWS_OF_BATCH:
        oldest = old.of_day(await old.read(db, "", 1))
        if not oldest:
            break
        removed += await _archive_day(db, key, folder, day_of(oldest[0].at), old)
    return removed


async def _write_day(db: Database, file: DayFile, day: str, old: _Old, known: Set[str]) -> list[str]:
    """Returns the ids of entries that are in this file, or were in one before."""
    kept, after = list[str](), ""
    while len(kept) < MOST_OF_FILE:
        rows = await old.read(db, after, ROWS_OF_BATCH)
        found = old.of_day(rows, day)
        await asyncio.to_thread(file.add, [row for row in found if row.id not in known])
        kept += [row.id for row in found]
        if len(found) < ROWS_OF_BATCH:
            break
        after = rows[-1].id
    return kept


async def _archive_day(db: Database, key: bytes, folder: Path, day: str, old: _Old) -> int:
    """At most one file. What an interrupted round wrote is not written again."""
    known = await asyncio.to_thread(archived_ids, folder, day)
    file = await asyncio.to_thread(DayFile, folder, day)
    try:
        kept = await _write_day(db, file, day, old, known)
        await asyncio.to_thread(file.close)
    except BaseException:
        file.drop()
        raise
    for first in range(0, len(kept), ROWS_OF_BATCH):
        async with db.write() as tx:
            await cut(tx, key, kept[first : first + ROWS_OF_BATCH], archived=True)
    return len(kept)
