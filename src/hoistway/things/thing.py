"""What a kind of thing is for whoever operates the server, whichever way they come in: a value with the functions that find,
change, disable and make it (docs/adr/0034-things.md).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from hoistway.settings import Settings
from hoistway.store.db import Reader, Writer
from hoistway.things.making import Entry, Making


class Thing(Struct, frozen=True):
    """`word` is the last part of its address and of the keys of its words; `subject` is its name in the audit trail;
    `find` and `switch` take an id of its kind; `title` names a row for people. `kind` is the key of approving/kinds.KINDS where
    some of its entries, or disabling it, are `guarded`: two must approve what these give. `making` says how one is made.
    `judge` judges changed values by the locked row, and raises Unfit."""

    word: str
    subject: str
    find: Callable[[Reader, Any], Awaitable[Any]]
    title: Callable[[Any], str]
    switch: Callable[[Writer, Any, int | None], Awaitable[bool]] | None = None
    entries: Sequence[Entry] = ()
    save: Callable[[Writer, Any, Mapping[str, Any]], Awaitable[None]] | None = None
    audit_column: str | None = None
    kind: str | None = None
    guarded: frozenset[str] = frozenset()
    making: Making | None = None
    judge: Callable[[Writer, Any, Mapping[str, Any], int, Settings], Awaitable[None]] | None = None
