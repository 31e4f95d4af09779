"""What the search in the bar of every page finds for the operator's people: things by a part of their name, or by an id."""

from dataclasses import dataclass
from typing import Final

from hoistway.store.db import Database
from hoistway.store.search import search
from hoistway.web.segments import segment

KINDS: Final = ("users", "customers", "units", "accounts", "applications")
MOST: Final = 5
LEAST_LETTERS, LONGEST = 2, 100


@dataclass(frozen=True, slots=True)
class Line:
    """`kind` is the word of the address."""

    kind: str
    href: str
    title: str
    note: str


async def found_things(db: Database, text: str) -> list[Line]:
    """At most MOST of each kind; none for fewer letters than LEAST_LETTERS, which would fit nearly everything."""
    if not LEAST_LETTERS <= len(text) <= LONGEST:
        return []
    return [
        Line(kind, f"/console/{kind}/{segment(row.id)}", row.title, str(row.note or ""))
        for kind in KINDS
        for row in await search(db, kind, text, most=MOST)
    ]
