"""Verifies the chain against the entries in the database, seal by seal, with bounded memory."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from hoistway.chain.covering import Covering
from hoistway.chain.links import ANCHOR, Leaf, holds, is_cut_genuine, is_genuine, is_rewriting_genuine, linked, unpack
from hoistway.chain.report import Finding, Kind, Report
from hoistway.store.audit import WrittenEntry, count_entries_after, entries_between, entries_of
from hoistway.store.audit_chain import Chain, Rewritten, find_chain, rewritten_of
from hoistway.store.audit_seals import Seal, find_seal, seals_after
from hoistway.store.db import Reader

SEALS, ROWS, MOST_STRANGERS, TRIES = 16, 2_000, 1_000, 3
MOST_PAIRED: Final = 40
"""Findings of one seal among which an entry is looked for that took the place of another."""
DATABASE: Final = "database"
Absent = dict[int, bytearray]
"""By number of a seal, a bit for each of its entries that was old enough to be removed from the database."""


class _Seen:
    """What one seal came to; added to the report when it is certain."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.absent: list[int] = []
        self.verified = self.rewritten = 0


def start_of(seal: Seal, before: Seal | None, chain: Chain) -> str:
    """The id behind which the entries of this seal begin."""
    if before is not None and before.number + 1 == seal.number:
        return before.up_to
    if seal.number == 1:
        return ""
    # An id without its last letter sorts before it.
    return min(chain.cut_id, seal.first_id[:-1]) if chain.cut_id else seal.first_id[:-1]


class Verifier:
    """`absent` is for the archive, after `database`. With `allow_late` entries that were sealed late are only counted."""

    def __init__(self, db: Reader, key: bytes, *, allow_late: bool = False) -> None:
        self._db, self._key, self._allow_late = db, key, allow_late
        self.report, self.absent = Report(), Absent()
        self.first: Seal | None = None
        self._cut = ""

    async def database(self) -> None:
        db, report, before, number = self._db, self.report, None, 0
        while True:
            # Read before the seals, because more may be added, and old ones removed, while they are verified.
            chain = await self._chain()
            page = await seals_after(db, number, SEALS)
            if not page:
                break
            for seal in page:
                self.first = self.first or seal
                self._link(seal, before, chain)
                await self._until_certain(seal, start_of(seal, before, chain))
                before, number = seal, seal.number
        if number < chain.number:
            report.add(*_missing(number + 1, chain.number))
        if before is not None:
            report.up_to, report.sealed_at, report.head = (
                before.up_to,
                before.sealed_at,
                f"{number}:{before.head.hex()}",
            )
        report.unsealed = await count_entries_after(db, report.up_to, 2**31)

    async def _chain(self) -> Chain:
        """Where the mark is not genuine, nothing may be gone."""
        chain = await find_chain(self._db)
        if not is_cut_genuine(self._key, chain):
            if not self.report.counts["mark altered"]:
                self.report.add(Finding("mark altered", DATABASE, chain.cut_id))
            chain = replace(chain, cut_id="", cut_number=0)
        self._cut = chain.cut_id
        return chain

    def _link(self, seal: Seal, before: Seal | None, chain: Chain) -> None:
        """Whether the seal is genuine and follows the one before."""
        self.report.seals += 1
        expected = max(chain.cut_number, 0 if before is None else before.number) + 1
        if seal.number > expected:
            self.report.add(*_missing(expected, seal.number - 1))
        if before is None or before.number + 1 != seal.number:
            follows = seal.number > 1 or (seal.before == ANCHOR and seal.place == seal.entries)
        else:
            follows = seal.before == before.head and seal.place == before.place + seal.entries
        if not (follows and is_genuine(self._key, seal)):
            self.report.add(
                Finding("seal altered", DATABASE, seal.first_id, seal.number, seal.place - seal.entries + 1)
            )

    async def _until_certain(self, seal: Seal, after: str) -> None:
        """Entries may be rewritten or removed lawfully while they are read, so whatever is found is looked at again."""
        seen = await self._look(seal, after)
        for _ in range(TRIES):
            if not seen.findings:
                break
            await self._chain()
            seal = await find_seal(self._db, seal.number) or seal
            seen = await self._look(seal, after)
        report = self.report
        report.add(*seen.findings)
        report.late += seal.entries if seal.late else 0
        report.verified, report.rewritten = report.verified + seen.verified, report.rewritten + seen.rewritten
        if seen.absent:
            bits = self.absent[seal.number] = bytearray(seal.entries // 8 + 1)
            for index in seen.absent:
                bits[index // 8] |= 1 << index % 8

    async def _look(self, seal: Seal, after: str) -> _Seen:
        seen, begins = _Seen(), seal.place - seal.entries + 1
        try:
            leaves = unpack(seal.leaves)
        except ValueError:
            leaves = {}
        if len(leaves) != seal.entries or linked(seal.before, leaves.values()) != seal.head:
            seen.findings.append(Finding("seal altered", DATABASE, seal.first_id, seal.number, begins))
            return seen
        places = {entry_id: begins + index for index, entry_id in enumerate(leaves)}
        there, wrong, strangers = set[str](), list[WrittenEntry](), list[WrittenEntry]()
        rewritten = await self.rewritten(leaves)
        async for rows in _pages(self._db, seal, after, list(leaves)):
            for row in rows:
                leaf = leaves.get(row.id)
                if leaf is None:
                    strangers.append(row)
                    continue
                there.add(row.id)
                if holds(leaf, row, rewritten.get(row.id)):
                    seen.verified, seen.rewritten = seen.verified + 1, seen.rewritten + (not leaf.salt)
                else:
                    wrong.append(row)
            del strangers[MOST_STRANGERS:]
        missing = [one for one in leaves if one not in there]
        seen.absent = [places[one] - begins for one in missing if one <= self._cut]
        strangers = [row for row in strangers if not await self._is_late(row.id)]
        seen.findings = [
            Finding(kind, DATABASE, one, seal.number, places.get(one))
            for kind, one in judged(leaves, wrong, [one for one in missing if one > self._cut], strangers)
        ]
        if seal.late and not self._allow_late:
            seen.findings += [Finding("late", DATABASE, one, seal.number, places[one]) for one in there]
        return seen

    async def rewritten(self, leaves: Mapping[str, Leaf]) -> dict[str, Rewritten]:
        """Those that this server made."""
        found = await rewritten_of(self._db, [one for one, leaf in leaves.items() if not leaf.salt])
        return {one: row for one, row in found.items() if is_rewriting_genuine(self._key, row)}

    async def _is_late(self, entry_id: str) -> bool:
        return await Covering(self._db).find(entry_id) is not None


async def _pages(db: Reader, seal: Seal, after: str, ids: Sequence[str]) -> AsyncIterator[list[WrittenEntry]]:
    if seal.late:
        yield await entries_of(db, ids)
        return
    while rows := await entries_between(db, after, seal.up_to, ROWS):
        yield rows
        if len(rows) < ROWS:
            break
        after = rows[-1].id


def _missing(first: int, last: int) -> list[Finding]:
    return [Finding("seal missing", DATABASE, seal=number) for number in range(first, min(last, first + 99) + 1)]


def judged(
    leaves: Mapping[str, Leaf], wrong: Sequence[WrittenEntry], missing: Sequence[str], strangers: Sequence[WrittenEntry]
) -> list[tuple[Kind, str]]:
    """An entry that does not hold in its place may be another one of the same seal."""
    open_places = [*[row.id for row in wrong], *missing][:MOST_PAIRED]
    moved: dict[str, str] = {}
    for row in [*wrong, *strangers][:MOST_PAIRED]:
        for place in open_places:
            if place != row.id and holds(leaves[place], replace(row, id=place), None):
                moved[row.id] = place
    kinds: list[tuple[Kind, str]] = [("reordered" if row.id in moved else "altered", row.id) for row in wrong]
    kinds += [("removed", one) for one in missing if one not in moved.values()]
    kinds += [("reordered" if row.id in moved else "inserted", row.id) for row in strangers]
    return kinds
