"""What a kind of thing is for the console: a value with the functions that find, show, change and disable it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct, field

from hoistway.protocol.numbers import read_whole
from hoistway.protocol.text import read_name
from hoistway.store.db import Database, Reader, Writer
from hoistway.store.related import related
from hoistway.store.search import Found
from hoistway.store.unit_search import units_of

SHOWN = 10


class Unfit(Exception):
    """What was entered does not fit the stored data; `because` is the key of the words. Nothing was written."""

    def __init__(self, entry: str, because: str) -> None:
        self.entry = entry
        self.because = because
        super().__init__(because)


class Fact(Struct, frozen=True):
    """One line of facts about a thing: `label` is a key of the words. `kind` is "text", "code", "instant" or "list"."""

    label: str
    value: object
    href: str | None = None
    kind: str = "text"


class Related(Struct, frozen=True):
    """Things that belong to this one. `word` is their kind, None where they have no page of their own. `rest` is the
    address of the complete list, where there are more than are shown."""

    label: str
    word: str | None
    lines: Sequence[Found]
    rest: str | None = None


class Entry(Struct, frozen=True):
    """One field of the form that changes a thing: `read` takes its value from the row; `check` returns the value to
    store, or raises ValueError with the sentence to show. `hint` is a key of words. `kind` is "text", "area" or
    "choose", the last one with `options`."""

    name: str
    label: str
    read: Callable[[Any], str]
    check: Callable[[str], Any]
    kind: str = "text"
    options: Sequence[tuple[str, str]] = ()
    hint: str | None = None
    required: bool = True


class Thing(Struct, frozen=True):
    """`word` is the last part of its address and of the keys of its words; `subject` is its name in the audit trail;
    `title` names a row for people. `kind` is the key of approving/kinds.KINDS where some of its entries, or disabling
    it, are `guarded`: two must approve what these give."""

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


async def lines_of(db: Database, what: str, row_id: str, word: str | None) -> Related:
    """`what` is a key of store/related.RELATED, and the end of a key of the words, `related_…`."""
    return Related(f"related_{what}", word, await related(db, what, row_id))


async def units_below(db: Database, kind: str, row_id: str) -> Related:
    """The first units of a site or a customer, and a link to the rest, because a customer may have 100,000."""
    lines = await units_of(db, kind, row_id, most=SHOWN + 1)
    rest = f"/console/units?{urlencode({kind: row_id})}" if len(lines) > SHOWN else None
    return Related(f"related_units_of_{kind}", "units", lines[:SHOWN], rest)


async def nothing_related(_db: Database, _row: Any) -> Sequence[Related]:
    return ()


def words(most: int = 200, *, least: int = 1) -> Callable[[str], str]:
    """A line of text for people. Raises ValueError."""

    def check(value: str) -> str:
        line, good = read_name(value, least, most)
        if not good:
            raise ValueError(f"Give {least} to {most} printable characters.")
        return line

    return check


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number. Raises ValueError."""

    def check(value: str) -> int:
        number = read_whole(value.strip(), low, high)
        if number is None:
            raise ValueError(f"Give a whole number from {low} to {high}.")
        return number

    return check
