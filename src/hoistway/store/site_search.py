"""Finds sites among hundreds of thousands by the beginning of id, name, street, postal code or city, in any usual case.
Several pieces can be given with commas between them, as in an address.

Each way reads a range of an index; none reads the whole table of sites.
"""

from collections import Counter
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import BindParameter, Column, ColumnElement, Select, bindparam, literal_column, select, union_all

from hoistway.protocol.text import cleaned
from hoistway.store.collation import fold
from hoistway.store.db import Database, Statement
from hoistway.store.search import Found, SomeFound, search
from hoistway.store.sites import SITES

LOOKED: Final = 500
"""Of one column and one way to write its beginning so many sites are looked at."""
PIECES: Final = 4
LAST: Final = "\U0010ffff"
_S = SITES.c
_LOW: BindParameter[str] = bindparam("low")
_HIGH: BindParameter[str] = bindparam("high")


class _Near(Struct, frozen=True):
    """`of` is the column in which it was found."""

    of: str
    id: str
    name: str
    street: str
    postal_code: str
    city: str
    disabled_at: int | None

    def begins(self, folded: str) -> bool:
        return any(
            fold(one).startswith(folded) for one in (self.id, self.name, self.street, self.postal_code, self.city)
        )


def _range(column: Column[Any]) -> Select[Any]:
    """Selects from a subquery, because SQLite allows no LIMIT in the parts of a UNION."""
    of: ColumnElement[str] = literal_column(f"'{column.key}'").label("of")
    near = (
        select(of, _S.id, _S.name, _S.street, _S.postal_code, _S.city, _S.disabled_at)
        .where(column >= _LOW, column < _HIGH)
        .order_by(column, _S.id)
        .limit(LOOKED + 1)
        .subquery()
    )
    return select(near)


NEAR: Final = Statement(
    lambda: union_all(*(_range(column) for column in (_S.id, _S.name, _S.street, _S.postal_code, _S.city))), _Near
)


def usual_cases(typed: str) -> set[str]:
    """The text as typed, and as names and numbers are mostly written, because indexes distinguish capitals from small
    letters."""
    return {typed, typed.lower(), typed.upper(), typed.title(), typed[:1].upper() + typed[1:]}


async def _near(db: Database, piece: str) -> tuple[dict[str, _Near], bool]:
    """Sites in which some column begins with the piece, by id."""
    found: dict[str, _Near] = {}
    cut = False
    for low in usual_cases(piece):
        rows = await db.slow(NEAR, {"low": low, "high": low + LAST})
        cut = cut or max(Counter(row.of for row in rows).values(), default=0) > LOOKED
        found |= {row.id: row for row in rows}
    return found, cut


async def search_sites(db: Database, text: str, *, after: str = "", most: int = 50) -> SomeFound:
    """Up to `most` sites ordered by name, after the one whose id is `after`; with an empty text, all sites."""
    pieces = [piece for one in cleaned(text).split(",")[:PIECES] if (piece := one.strip())]
    if not pieces:
        return SomeFound(await search(db, "sites", "", after=after, most=most), cut=False)
    sets = [await _near(db, piece) for piece in pieces]
    whole = [found for found, cut in sets if not cut]
    # A site that has all pieces is in every complete set, so looking through the smallest one is enough.
    rows = min(whole, key=len) if whole else {site: row for found, _ in sets for site, row in found.items()}
    folded = [fold(piece) for piece in pieces]
    named = sorted((row for row in rows.values() if all(map(row.begins, folded))), key=lambda row: (row.name, row.id))
    passed = next((place for place, row in enumerate(named, 1) if row.id == after), 0)
    lines = [Found(row.id, row.name, row.city, row.disabled_at, row.street) for row in named[passed : passed + most]]
    return SomeFound(lines, cut=not whole)
