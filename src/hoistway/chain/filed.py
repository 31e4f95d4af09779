"""Verifies the archive against the seals that are in the database: a bit of memory for each entry, and one file at a time."""

import asyncio
from copy import deepcopy
from itertools import islice
from pathlib import Path

from hoistway.chain.covering import Covering
from hoistway.chain.links import holds
from hoistway.chain.report import Finding, Report
from hoistway.chain.verifying import TRIES, Absent, Verifier
from hoistway.store.audit import WrittenEntry
from hoistway.store.audit_archive import named_entries
from hoistway.store.audit_chain import find_chain
from hoistway.store.audit_seals import find_seal
from hoistway.store.db import Reader

STEP = 1_000


async def verify_archive(db: Reader, verifier: Verifier, folder: Path | None) -> None:
    """Completes the report. A person may be taken out of a file while it is read; then the files are read again."""
    tries = 0
    while True:
        before, tries = (await find_chain(db)).rewritings, tries + 1
        report = await Filed(db, verifier).verify(folder)
        again = report.counts != verifier.report.counts and (await find_chain(db)).rewritings != before
        if not again or tries == TRIES:
            break
    verifier.report = report


class Filed:
    def __init__(self, db: Reader, verifier: Verifier) -> None:
        self._db, self._verifier, self._report = db, verifier, deepcopy(verifier.report)
        self._covering = Covering(db)
        self._seen: Absent = {}
        self._last = ("", "")

    async def verify(self, folder: Path | None) -> Report:
        """After the database; what that found is in the report too. Raises OSError in the end where a file can't be read
        whole."""
        failure: OSError | None = None
        if folder is not None and folder.is_dir():
            entries = named_entries(folder)
            try:
                while rows := await asyncio.to_thread(lambda: list(islice(entries, STEP))):
                    for name, entry in rows:
                        await self._judge(name, entry)
            except OSError as error:
                failure = error
        await self._missing()
        if failure is not None:
            self._verifier.report = self._report
            raise failure
        return self._report

    async def _judge(self, name: str, entry: WrittenEntry) -> None:
        report, (file, before) = self._report, self._last
        self._last = (name, entry.id)
        number = await self._covering.find(entry.id)
        if number is None:
            first = self._verifier.first
            if first is None or (first.number > 1 and entry.id < first.first_id):
                report.unproven += 1
            else:
                report.add(Finding("inserted", name, entry.id))
            return
        leaves = await self._covering.leaves(number)
        index, leaf = list(leaves).index(entry.id), leaves[entry.id]
        bits = self._seen.setdefault(number, bytearray(len(leaves) // 8 + 1))
        if bits[index // 8] & 1 << index % 8:
            report.add(Finding("inserted", name, entry.id, number))
            return
        bits[index // 8] |= 1 << index % 8
        rewritten = {} if leaf.salt else await self._verifier.rewritten({entry.id: leaf})
        if not holds(leaf, entry, rewritten.get(entry.id)):
            report.add(Finding("altered", name, entry.id, number))
        elif file == name and entry.id < before:
            report.add(Finding("reordered", name, entry.id, number))
        else:
            report.archived, report.rewritten = report.archived + 1, report.rewritten + (not leaf.salt)

    async def _missing(self) -> None:
        """What was old enough to leave the database is in a file, from the first entry that is in one on."""
        begun = False
        for number, absent in sorted(self._verifier.absent.items()):
            seen = self._seen.get(number, bytearray(len(absent)))
            if not begun and not any(seen):
                self._report.gone += sum(byte.bit_count() for byte in absent)
                continue
            await self._missing_of(number, absent, seen, begun)
            begun = True

    async def _missing_of(self, number: int, absent: bytearray, seen: bytearray, begun: bool) -> None:
        seal = await find_seal(self._db, number)
        ids = list(await self._covering.leaves(number))
        begins = 0 if seal is None else seal.place - seal.entries + 1
        for index, entry_id in enumerate(ids):
            byte, bit = index // 8, 1 << index % 8
            if seen[byte] & bit:
                begun = True
            elif absent[byte] & bit and begun:
                self._report.add(Finding("removed", "archive", entry_id, number, begins + index))
            elif absent[byte] & bit:
                self._report.gone += 1
