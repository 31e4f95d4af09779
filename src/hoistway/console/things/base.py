"""What a kind of thing is for the console: a value with the functions that find, show, change and disable it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct, field

from hoistway.settings import Settings
from hoistway.store.db import Database, Reader, Writer
from hoistway.store.related import related
from hoistway.store.search import Found
from hoistway.store.unit_search import units_of
from hoistway.things.making import Entry, Making

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


class Thing(Struct, frozen=True):
    """`word` is the last part of its address and of the keys of its words; `subject` is its name in the audit trail;
    `title` names a row for people. `kind` is the key of approving/kinds.KINDS where some of its entries, or disabling
    it, are `guarded`: two must approve what these give. `making` says how one is made. `judge` judges
    changed values by the locked row, and raises Unfit."""

    word: str
    subject: str
    find: Callable[[Reader, str], Awaitable[Any]]
    title: Callable[[Any], str]
    facts: Callable[[Database, Any], Awaitable[Sequence[Fact]]]
    related: Callable[[Database, Any], Awaitable[Sequence[Related]]]
    switch: Callable[[Writer, str, int | None], Awaitable[bool]] | None = None
    entries: Sequence[Entry] = ()
    save: Callable[[Writer, Any, Mapping[str, Any]], Awaitable[None]] | None = None
    audit_column: str | None = field(default=None)
    kind: str | None = None
    guarded: frozenset[str] = frozenset()
    making: Making | None = None
    judge: Callable[[Writer, Any, Mapping[str, Any], int, Settings], Awaitable[None]] | None = None


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
