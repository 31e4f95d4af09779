"""What becomes of one row of a file: a new thing, changes of one that is there, and what of it waits for a second operator."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from hoistway.approving.proposing import give
from hoistway.authn.passwords import random_digest
from hoistway.console.two import hand_of
from hoistway.portal.changing import Change
from hoistway.portal.visit import NotFound
from hoistway.store.audit import short
from hoistway.store.change_row import lock_row
from hoistway.store.db import Writer
from hoistway.store.service_accounts import find_service_account_by_name
from hoistway.store.users import find_user_by_name
from hoistway.things.accounts import ACCOUNT_OF_FILE, PERSON_OF_FILE
from hoistway.things.applications import APPLICATION_OF_FILE, account_for
from hoistway.things.files import FileRow
from hoistway.things.making import Entry, Making, Misfit, Unfit
from hoistway.things.thing import Thing

_FIXED: Final[Mapping[str, Mapping[str, Callable[[Any], str]]]] = {
    "accounts": {"customer": lambda row: row.customer_id},
    "applications": {"type": lambda row: row.type, "customer": lambda row: row.customer_id or ""},
}
"""Columns that are read for new ones alone. Where a row says another, the file is refused rather than half obeyed."""
_BOOLEANS: Final = {"true": "yes", "false": "no"}
_ADDRESSES: Final = ("redirect_uris", "post_logout_uris")
_UNORDERED: Final = ("flows", "scopes")
"""Columns of several values whose order says nothing."""
OF_FILE: Final = {"users": PERSON_OF_FILE, "accounts": ACCOUNT_OF_FILE, "applications": APPLICATION_OF_FILE}
"""Of a file they have no password or secret."""


class Line(Struct, frozen=True):
    """What becomes of a row of the file: `state` is new, changed or same. `before` and `after` are by column. `waits` where
    some of it waits for a second operator."""

    line: int
    title: str
    state: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    waits: bool = False


def making_of(thing: Thing) -> Making:
    making = OF_FILE.get(thing.word, thing.making)
    if making is None:
        raise NotFound
    return making


def entries_of(thing: Thing) -> Sequence[Entry]:
    """What a file changes of a known thing: nothing of people, whose addresses may need a second operator."""
    return () if thing.word == "users" else thing.entries


async def _find_account(tx: Writer, username: str) -> Any:
    found = await find_service_account_by_name(tx, username)
    if found is None:
        return None
    await lock_row(tx, "accounts", found.id)
    return await find_service_account_by_name(tx, username)


def _cells_of(cells: Mapping[str, str], entries: Sequence[Entry]) -> Mapping[str, str]:
    """Addresses of a cell may stand behind one another, because a line break inside of a cell is hard to type; yes and no may
    be true and false, as spreadsheets write them. Raises Misread for what is none of a few values."""
    found = {name: "\n".join(text.split()) if name in _ADDRESSES else text for name, text in cells.items()}
    for entry in entries:
        if entry.kind == "choose" and entry.name in found:
            found[entry.name] = _chosen(entry, found[entry.name])
    return found


def _chosen(entry: Entry, cell: str) -> str:
    known = [value for value, _word in entry.options if value]
    if set(known) == {"yes", "no"}:
        cell = _BOOLEANS.get(cell.lower(), cell)
        known_words = "yes, no, true, false"
    else:
        known_words = ", ".join(known)
    if cell not in known:
        raise Misread(entry.name, Misfit("file_choice", value=short(cell), known=known_words))
    return cell


async def _told_of(tx: Writer, thing: Thing, found: Any, cells: Mapping[str, str]) -> Mapping[str, str]:
    """The cells about a row that is there. Raises Unfit."""
    for name, read in _FIXED.get(thing.word, {}).items():
        if name in cells and cells[name] != read(found):
            raise Unfit(name, "file_fixed", value=read(found) or "–")
    if thing.word == "applications" and "account" in cells:
        return {**cells, "account": await account_for(tx, found, cells["account"])}
    return cells


async def _write(
    change: Change, thing: Thing, row: Any, values: Mapping[str, Any], line: int, waiting: Mapping[str, str]
) -> bool:
    """What a form of the thing would do: judged, then written, but for what waits for a second operator; returns whether
    something waits. `waiting` are further values for that. `row` is locked. Raises Unfit, REFUSALS."""
    if thing.judge is not None:
        await thing.judge(change.tx, row, {**values, **waiting}, change.engine.now(), change.engine.settings)
    guarded = {name: str(value) for name, value in values.items() if name in thing.guarded} | {**waiting}
    plain = {name: value for name, value in values.items() if name not in thing.guarded}
    waits = None
    if guarded and thing.kind is not None:
        hand = replace(hand_of(change), record=partial(change.record, from_file=line))
        waits = await give(hand, thing.kind, row.id, guarded)
    if plain and thing.save is not None:
        await thing.save(change.tx, await thing.find(change.tx, row.id) if guarded else row, plain)
    return waits is not None


Done = tuple[Line, str]
"""With the id of the row."""


class Misread(Exception):
    def __init__(self, column: str, error: ValueError) -> None:
        self.column, self.error = column, error
        super().__init__(column)


def _checked(entries: Sequence[Entry], cells: Mapping[str, str]) -> dict[str, Any]:
    """Raises Misread."""
    values = {}
    for entry in entries:
        try:
            values[entry.name] = entry.check(cells.get(entry.name) or entry.begins)
        except ValueError as error:
            raise Misread(entry.name, error) from error
    return values


def _is_same(entry: Entry, cell: str, stored: str) -> bool:
    return cell == stored or (entry.name in _UNORDERED and set(cell.split()) == set(stored.split()))


def _differing(entries: Sequence[Entry], cells: Mapping[str, str], found: Any) -> dict[str, Any]:
    """The checked values that are others than those of the row. What stays is not written again: every customer that
    sees a written unit finds it in the feed of changes. Raises Misread."""
    differing = [entry for entry in entries if not _is_same(entry, cells[entry.name], entry.read(found))]
    values, stored = _checked(differing, cells), {entry.name: entry.read(found) for entry in differing}
    return {
        entry.name: values[entry.name]
        for entry in differing
        if not _is_same(entry, "" if values[entry.name] is None else str(values[entry.name]), stored[entry.name])
    }


async def _find(tx: Writer, thing: Thing, key: str) -> Any:
    """Locked, so that nobody changes it between this and the writing. Of known people nothing is written."""
    if not key or "\0" in key:
        # PostgreSQL takes no NUL; what can be made has none.
        return None
    if thing.word == "users":
        return await find_user_by_name(tx, key)
    if thing.word == "accounts":
        return await _find_account(tx, key)
    await lock_row(tx, thing.word, key)
    return await thing.find(tx, key)


async def one_row(change: Change, thing: Thing, row: FileRow) -> Done:
    """Raises Unfit, Misread, Conflict, REFUSALS."""
    tx, cells = change.tx, _cells_of(row.cells, (*making_of(thing).entries, *entries_of(thing)))
    found = await _find(tx, thing, cells.get(making_of(thing).names) or "")
    entries = [entry for entry in entries_of(thing) if entry.name in cells]
    if found is None:
        return await _make(change, thing, row, cells, entries)
    values = _differing(entries, await _told_of(tx, thing, found, cells), found)
    before = {entry.name: entry.read(found) for entry in entries}
    waits = bool(values) and await _write(change, thing, found, values, row.line, {})
    written = await thing.find(tx, found.id)
    after = {entry.name: entry.read(written) for entry in entries}
    if waits:
        after |= {name: str(value) for name, value in values.items() if name in thing.guarded}
    changed = [name for name in before if after[name] != before[name]]
    line = Line(
        row.line, thing.title(found), "changed" if changed else "same", {name: short(before[name]) for name in changed},
        {name: short(after[name]) for name in changed}, waits,
    )  # fmt: skip
    return line, found.id


async def _make(change: Change, thing: Thing, row: FileRow, cells: Mapping[str, str], entries: Sequence[Entry]) -> Done:
    making, waiting = making_of(thing), dict[str, str]()
    values = _checked(making.entries, cells)
    if making.closed is not None and change.engine.settings.four_eyes:
        values, waiting = making.closed(values)
    made = await making.make(change.tx, values, change.engine.now(), random_digest())
    await change.record(making.event, **about_row(thing, made.row.id, row.line))
    known = {entry.name for entry in making.entries}
    further = _checked([entry for entry in entries if entry.name not in known], cells)
    waits = bool(further or waiting) and await _write(change, thing, made.row, further, row.line, waiting)
    read = await thing.find(change.tx, made.row.id) if entries else None
    written = {entry.name: entry.read(read) for entry in entries}
    asked = {name: str(value) for name, value in further.items() if name in thing.guarded} if waits else {}
    # What the row does not show, because it belongs to no entry of a known thing, is shown as it was checked.
    stored = {name: _shown(value) for name, value in values.items()} | written | asked | waiting
    shown = {name: short(stored[name]) for name in cells}
    return Line(row.line, thing.title(made.row), "new", {}, shown, waits), made.row.id


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)


def about_row(thing: Thing, row_id: str, line: int) -> dict[str, object]:
    """For the trail."""
    column = {thing.audit_column} & {"customer_id", "client_id"}
    return dict.fromkeys(("id", *filter(None, column)), row_id) | {"from_file": line}
