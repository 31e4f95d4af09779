"""The page that takes a file of things: it shows what would change, and then does that and nothing else
(docs/adr/0034-things.md).

The preview is the same work in a transaction that is undone. Its outcome is sealed into the form, and compared with the
outcome of the transaction that counts.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from starlette.responses import Response

from hoistway.authn.passwords import random_digest
from hoistway.console.things.base import Thing
from hoistway.console.things.registry import THINGS
from hoistway.engine import Engine
from hoistway.portal.changing import Change, operating
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.protocol.ids import CustomerId
from hoistway.protocol.text import read_name
from hoistway.store.audit import short
from hoistway.store.change_row import lock_row
from hoistway.store.db import Conflict, Writer
from hoistway.store.users import User, find_user_by_name
from hoistway.things.accounts import PERSON_OF_FILE
from hoistway.things.files import BadFile, FileRow, packed, rows_of, text_of, unpacked
from hoistway.things.making import LONGEST_ID, Entry, Making, Misfit, Unfit, said
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS

FILES: Final = ("customers", "sites", "units", "users")
MOST_SHOWN: Final = 20


class Line(Struct, frozen=True):
    """What becomes of a row of the file: `state` is new, changed or same. `before` and `after` are by column."""

    line: int
    title: str
    state: str
    before: Mapping[str, str]
    after: Mapping[str, str]


class Wrong(Struct, frozen=True):
    line: int
    column: str
    sentence: str


class BadRows(Exception):
    """Nothing was written."""

    def __init__(self, rows: Sequence[Wrong]) -> None:
        self.rows = rows
        super().__init__(str(rows))


class _Undone(Exception):
    """Ends the transaction of a preview."""


async def file_page(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/{word}/new/file: a POST with `file` shows what would change, one with `file_token` does it."""
    thing = THINGS.get(visit.request.path_params["word"])
    if thing is None or thing.word not in FILES:
        raise NotFound
    if not visit.posted:
        return _show(engine, visit, thing)
    try:
        token = visit.form.get("file_token")
        text = text_of(visit.files.get("file", b"")) if token is None else unpacked(token)
        rows = rows_of(text, columns_of(thing))
        if token is None:
            return _show(engine, visit, thing, lines=await _preview(engine, visit, operator, thing, rows), text=text)
        async with operating(engine, visit, operator, *_customers_of(thing, rows)) as change:
            done = await _carry_out(change.tx, engine, visit, thing, rows)
            change.check_shown(text, *(line for line, _id in done))
            await change.leads_to(f"/console/{thing.word}")
            await _record(change, thing, done)
    except BadFile as bad:
        wrong = Wrong(bad.line, bad.column, bad.misfit.in_words(visit.lang))
        return _show(engine, visit, thing, wrong=(wrong,))
    except BadRows as bad_rows:
        return _show(engine, visit, thing, wrong=bad_rows.rows)
    return see_other(f"/console/{thing.word}", "notice_filed")


def making_of(thing: Thing) -> Making:
    """People of a file have no password until they choose one."""
    making = PERSON_OF_FILE if thing.word == "users" else thing.making
    if making is None:
        raise NotFound
    return making


def entries_of(thing: Thing) -> Sequence[Entry]:
    """What a file changes of a known thing: nothing of people, whose addresses may need a second operator."""
    return () if thing.word == "users" else thing.entries


def columns_of(thing: Thing) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry.name for entry in (*making_of(thing).entries, *entries_of(thing))))


def _customers_of(thing: Thing, rows: Sequence[FileRow]) -> set[CustomerId]:
    """Those that the file names. They are locked before any of its rows is, in the order of every other change: once a
    row holds the revision of the units, another change may wait for it that has one of these customers."""
    columns = ("customer", "customer_id", *(("id",) if thing.word == "customers" else ()))
    named = (read_name(row.cells.get(column), 1, LONGEST_ID) for row in rows for column in columns)
    return {CustomerId(customer_id) for customer_id, good in named if good}


async def _preview(engine: Engine, visit: Visit, operator: User, thing: Thing, rows: Sequence[FileRow]) -> list[Line]:
    """Raises BadRows."""
    lines: list[Line] = []
    try:
        async with operating(engine, visit, operator, *_customers_of(thing, rows)) as change:
            lines += [line for line, _id in await _carry_out(change.tx, engine, visit, thing, rows)]
            raise _Undone
    except _Undone:
        return lines


Done = tuple[Line, str]
"""With the id of the row."""


async def _carry_out(tx: Writer, engine: Engine, visit: Visit, thing: Thing, rows: Sequence[FileRow]) -> list[Done]:
    """Raises BadRows."""
    done, wrong, seen = list[Done](), list[Wrong](), dict[str, int]()
    for row in rows:
        try:
            key = row.cells.get(making_of(thing).names) or ""
            if key and seen.setdefault(key.lower(), row.line) != row.line:
                raise Unfit(making_of(thing).names, "file_again", line=seen[key.lower()])
            done.append(await _one(tx, thing, row, engine.now()))
        except Unfit as unfit:
            wrong.append(Wrong(row.line, unfit.entry, unfit.misfit.in_words(visit.lang)))
        except _Misread as misread:
            wrong.append(Wrong(row.line, misread.column, said(misread.error, visit.lang)))
        except Conflict:
            # The transaction is over on PostgreSQL.
            raise BadRows(
                [*wrong, Wrong(row.line, making_of(thing).names, Misfit("make_taken").in_words(visit.lang))]
            ) from None
        if len(wrong) >= MOST_SHOWN:
            break
    if wrong:
        raise BadRows(wrong)
    return done


class _Misread(Exception):
    def __init__(self, column: str, error: ValueError) -> None:
        self.column, self.error = column, error
        super().__init__(column)


def _checked(entries: Sequence[Entry], cells: Mapping[str, str]) -> dict[str, Any]:
    """Raises _Misread."""
    values = {}
    for entry in entries:
        try:
            values[entry.name] = entry.check(cells.get(entry.name) or entry.begins)
        except ValueError as error:
            raise _Misread(entry.name, error) from error
    return values


def _differing(entries: Sequence[Entry], cells: Mapping[str, str], found: Any) -> dict[str, Any]:
    """The checked values that are others than those of the row. What stays is not written again: every customer that
    sees a written unit finds it in the feed of changes. Raises _Misread."""
    differing = [entry for entry in entries if cells[entry.name] != entry.read(found)]
    values, stored = _checked(differing, cells), {entry.name: entry.read(found) for entry in differing}
    return {name: value for name, value in values.items() if ("" if value is None else str(value)) != stored[name]}


async def _find(tx: Writer, thing: Thing, key: str) -> Any:
    """Locked, so that nobody changes it between this and the writing. Of known people nothing is written."""
    if not key or "\0" in key:
        # PostgreSQL takes no NUL; what can be made has none.
        return None
    if thing.word == "users":
        return await find_user_by_name(tx, key)
    await lock_row(tx, thing.word, key)
    return await thing.find(tx, key)


async def _one(tx: Writer, thing: Thing, row: FileRow, now: int) -> Done:
    """Raises Unfit, _Misread, Conflict."""
    making, entries = making_of(thing), [entry for entry in entries_of(thing) if entry.name in row.cells]
    key = row.cells.get(making.names) or ""
    found = await _find(tx, thing, key)
    if found is None:
        made = await making.make(tx, _checked(making.entries, row.cells), now, random_digest())
        known = {entry.name for entry in making.entries}
        further = [entry for entry in entries if entry.name not in known]
        if further and thing.save is not None:
            await thing.save(tx, made.row, _checked(further, row.cells))
        cells = {name: short(value) for name, value in row.cells.items()}
        return Line(row.line, thing.title(made.row), "new", {}, cells), made.row.id
    values = _differing(entries, row.cells, found)
    before = {entry.name: entry.read(found) for entry in entries}
    if values and thing.save is not None:
        await thing.save(tx, found, values)
    after = await thing.find(tx, found.id)
    changed = [entry.name for entry in entries if entry.read(after) != before[entry.name]]
    line = Line(
        row.line, thing.title(found), "changed" if changed else "same", {name: short(before[name]) for name in changed},
        {entry.name: short(entry.read(after)) for entry in entries if entry.name in changed},
    )  # fmt: skip
    return line, found.id


async def _record(change: Change, thing: Thing, done: Sequence[Done]) -> None:
    """One entry for each thing, as where it is made or changed by hand."""
    column = {"customer_id"} if thing.word == "customers" else set()
    for line, row_id in done:
        about: dict[str, object] = dict.fromkeys(("id", *column), row_id) | {"from_file": line.line}
        if line.state == "new":
            await change.record(making_of(thing).event, **about)
        elif line.state == "changed":
            await change.record(f"{thing.subject}.changed", **about, before=line.before, after=line.after)


def _show(
    engine: Engine, visit: Visit, thing: Thing, *, lines: Sequence[Line] = (), wrong: Sequence[Wrong] = (), text: str = ""
) -> Response:  # fmt: skip
    t, problems = PORTAL_WORDS[visit.lang], Problems()
    token = ""
    if text:
        try:
            token = packed(text)
        except BadFile as bad:
            wrong, lines = (Wrong(0, "", bad.misfit.in_words(visit.lang)),), ()
    counts = {state: sum(line.state == state for line in lines) for state in ("new", "changed", "same")}
    return engine.pages.portal(
        "console/file.html", visit.showing(text, *lines) if lines else visit.frame, 422 if wrong else 200, word=thing.word,
        columns=columns_of(thing), required=[entry.name for entry in making_of(thing).entries if entry.required],
        lines=lines, wrong=wrong, token=token, counts=counts, problems=problems,
        crumbs=(
            Crumb(t["frame_operate"], "/console"), Crumb(t[f"things_{thing.word}"], f"/console/{thing.word}"),
        ),
    )  # fmt: skip
