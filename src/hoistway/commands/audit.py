"""hoistway audit."""

from pathlib import Path
from typing import Annotated, TextIO

import typer

from hoistway.commands.context import USAGE, AsJson, fail, show_one, with_database
from hoistway.commands.nouns import noun, verb
from hoistway.protocol.numbers import read_moment
from hoistway.store.audit import entries_from
from hoistway.store.audit_archive import line_of
from hoistway.store.db import Database

AUDIT = noun("The audit trail.")
PAGE = 1_000
_EVER = 2**62


def _moment(text: str | None, option: str, otherwise: int) -> int:
    if text is None:
        return otherwise
    found = read_moment(text)
    if found is None:
        fail(f"{option} must be a day like 2026-01-30 or a moment like 2026-01-30T13:00, in UTC", USAGE)
    return int(found.timestamp())


@verb(AUDIT, "export", "Write entries to a file, the oldest first, a JSON object a line; the server removes old ones.")
def export(
    file: Annotated[Path, typer.Argument(help="The file, which must not exist yet.")],
    since: Annotated[str | None, typer.Option(help="From this day or moment on, UTC.")] = None,
    until: Annotated[str | None, typer.Option(help="Before this day or moment, UTC.")] = None,
    as_json: AsJson = False,
) -> None:
    first, end = _moment(since, "--since", 0), _moment(until, "--until", _EVER)

    async def work(db: Database) -> int:
        with file.open("x", encoding="utf-8") as lines:
            return await _write(db, lines, first, end)

    try:
        written = with_database(work)
    except OSError as error:
        fail(f"{file} can't be written: {error.strerror}")
    show_one({"file": str(file), "entries": written}, as_json)


async def _write(db: Database, lines: TextIO, first: int, end: int) -> int:
    """Returns how many; reads a thousand at a time, so that memory does not grow with the trail."""
    after, written = "", 0
    while rows := await entries_from(db, after, first, end, PAGE):
        lines.writelines(map(line_of, rows))
        after, written = rows[-1].id, written + len(rows)
    return written
