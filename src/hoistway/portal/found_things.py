"""What the search in the bar of every page finds for the operator's people: things by a part of their name, or by id."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from hoistway.store.db import Database
from hoistway.store.people_search import search_people
from hoistway.store.search import Found, search
from hoistway.store.unit_search import search_units
from hoistway.web.segments import segment

KINDS: Final = ("users", "customers", "units", "accounts", "applications")
MOST: Final = 5
LEAST_LETTERS, LONGEST = 2, 100


class Line(Struct, frozen=True):
    """`kind` is the word in the address."""

    kind: str
    href: str
    title: str
    note: str


async def _rows(db: Database, kind: str, text: str) -> Sequence[Found]:
    """Units by their numbers only, because customers and sites are found beside them; people by beginnings."""
    if kind == "units":
        return (await search_units(db, text, most=MOST, places=False)).lines
    if kind == "users":
        return (await search_people(db, text, most=MOST))[0]
    return await search(db, kind, text, most=MOST)


async def found_things(db: Database, text: str) -> list[Line]:
    """At most MOST of each kind. None for fewer letters than LEAST_LETTERS, which would match nearly everything."""
    if not LEAST_LETTERS <= len(text) <= LONGEST:
        return []
    return [
        Line(kind, f"/console/{kind}/{segment(row.id)}", row.title, str(row.note or ""))
        for kind in KINDS
        for row in await _rows(db, kind, text)
    ]
