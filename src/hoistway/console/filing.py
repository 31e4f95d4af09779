"""The page that takes a file of things: it shows what would change, and then does that and nothing else
(docs/adr/0034-things.md).

The preview is the same work in a transaction that is undone. Its outcome is sealed into the form, and compared with the
outcome of the transaction that counts.
"""

from collections.abc import Sequence
from time import monotonic
from typing import Final

from msgspec import Struct
from starlette.responses import Response

from hoistway.approving.refusals import REFUSALS, key_of
from hoistway.console.filed import Done, Line, Misread, about_row, entries_of, making_of, one_row
from hoistway.engine import Engine
from hoistway.portal.changing import Change, operating
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.protocol.ids import CustomerId
from hoistway.protocol.text import read_name
from hoistway.store.db import Conflict
from hoistway.store.patience import renew
from hoistway.store.users import User
from hoistway.things.files import FIELD, BadFile, FileRow, packed, rows_of, text_of, unpacked
from hoistway.things.making import LONGEST_ID, Entry, Misfit, Unfit, said
from hoistway.things.registry import THINGS
from hoistway.things.thing import Thing
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS

FILES: Final = ("customers", "sites", "units", "users", "accounts", "applications")
MOST_SHOWN: Final = 20
WRITTEN_WITHIN: Final = 30.0
"""Seconds for all rows of a file, which are thousands of statements."""


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
        token = visit.form.get(FIELD)
        text = text_of(visit.files.get("file", b"")) if token is None else unpacked(token)
        columns = columns_of(thing)
        rows = rows_of(
            text, [one.name for one in columns], {f"{thing.subject}_id": "id"} if columns[0].name == "id" else None,
            making_of(thing).names,
        )  # fmt: skip
        if token is None:
            return _show(engine, visit, thing, lines=await _preview(engine, visit, operator, thing, rows), text=text)
        async with operating(engine, visit, operator, *_customers_of(thing, rows)) as change:
            done = await _carry_out(change, visit, thing, rows)
            change.check_shown(text, *(line for line, _id in done))
            await change.leads_to(f"/console/{thing.word}")
            await _record(change, thing, done)
    except BadFile as bad:
        wrong = Wrong(bad.line, bad.column, bad.misfit.in_words(visit.lang))
        return _show(engine, visit, thing, wrong=(wrong,))
    except BadRows as bad_rows:
        return _show(engine, visit, thing, wrong=bad_rows.rows)
    return see_other(f"/console/{thing.word}", "notice_filed")


class Column(Struct, frozen=True):
    """`values` are all that it may hold, where they are few; `else_` the one that holds for new ones where it is left out."""

    name: str
    optional: bool
    values: Sequence[str]
    else_: str


def columns_of(thing: Thing) -> Sequence[Column]:
    """Those of new ones first."""
    making, entries = making_of(thing).entries, dict[str, Entry]()
    for entry in (*making, *entries_of(thing)):
        entries.setdefault(entry.name, entry)
    needed = {entry.name for entry in making if entry.required and not entry.begins}
    return [
        Column(entry.name, entry.name not in needed, [value for value, _word in entry.options if value], entry.begins)
        for entry in entries.values()
    ]


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
            lines += [line for line, _id in await _carry_out(change, visit, thing, rows)]
            raise _Undone
    except _Undone:
        return lines


async def _carry_out(change: Change, visit: Visit, thing: Thing, rows: Sequence[FileRow]) -> list[Done]:
    """Raises BadRows."""
    done, wrong, seen, until = list[Done](), list[Wrong](), dict[str, int](), monotonic() + WRITTEN_WITHIN
    for row in rows:
        renew(until)
        try:
            key = row.cells.get(making_of(thing).names) or ""
            if key and seen.setdefault(key.lower(), row.line) != row.line:
                raise Unfit(making_of(thing).names, "file_again", line=seen[key.lower()])
            done.append(await one_row(change, thing, row))
        except Unfit as unfit:
            wrong.append(Wrong(row.line, unfit.entry, unfit.misfit.in_words(visit.lang)))
        except REFUSALS as refusal:
            wrong.append(Wrong(row.line, "", PORTAL_WORDS[visit.lang][key_of(refusal)]))
        except Misread as misread:
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


async def _record(change: Change, thing: Thing, done: Sequence[Done]) -> None:
    """One entry for each thing that is changed, as where it is changed by hand; what is guarded was recorded already."""
    until = monotonic() + WRITTEN_WITHIN
    for line, row_id in done:
        renew(until)
        plain = [name for name in line.after if name not in thing.guarded]
        if line.state == "changed" and plain:
            before, after = ({name: cells[name] for name in plain} for cells in (line.before, line.after))
            await change.record(
                f"{thing.subject}.changed", **about_row(thing, row_id, line.line), before=before, after=after
            )


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
        columns=columns_of(thing), lines=lines, wrong=wrong, token=token, counts=counts, problems=problems,
        crumbs=(
            Crumb(t["frame_operate"], "/console"), Crumb(t[f"things_{thing.word}"], f"/console/{thing.word}"),
        ),
    )  # fmt: skip
