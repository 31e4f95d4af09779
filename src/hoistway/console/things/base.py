"""What the console shows of a kind of thing: facts, and other things that belong to it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from hoistway.store.db import Database
from hoistway.store.related import related
from hoistway.store.search import Found
from hoistway.store.unit_search import units_of

SHOWN = 10


class Fact(Struct, frozen=True):
    """One line of facts about a thing: `label` is a key of the words. `kind` is "text", "code", "instant", "list",
    "count" for a number, or "value" for a word that a column holds."""

    label: str
    value: object
    href: str | None = None
    kind: str = "text"


class Related(Struct, frozen=True):
    """Things that belong to this one. `word` is their kind, None where they have no page of their own. `rest` is the
    address of the complete list, where there are more than are shown, `new` the one of the form for another."""

    label: str
    word: str | None
    lines: Sequence[Found]
    rest: str | None = None
    new: str | None = None


class Page(Struct, frozen=True):
    """What the page of a thing shows of a row beside its form."""

    facts: Callable[[Database, Any], Awaitable[Sequence[Fact]]]
    related: Callable[[Database, Any], Awaitable[Sequence[Related]]]


async def lines_of(db: Database, what: str, row_id: str, word: str | None, new: str | None = None) -> Related:
    """`what` is a key of store/related.RELATED, and the end of a key of the words, `related_…`."""
    return Related(f"related_{what}", word, await related(db, what, row_id), new=new)


async def units_below(db: Database, kind: str, row_id: str) -> Related:
    """The first units of a site or a customer, and a link to the rest, because a customer may have 100,000."""
    lines = await units_of(db, kind, row_id, most=SHOWN + 1)
    rest = f"/console/units?{urlencode({kind: row_id})}" if len(lines) > SHOWN else None
    return Related(f"related_units_of_{kind}", "units", lines[:SHOWN], rest)


async def nothing_related(_db: Database, _row: Any) -> Sequence[Related]:
    return ()
