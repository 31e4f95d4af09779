"""hoistway audit."""

import json
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from hoistway.chain.filed import verify_archive
from hoistway.chain.links import chain_key
from hoistway.chain.report import KINDS, Finding, Report
from hoistway.chain.verifying import Verifier
from hoistway.commands.context import REFUSED, USAGE, AsJson, fail, note, read_settings, show_one, with_database
from hoistway.commands.nouns import noun, verb
from hoistway.environment import open_vault
from hoistway.protocol.numbers import read_moment, read_whole
from hoistway.store.audit import entries_from
from hoistway.store.audit_archive import line_of
from hoistway.store.audit_seals import find_seal
from hoistway.store.db import Database
from hoistway.tokens.keyring import shared_secret

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


@verb(
    AUDIT,
    "verify",
    "Verify that no entry was altered, removed, inserted or moved since it was sealed; 1 where one was.",
)
def verify(
    archive: Annotated[
        Path | None, typer.Option(help="The folder of the archive; without it HOISTWAY_AUDIT_ARCHIVE.")
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NUMBER:HEAD", help="What the log, or this command, said before; may be given several times."
        ),
    ] = None,
    allow_late: Annotated[
        bool, typer.Option("--allow-late", help="Count entries that were sealed late, and do not refuse them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    settings = read_settings()
    vault, folder = open_vault(settings), archive
    if folder is None and settings.audit_archive is not None:
        folder = Path(settings.audit_archive)
    elif folder is not None and not folder.is_dir():
        fail(f"there is no folder {folder}", USAGE)
    heads = [_head(one) for one in expect or []]
    failures: list[str] = []

    async def work(db: Database) -> Report:
        verifier = Verifier(db, chain_key(await shared_secret(db, vault, "refresh")), allow_late=allow_late)
        await verifier.database()
        try:
            await verify_archive(db, verifier, folder)
        except OSError as error:
            failures.append(f"{error.filename or folder} can't be read: {error.strerror or error}")
        for number, head in heads:
            seal = await find_seal(db, number)
            if seal is None or seal.head.hex() != head:
                verifier.report.add(Finding("head", "database", seal=number))
        async with db.write() as tx:
            await note(tx, "audit.verified", **_told(verifier.report, failures))
        return verifier.report

    report = with_database(work)
    _show(report, failures, as_json)
    if failures or not report.holds:
        raise typer.Exit(REFUSED)


def _head(text: str) -> tuple[int, str]:
    written, _, head = text.partition(":")
    number = read_whole(written, 1, 2**53)
    if number is None or len(head) != 64:
        fail(f"--expect must be a number and a head, as `hoistway audit verify` prints them, not {text}", USAGE)
    return number, head.lower()


def _told(report: Report, failures: list[str]) -> dict[str, Any]:
    return {
        "outcome": "holds" if report.holds and not failures else "unreadable" if report.holds else "does not hold",
        "head": report.head, "entries": report.verified + report.archived, "found": dict(report.counts),
    }  # fmt: skip


def _show(report: Report, failures: list[str], as_json: bool) -> None:
    findings = [{name: getattr(one, name) for name in one.__struct_fields__} for one in report.findings]
    said = {
        "holds": report.holds and not failures, "verified": report.verified, "archived": report.archived,
        "rewritten": report.rewritten, "late": report.late, "gone": report.gone, "unproven": report.unproven, "unsealed": report.unsealed,
        "seals": report.seals, "head": report.head, "sealed_at": report.sealed_at, "found": dict(report.counts),
    }  # fmt: skip
    if as_json:
        typer.echo(json.dumps({**said, "findings": findings, "unreadable": failures}))
        return
    show_one(
        {**said, "found": ", ".join(f"{count} {kind}" for kind, count in report.counts.items()) or "nothing"}, False
    )
    for one in report.findings:
        place = f"place {one.place}" if one.place else ""
        seal = f"seal {one.seal}" if one.seal else ""
        words = ", ".join(word for word in (one.where, one.entry or "", seal, place) if word)
        typer.echo(f"{one.kind}: {words}: {KINDS[one.kind]}", err=True)
    for text in failures:
        typer.echo(f"hoistway: {text}", err=True)
