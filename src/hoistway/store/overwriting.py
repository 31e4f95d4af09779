"""Statements that write rows and overwrite existing ones, in all columns or in some, and only where something differs."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, bindparam, or_, select
from sqlalchemy.dialects.postgresql import Insert

from hoistway.store.columns import lists_of
from hoistway.store.db import Statement, nothing
from hoistway.store.unit_revisions import CURRENT

MOST: Final = 200


class Overwriting:
    """`always` are columns that are overwritten whatever is asked for, `never` those that are left as they are.
    `unheeded` columns are written together with a change, but a difference in them alone is no change. A new row gets
    the revision `new`, a changed one the current revision; an unchanged row keeps its own."""

    def __init__(
        self, table: Table, new: ColumnElement[int], *, always: Sequence[str] = (), never: Sequence[str] = (),
        unheeded: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self._table, self._new = table, new
        self._always, self._unheeded = frozenset(always) | frozenset(unheeded), frozenset(unheeded)
        self._written = [column for column in table.columns if column.name != "revision"]
        primary = [column.name for column in table.primary_key.columns]
        self._mine = frozenset(one.name for one in self._written) - frozenset(never) - frozenset(primary)
        self._made: dict[frozenset[str], Statement[Any]] = {}

    def of(self, columns: frozenset[str] | None = None) -> Statement[Any]:
        """The statement that overwrites these columns, or all. One is made for each set of columns; only a few sets are
        kept in memory."""
        wanted = self._mine if columns is None else self._mine & (columns | self._always)
        made = self._made.get(wanted)
        if made is None:
            made = Statement(lambda: self._one(wanted), nothing, Statement(lambda: self._many(wanted), nothing))
            if len(self._made) >= MOST:
                self._made.clear()
            self._made[wanted] = made
        return made

    def _one(self, wanted: frozenset[str]) -> Insert:
        values: dict[str, Any] = {one.name: bindparam(one.name, type_=one.type) for one in self._written}
        return self._overwrite(Insert(self._table).values({**values, "revision": self._new}), wanted)

    def _many(self, wanted: frozenset[str]) -> Insert:
        """For PostgreSQL, where each parameter is a list with the values of one column. Each primary key may occur only
        once."""
        rows = lists_of({one.name: one.type for one in self._written})
        names = [one.name for one in self._written]
        given = select(*(rows.c[name] for name in names), self._new)
        return self._overwrite(Insert(self._table).from_select([*names, "revision"], given), wanted)

    def _overwrite(self, statement: Insert, wanted: frozenset[str]) -> Insert:
        heeded = sorted(wanted - self._unheeded)
        differs = or_(*(self._table.c[name].is_distinct_from(statement.excluded[name]) for name in heeded))
        values = {name: statement.excluded[name] for name in sorted(wanted)} | {"revision": CURRENT}
        primary = [column.name for column in self._table.primary_key.columns]
        return statement.on_conflict_do_update(index_elements=primary, set_=values, where=differs)
