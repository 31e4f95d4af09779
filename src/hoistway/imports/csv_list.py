"""Moves in people of a list (CSV): docs/migrate/csv.md."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from hoistway.imports.accounts import TABLES, judge_accounts
from hoistway.imports.b2c import Changed
from hoistway.imports.b2c_looking import Looked
from hoistway.imports.carrying import Item, Outcome
from hoistway.imports.csv_columns import Columns, attributes_of, columns_of, open_list
from hoistway.imports.csv_file import SAID, CsvFile, Row
from hoistway.imports.csv_people import Reading, people_of, placed_by
from hoistway.imports.mappings import CsvMapping
from hoistway.imports.naming import Unread
from hoistway.imports.placing import Placing, Unplaced
from hoistway.imports.records import BadFile
from hoistway.imports.sources import Source
from hoistway.protocol.text import username_key
from hoistway.store.db import Reader
from hoistway.store.imports import Import

MOST_KNOWN: Final = 2_000_000
"""User names of which it is known that they were met before."""


class CsvList:
    kind: Final = "csv"
    tables: Final = TABLES

    def __init__(self, sources: Sequence[Source], mapping: CsvMapping) -> None:
        self._sources, self._mapping = sources, mapping
        self._placing = Placing(people_of(mapping.people))
        self._files: dict[str, tuple[CsvFile, Columns]] = {}
        self._looked = Looked()

    def look(self, told: Callable[[int], None]) -> Looked:
        """The first pass."""
        for source in self._sources:
            try:
                self._look_at(source)
            except BadFile as error:
                self._looked.faults.append(str(error))
            told(source.size)
        return self._looked

    def _look_at(self, source: Source) -> None:
        """Raises BadFile."""
        file = open_list(source, self._mapping)
        columns = columns_of(source, file, self._mapping, self._looked.notes)
        self._files[source.name] = (file, columns)
        for row in file.rows():
            self._looked.users += 1
            if not row.because:
                self._placing.hear(placed_by(self._mapping.people, columns, row.values))
        encoding = {"cp1252": "Windows-1252, as the mapping says"}.get(file.encoding, file.encoding.upper())
        self._looked.notes.append(f"{source.name} is read as {encoding}, separated by {SAID[file.separator]}")
        if not file.has_end:
            self._looked.notes.append(
                f"{source.name} has no line end behind its last row: make sure that the row is whole"
            )

    async def unplaced(self, db: Reader) -> list[str]:
        await self._placing.wanted.look_up(db)
        missing = [
            f"the mapping reads a column {attribute[:40]!r}, and {name} has none"
            for name, (_, columns) in self._files.items()
            for attribute in dict.fromkeys(attributes_of(self._mapping))
            if attribute.lower() not in columns.named
        ]
        return [*missing, *self._placing.unplaced()]

    async def cautions(self, _db: Reader) -> list[str]:
        return []

    @property
    def total(self) -> int:
        return self._looked.users

    def items(self) -> Iterator[Item]:
        """Raises BadFile, Changed."""
        met: set[int] = set()
        for source in self._sources:
            file, columns = self._files[source.name]
            reading = Reading(self._mapping, columns, self._placing)
            for row in file.rows():
                yield _item(source, row, reading, met)
            if not source.is_unchanged():
                raise Changed(source)

    def judges_before(self, items: Sequence[Item]) -> bool:
        return bool(items)

    async def judge(self, db: Reader, items: Sequence[Item], run: Import, outcome: Outcome) -> None:
        await judge_accounts(db, items, run, outcome, None)


def _item(source: Source, row: Row, reading: Reading, met: set[int]) -> Item:
    """Whoever stands in an earlier row is told: one of two rows is wrong, or means another person."""
    if row.because:
        return Item(source.name, row.line, because=row.because)
    username = None
    try:
        username = reading.username(row.values)
        digest = hash(username_key(username))
        if digest in met:
            raise Unread(
                "stands in an earlier row, too (capitals and accents written apart make no difference): leave one of the two, or rename one"
            )
        if len(met) < MOST_KNOWN:
            met.add(digest)
        account = reading.account(row.values)
    except (Unread, Unplaced) as error:
        return Item(source.name, row.line, username, because=str(error))
    return Item(source.name, row.line, account.id, account)
