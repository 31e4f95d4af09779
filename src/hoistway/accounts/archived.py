"""A person in the archive of the audit trail: what they were called there, and what the hash chain is told before their
entries are rewritten."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from hoistway.accounts.redaction import earlier_words
from hoistway.chain.rewriting import Rewrite, begin_rewriting, note_rewritten
from hoistway.engine import time_ordered_id
from hoistway.store.audit import Entry, WrittenEntry
from hoistway.store.audit_archive import archived_entries
from hoistway.store.audit_owners import write_entry
from hoistway.store.db import Database, Writer
from hoistway.store.personal_texts import STEP


def archived_words(archive: Path, person: str) -> tuple[str, ...]:
    """Earlier names of the person that stand in the archive. A file that can't be read is passed over here; rewriting the
    archive fails at it later, and reports it."""
    changes = list[str]()
    with suppress(OSError):
        for entry in archived_entries(archive):
            if entry.event == "user.changed" and person in entry.detail:
                changes.append(entry.detail)
    return earlier_words(person, changes)


async def tell_rewritten(tx: Writer, entries: int, ids: list[str], now: int) -> None:
    """Of one step, as far as entries were sealed."""
    if entries:
        detail = {"entries": entries, "first": ids[0], "last": ids[-1]}
        await write_entry(tx, Entry(time_ordered_id(), now, "audit.rewritten", detail=detail))


def _changes(archive: Path, change: Rewrite) -> Iterator[tuple[WrittenEntry, WrittenEntry]]:
    with suppress(OSError):
        for entry in archived_entries(archive):
            if (after := change(entry)) is not None:
                yield entry, after


async def note_archived(db: Database, chain: bytes, archive: Path, change: Rewrite, now: int) -> None:
    """Before the files are rewritten; may be repeated."""
    if not archive.is_dir():
        return
    found = _changes(archive, change)
    while some := await asyncio.to_thread(lambda: list(islice(found, STEP))):
        async with db.write() as tx:
            await begin_rewriting(tx)
            ids = sorted(before.id for before, _after in some)
            await tell_rewritten(tx, await note_rewritten(tx, chain, some), ids, now)
