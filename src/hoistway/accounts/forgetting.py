"""What follows an erasure, in steps that can be repeated, until texts, the audit trail and its archive no longer name the person."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from hoistway.accounts.erasing import Eraser, Rest, opened, sealed
from hoistway.accounts.redaction import Redaction, earlier_words, words_of
from hoistway.store.audit import first_entries
from hoistway.store.audit_archive import archived_entries, rewrite_archive
from hoistway.store.db import Database
from hoistway.store.erasures import Erasure, put_rest, waiting_erasures
from hoistway.store.personal import erase_traces, params_of
from hoistway.store.personal_texts import (
    REPLACED,
    REPORTED,
    STEP,
    Texts,
    changes_of_person,
    find_texts,
    put_entry,
    put_text,
)

SECOND_LOOK: Final = 60
"""Seconds after which nothing is under way that began before the erasure."""
SAVED_EVERY: Final = 20
"""Steps after which a process that ends begins again there."""


async def forget(db: Database, eraser: Eraser, archive: Path | None, now: int, *, at_once: bool = False) -> int:
    """Continues the erasures that wait; returns how many are complete. `at_once` is for a database on which nothing
    else runs, so that no second pass is needed. Where one of them can't go on the others do, and then the first failure is
    raised: ArchiveBusy or OSError where only the archive is left to do."""
    done, after, failures = 0, "", list[Exception]()
    while rows := await waiting_erasures(db, after):
        for row in rows:
            try:
                done += await _forget(db, eraser, row, archive, now, at_once)
            except Exception as error:
                failures.append(error)
        after = rows[-1].digest
    if failures:
        raise failures[0]
    return done


async def _forget(db: Database, eraser: Eraser, row: Erasure, archive: Path | None, now: int, at_once: bool) -> bool:
    """One step of one erasure; returns True when it is complete. The database comes before the archive, so that a person
    is removed there even where the archive can't be read or written."""
    rest = opened(eraser.vault, row)
    last = at_once or now >= rest.began_at + SECOND_LOOK
    if rest.again and rest.archived and not last:
        return False
    held, rest = await _with_earlier_names(db, eraser, row.digest, row.rest or b"", rest)
    if held is not None:
        held, rest = await _in_database(db, eraser, row.digest, held, rest)
    if held is None:
        return False
    if archive is not None:
        # Earlier names of the person may be stored nowhere else any more.
        words = words_of(rest.words, await asyncio.to_thread(_archived_words, archive, rest.person))
        if words != rest.words:
            more = msgspec.structs.replace(rest, words=words, after="")
            held, rest = await _in_database(db, eraser, row.digest, held, more)
            if held is None:
                return False
        await asyncio.to_thread(rewrite_archive, archive, rest.redaction.entry)
    ended = None if last else sealed(eraser.vault, row.digest, msgspec.structs.replace(rest, archived=True))
    async with db.write() as tx:
        return await put_rest(tx, row.digest, held, ended) and last


async def _with_earlier_names(
    db: Database, eraser: Eraser, digest: str, held: bytes, rest: Rest
) -> tuple[bytes | None, Rest]:
    """Adds the person's earlier names to the words, and stores them before the first one is replaced in the trail: a
    process that had to begin again would not find it there. Returns what `_in_database` returns."""
    if rest.named:
        return held, rest
    earlier = earlier_words(rest.person, await changes_of_person(db, rest.person))
    rest = msgspec.structs.replace(rest, words=words_of(rest.words, earlier), named=True)
    after = sealed(eraser.vault, digest, rest)
    async with db.write() as tx:
        return after if await put_rest(tx, digest, held, after) else None, rest


async def _in_database(db: Database, eraser: Eraser, digest: str, held: bytes, rest: Rest) -> tuple[bytes | None, Rest]:
    """Replaces the person in all tables. Returns what is left to do, sealed as it is stored now, and readable; None as the
    sealed value where another process has taken over."""
    await _traces(db, rest)
    for texts in REPLACED:
        await _texts(db, texts, rest)
    found = await _trail(db, eraser, digest, held, rest)
    if found is None:
        return None, rest
    rest = msgspec.structs.replace(rest, again=True, after=_id_of(rest))
    after = sealed(eraser.vault, digest, rest)
    async with db.write() as tx:
        return after if await put_rest(tx, digest, found, after) else None, rest


def _archived_words(archive: Path, person: str) -> tuple[str, ...]:
    """Earlier names of the person that stand in the archive. A file that can't be read is passed over here; rewriting the
    archive fails at it later, and reports it."""
    changes = list[str]()
    with suppress(OSError):
        for entry in archived_entries(archive):
            if entry.event == "user.changed" and person in entry.detail:
                changes.append(entry.detail)
    return earlier_words(person, changes)


def _id_of(rest: Rest) -> str:
    """An id that sorts before every entry written since the erasure, even if another machine's clock differs."""
    number = f"{(rest.began_at - SECOND_LOOK) * 1000:012x}"
    return f"{number[:8]}-{number[8:]}"


async def _traces(db: Database, rest: Rest) -> None:
    async with db.write() as tx:
        await erase_traces(tx, params_of(rest.person, rest.pseudonym, rest.addresses, rest.account))


async def _texts(db: Database, texts: Texts, rest: Rest) -> None:
    redaction, words, after = rest.redaction, (rest.person, *rest.words), ""
    while rows := await find_texts(db, texts, words, after):
        async with db.write() as tx:
            for key, text in rows:
                if (changed := redaction.stored(texts.kind, text)) != text:
                    await put_text(tx, texts, key, text, changed)
        after = rows[-1][0]


async def _trail(db: Database, eraser: Eraser, digest: str, held: bytes, rest: Rest) -> bytes | None:
    """Returns what is sealed in the list afterwards; None where another process took over."""
    redaction, after, steps = rest.redaction, rest.after, 0
    while rows := await first_entries(db, after, STEP):
        changed = [one for row in rows if (one := redaction.entry(row)) is not None]
        after, steps = rows[-1].id, steps + 1
        saved = (
            sealed(eraser.vault, digest, msgspec.structs.replace(rest, after=after))
            if steps % SAVED_EVERY == 0
            else held
        )
        if changed or saved is not held:
            async with db.write() as tx:
                for entry in changed:
                    await put_entry(tx, entry)
                if saved is not held and not await put_rest(tx, digest, held, saved):
                    return None
            held = saved
        if len(rows) < STEP:
            break
        await asyncio.sleep(0)
    return held


async def count_texts(db: Database, person: str, words: tuple[str, ...]) -> dict[str, dict[str, int]]:
    """In how many texts the person is named: by "replaced" and "reported", then by table and column. For a look in
    advance."""
    redaction, found = Redaction(person, "", words), dict[str, dict[str, int]]()
    for kind, columns in (("replaced", REPLACED), ("reported", REPORTED)):
        counts = {f"{texts.table}.{texts.column}": await _count(db, texts, redaction) for texts in columns}
        found[kind] = {name: count for name, count in counts.items() if count}
    return found


async def count_entries(db: Database, person: str, words: tuple[str, ...]) -> int:
    """How many entries of the audit trail will change. The whole trail is read."""
    redaction, count, after = Redaction(person, "", words), 0, ""
    while rows := await first_entries(db, after, STEP):
        count += sum(redaction.entry(row) is not None for row in rows)
        after = rows[-1].id
    return count


async def _count(db: Database, texts: Texts, redaction: Redaction) -> int:
    count, after = 0, ""
    while rows := await find_texts(db, texts, (redaction.person, *redaction.words), after):
        count += sum(redaction.stored(texts.kind, text) != text for _key, text in rows)
        after = rows[-1][0]
    return count
