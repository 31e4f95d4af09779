"""hoistway import: what another system had, its people, applications and tenants (docs/adr/0040-moving-in.md)."""

import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar

import typer
from msgspec import Struct
from msgspec.structs import asdict, replace
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hoistway import clock
from hoistway.commands.context import REFUSED, USAGE, AsJson, fail, note, say, show_one, warn, with_database
from hoistway.commands.import_signals import Stopping
from hoistway.commands.nouns import noun, verb
from hoistway.heap import seldom_collecting
from hoistway.imports.apim import Apim
from hoistway.imports.apim_files import files_of
from hoistway.imports.apim_mapping import ApimMapping
from hoistway.imports.b2c import B2c, Changed
from hoistway.imports.b2c_looking import Looked
from hoistway.imports.carrying import Carried, Overtaken, Ways, carry
from hoistway.imports.csv_list import CsvList
from hoistway.imports.keycloak import Keycloak
from hoistway.imports.mapping import B2cMapping, BadMapping, read_mapping
from hoistway.imports.mappings import EXAMPLES, CsvMapping, KeycloakMapping
from hoistway.imports.records import BadFile
from hoistway.imports.rehearsing import rehearse
from hoistway.imports.report import BadReport, Report
from hoistway.imports.sources import BadSource, Source, fingerprint, sources_of
from hoistway.imports.strengthening import strengthen
from hoistway.store.db import Database
from hoistway.store.imports import Import, add_import, interrupted_import

NOTHING_TAKEN = 4
T = TypeVar("T")
SHOWN = 20
IMPORT = noun(
    "Move in from another system. Exit codes of these: 0 everything was taken, 1 records were left out, 2 wrong usage or files, "
    "3 database unavailable, 4 nothing was taken."
)


class Importer(Carried, Protocol):
    """One that the command runs. `cautions` are what no later import mends."""

    def look(self, told: Callable[[int], None]) -> Looked: ...
    async def unplaced(self, db: Database) -> list[str]: ...
    async def cautions(self, db: Database) -> list[str]: ...
    @property
    def total(self) -> int: ...


class Asked(Struct, frozen=True):
    """The options that every import has."""

    dry_run: bool
    resume: bool
    report: Path | None
    as_json: bool


Paths = Annotated[
    list[Path], typer.Argument(metavar="FOLDER|FILE…", help="A folder with the files, or the files.", exists=True)
]
Mapping = Annotated[
    Path | None,
    typer.Option(help="YAML: what things mean here; `hoistway import mapping KIND --example` writes one."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, and change nothing.")]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume", help="Go on with an import that was interrupted, which happens by itself; fail without one."
    ),
]
ReportTo = Annotated[
    Path | None,
    typer.Option("--report", help="Write every record that is left out to this file, a JSON object a line."),
]


@verb(IMPORT, "b2c", "Move in from Azure AD B2C: files of the Graph's users, applications, organization and policies.")
def import_b2c(
    paths: Paths, mapping: Mapping = None, dry_run: DryRun = False, resume: Resume = False, report: ReportTo = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    asked = Asked(dry_run, resume, report, as_json)
    _bring("b2c", mapping, B2cMapping, lambda: sources_of(paths), B2c, asked)


@verb(IMPORT, "csv", "Move in people of a list (CSV), with the digests of their passwords.")
def import_csv(
    paths: Paths, mapping: Mapping = None, dry_run: DryRun = False, resume: Resume = False, report: ReportTo = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    asked = Asked(dry_run, resume, report, as_json)
    _bring("csv", mapping, CsvMapping, lambda: sources_of(paths), CsvList, asked)


@verb(
    IMPORT,
    "apim",
    "Move in from Azure API Management: a folder of its products, APIs, users, groups and subscriptions, with their keys.",
)
def import_apim(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="With the files, and folders of them.", exists=True, file_okay=False)
    ],
    mapping: Mapping = None, dry_run: DryRun = False, resume: Resume = False, report: ReportTo = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    asked = Asked(dry_run, resume, report, as_json)
    _bring("apim", mapping, ApimMapping, lambda: files_of(folder), Apim, asked)


@verb(
    IMPORT, "keycloak", "Move in from Keycloak: people and clients of a realm's export, one file or a folder of them."
)
def import_keycloak(
    paths: Paths, mapping: Mapping = None, dry_run: DryRun = False, resume: Resume = False, report: ReportTo = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    asked = Asked(dry_run, resume, report, as_json)
    _bring("keycloak", mapping, KeycloakMapping, lambda: sources_of(paths), Keycloak, asked)


@verb(IMPORT, "mapping", "Write an example of a mapping, with comments.")
def mapping_example(
    kind: Annotated[str, typer.Argument(metavar="[KIND]", help=f"Of which import: {', '.join(EXAMPLES)}.")] = "b2c",
    example: Annotated[bool, typer.Option("--example", help="Write it to standard output.")] = False,
    as_json: AsJson = False,
) -> None:
    if not example:
        fail("say --example: `hoistway import mapping b2c --example > mapping.yaml`", USAGE)
    if kind not in EXAMPLES:
        fail(f"there is no import {kind}: known are {', '.join(EXAMPLES)}", USAGE)
    if as_json:
        show_one({"example": EXAMPLES[kind]}, as_json)
    else:
        typer.echo(EXAMPLES[kind], nl=False)


def _bring(
    kind: str, mapping: Path | None, shape: type[T], find: Callable[[], Sequence[Source]],
    make: Callable[[Sequence[Source], T], Importer], asked: Asked,
) -> None:  # fmt: skip
    try:
        said, body = read_mapping(mapping, shape)
        sources = find()
        run_import(make(sources, said), fingerprint(kind, sources, body), asked)
    except (BadMapping, BadSource) as error:
        fail(str(error), USAGE)


def run_import(importer: Importer, print_of_files: str, asked: Asked) -> None:
    """Ends the command with the exit code."""
    with seldom_collecting():
        _run(importer, print_of_files, asked)


def _run(importer: Importer, print_of_files: str, asked: Asked) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, disable=asked.as_json, transient=True, console=Console(stderr=True)) as progress:
        looked = _look(importer, progress)
        try:
            ended, report = with_database(lambda db: _carry(db, importer, print_of_files, asked, progress))
        except BadReport as error:
            fail(str(error), USAGE)
        except (BadFile, Changed) as error:
            fail(f"{error}; what was taken before is here: run it again with whole files", REFUSED)
        except Overtaken as error:
            fail(str(error), REFUSED)
    _tell(ended, report, looked, asked)


def _look(importer: Importer, progress: Progress) -> Looked:
    """The first pass. Ends the command where a file can't be read to its end."""
    bar = progress.add_task("reading", total=None)
    looked = importer.look(lambda done: progress.advance(bar, done))
    progress.remove_task(bar)
    warn(looked.notes)
    if looked.faults:
        for fault in looked.faults[:SHOWN]:
            say(fault)
        fail(f"nothing was imported: {_count(len(looked.faults), 'file')} can't be read", NOTHING_TAKEN)
    if not importer.total:
        fail("nothing was imported: the files hold nothing that is known", NOTHING_TAKEN)
    return looked


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


async def _carry(
    db: Database, importer: Importer, print_of_files: str, asked: Asked, progress: Progress
) -> tuple[Import, Report]:
    unplaced = await importer.unplaced(db)
    for one in unplaced[:SHOWN]:
        say(f"not in the mapping: {one}")
    if len(unplaced) > SHOWN:
        say(f"{len(unplaced) - SHOWN} more are not shown")
    warn(await importer.cautions(db))
    before = await interrupted_import(db, print_of_files)
    if before is None and asked.resume:
        fail("there is no interrupted import of these files with this mapping: leave --resume out", USAGE)
    fresh = Import(str(uuid.uuid4()), importer.kind, print_of_files, "running", 0, 0, {}, clock.now())
    run = fresh if before is None or asked.dry_run else before
    bar = progress.add_task("importing", total=importer.total, completed=run.place)
    with Report(asked.report, run.report_length, goes_on=run is before) as report, Stopping() as stopping:
        ways = Ways(note, lambda place: progress.update(bar, completed=place), stopping.stops)
        if asked.dry_run:
            return await rehearse(db, importer, run, report, ways), report
        ways = replace(ways, ready=strengthen)
        if run is before:
            say(f"going on with the interrupted import behind record {run.place}")
        else:
            async with db.write() as tx:
                await add_import(tx, run)
                await note(tx, "import.begun", import_id=run.id, kind=run.kind)
        return await carry(db, importer, run, report, ways, clock.now()), report


def _tell(run: Import, report: Report, looked: Looked, asked: Asked) -> None:
    left_out = run.counts.get("left_out", 0)
    counts = {name: count for name, count in run.counts.items() if name != "left_out"}
    answer: dict[str, Any] = {
        "import_id": None if asked.dry_run else run.id, "dry_run": asked.dry_run, "records": run.place, **counts,
        "left_out": left_out,
    }  # fmt: skip
    if asked.as_json:
        answer |= {"notes": looked.notes, "refusals": [asdict(one) for one in report.first]}
    show_one(answer, asked.as_json)
    if not asked.as_json:
        _show(report, left_out + run.counts.get("told", 0), asked.report)
    if run.state == "running" and not asked.dry_run:
        fail(f"the import was stopped behind record {run.place}: run the same command again, and it goes on there")
    if left_out:
        raise typer.Exit(REFUSED if run.place > left_out else NOTHING_TAKEN)


def _show(report: Report, lines: int, path: Path | None) -> None:
    for one in report.first:
        whose = "" if one.id is None else f" ({one.id})"
        say(f"{one.file}, line {one.line}{whose}: {one.because}")
    if (rest := lines - len(report.first)) > 0:
        where = f"{path} has all" if path is not None else "--report FILE writes all"
        say(f"{rest} more are not shown; {where}")
