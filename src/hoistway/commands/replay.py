"""hoistway replay: recorded requests sent to two systems (docs/adr/0043-replay.md)."""

import json
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Annotated, Any

import typer
from msgspec.structs import asdict

from hoistway.commands.context import REFUSED, UNAVAILABLE, USAGE, AsJson, fail, warn
from hoistway.commands.nouns import verb, whole
from hoistway.commands.reports import BadReport, check_report
from hoistway.commands.tables import show
from hoistway.commands.yaml_file import BadYaml, read_yaml
from hoistway.imports.seen import seen
from hoistway.replay.differing import Difference
from hoistway.replay.grouping import Group, Groups
from hoistway.replay.har import Found
from hoistway.replay.reading import read_log
from hoistway.replay.recorded import BadLog
from hoistway.replay.running import Outcome, Replay, Wanted
from hoistway.replay.settings import EXAMPLE, BadSettings, Plan, check_url, read_plan, resolve

HELP = (
    "Send the requests of a LOG to an old and a new system, and count what their answers differ in. LOG is a HAR, an access log of "
    "nginx, API Management's gateway log, or requests that you wrote down. Of this command 1 says that something differs, or that nothing "
    "was sent, and 3 that a side never answered."
)
SHOWN = 40
WIDEST = 60
Log = Annotated[Path | None, typer.Argument(metavar="LOG", help="The log.", dir_okay=False)]
Old = Annotated[str | None, typer.Option("--old", metavar="URL", help="The old system's address.")]
New = Annotated[str | None, typer.Option("--new", metavar="URL", help="The new one's.")]
With = Annotated[
    Path | None, typer.Option("--with", metavar="FILE", help="Settings in YAML: secrets, hosts, what may differ.")
]
Example = Annotated[bool, typer.Option("--example", help="Print such a file with comments, and end.")]
Writes = Annotated[bool, typer.Option("--writes", help="Send requests that may change something, too.")]
Strict = Annotated[
    bool, typer.Option("--strict", help="Count it as a difference where only the new side has something.")
]
Most = Annotated[int | None, typer.Option("--most", metavar="N", help="End after N requests.", parser=whole(1, 10**9))]
Every = Annotated[int, typer.Option("--every", metavar="N", help="Send one of N requests.", parser=whole(1, 10**6))]
Wait = Annotated[
    int, typer.Option("--seconds", metavar="N", help="How long to wait for an answer.", parser=whole(1, 120))
]
Authority = Annotated[Path | None, typer.Option("--ca", metavar="FILE", help="Trust these authorities (PEM), too.")]
ReportTo = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="Write each difference to this new file, a line each.")
]


def add_replay(app: typer.Typer) -> None:
    verb(app, "replay", HELP)(replay)


def replay(
    log: Log = None, old: Old = None, new: New = None, with_file: With = None, example: Example = False, writes: Writes = False,
    strict: Strict = False, most: Most = None, every: Every = 1, seconds: Wait = 10, ca: Authority = None,
    report: ReportTo = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    if example:
        typer.echo(EXAMPLE, nl=False)
        return
    if log is None or old is None or new is None:
        fail("name a log and both systems: hoistway replay LOG --old URL --new URL", USAGE)
    plan, outcome = _plan(with_file), Outcome()
    try:
        addresses, secrets = (check_url(old), check_url(new)), resolve(plan)
    except BadSettings as error:
        fail(str(error), USAGE)
    wanted = Wanted(*addresses, plan, secrets, writes, strict, most, every, float(seconds))
    cut = _run(Replay(wanted, trust_of(ca)), read_log(log), report, outcome)
    say_groups(
        outcome.groups,
        {"sent": outcome.sent, "same": outcome.same, "differ": outcome.differ},
        outcome.left_out,
        as_json,
    )
    if cut is not None:
        fail(f"{log}: {cut}", USAGE)
    silent = [side for side, answered in outcome.answered.items() if not answered]
    if silent and outcome.sent:
        fail(f"the {' and the '.join(silent)} side never answered", UNAVAILABLE)
    if outcome.differ or not outcome.sent:
        raise typer.Exit(REFUSED)


def _plan(path: Path | None) -> Plan:
    try:
        return Plan() if path is None else read_plan(read_yaml(path))
    except (BadYaml, BadSettings) as error:
        fail(f"{path}: {error}" if isinstance(error, BadSettings) else str(error), USAGE)


def trust_of(ca: Path | None) -> ssl.SSLContext:
    trust = ssl.create_default_context()
    if ca is not None:
        try:
            trust.load_verify_locations(ca)
        except (OSError, ssl.SSLError) as error:
            fail(f"--ca {ca} can't be read: {error.strerror or error}", USAGE)
    return trust


@contextmanager
def open_report(report: Path | None) -> Iterator[IO[str] | None]:
    """Ends the command where it can't be written."""
    try:
        if report is not None:
            check_report(report)
        lines = None if report is None else report.open("x", encoding="utf-8")
    except BadReport as error:
        fail(str(error), USAGE)
    except OSError as error:
        fail(f"--report {report} can't be written: {error.strerror}", USAGE)
    with lines or nullcontext():
        yield lines


def _run(replay: Replay, log: Iterator[Found], report: Path | None, outcome: Outcome) -> str | None:
    """Why the log could not be read to its end; None where it was."""
    with open_report(report) as lines:
        try:
            replay.run(log, lambda one, found: note_differences(lines, one.line, one.method, one.path, found), outcome)
        except BadLog as why:
            return str(why)
        except OSError as error:
            fail(f"--report {report} can't be written: {error.strerror}", USAGE)
    return None


def note_differences(lines: IO[str] | None, line: int, method: str, path: str, found: list[Difference]) -> None:
    if lines is None:
        return
    for one in found:
        row = {"line": line, "method": method, "path": path, **asdict(one)}
        lines.write(json.dumps(row) + "\n")


def say_groups(groups: Groups, counts: dict[str, int], left_out: Counter[str], as_json: bool) -> None:
    found = groups.sorted()
    if as_json:
        why = [{"because": why, "count": count} for why, count in left_out.most_common()]
        typer.echo(json.dumps({**counts, "left_out": why, "groups": [asdict(one) for one in found]}))
        return
    by_request: dict[str, list[dict[str, Any]]] = {}
    for one in found[:SHOWN]:
        by_request.setdefault(f"{one.method} {one.path}", []).append(_row(one))
    for request, rows in by_request.items():
        typer.echo(seen(request))
        show(rows, False, ("count", "what", "at", "old", "new", "lines"))
        typer.echo()
    more = len(found) - SHOWN + groups.beyond
    warn([f"{more} more groups are not shown: --json or --report has them"] if more > 0 else [])
    for why_not, count in left_out.most_common(SHOWN):
        typer.echo(f"left out {count}: {why_not}")
    typer.echo(", ".join(f"{name} {count}" for name, count in counts.items()))


def _row(group: Group) -> dict[str, Any]:
    return {
        "count": group.count, "what": group.what, "at": seen(group.at or "answer"),
        "old": seen(group.old[:WIDEST]), "new": seen(group.new[:WIDEST]), "lines": ", ".join(map(str, group.lines)),
    }  # fmt: skip
