"""Statements that write rows of a table and overwrite known ones, in all columns or only in some."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Table

from hoistway.store.columns import upsert, upsert_lists
from hoistway.store.db import Statement, nothing

MOST: Final = 200


class Overwriting:
    """`always` are columns that are overwritten whatever is asked for, `never` those that stay as they are."""

    def __init__(self, table: Table, always: Sequence[str], never: Sequence[str] = ()) -> None:
        self._table = table
        self._always = frozenset(always)
        self._never = frozenset(never)
        self._made: dict[frozenset[str], Statement[Any]] = {}

    def of(self, columns: frozenset[str] | None = None) -> Statement[Any]:
        """That overwrites these columns, or all; one statement for each set of them, of which few are remembered."""
        mine = frozenset(column.name for column in self._table.columns) - self._never
        wanted = mine if columns is None else mine & (columns | self._always)
        made = self._made.get(wanted)
        if made is None:
            keep = [column.name for column in self._table.columns if column.name not in wanted]
            made = Statement(upsert(self._table, keep), nothing, Statement(upsert_lists(self._table, keep), nothing))
            if len(self._made) >= MOST:
                self._made.clear()
            self._made[wanted] = made
        return made
