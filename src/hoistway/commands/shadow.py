"""hoistway shadow: one system answers, the other is asked too (docs/adr/0047-shadow.md)."""

import ssl
from pathlib import Path
from typing import Annotated

import typer

from hoistway.commands.context import REFUSED, USAGE, AsJson, fail
from hoistway.commands.nouns import verb, whole
from hoistway.commands.replay import (
    Authority,
    New,
    Old,
    Strict,
    Wait,
    note_differences,
    open_report,
    say_groups,
    trust_of,
)
from hoistway.commands.yaml_file import BadYaml, read_yaml
from hoistway.journal import configure, gather
from hoistway.replay.settings import BadSettings, check_url
from hoistway.server.listening import CannotServe
from hoistway.shadow.compared import Comparing
from hoistway.shadow.proxy import Proxy
from hoistway.shadow.serving import serve
from hoistway.shadow.settings import EXAMPLE, Rules, Wanted, read_rules

HELP = (
    "Stand before an old and a new system: one answers every request, the other is asked too, and what their answers differ in is "
    "counted. Ends with SIGTERM, and says then what it found: 0 that nothing differed, 1 that something did."
)
Answers = Annotated[str, typer.Option("--answers", metavar="old|new", help="Which side answers.")]
Share = Annotated[
    int, typer.Option("--share", metavar="PERCENT", help="Of what can be compared.", parser=whole(0, 100))
]
Rate = Annotated[int, typer.Option("--rate", metavar="N", help="Compare at most N a second.", parser=whole(1, 1_000))]
Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to listen.")]
Port = Annotated[int, typer.Option("--port", metavar="PORT", help="Where to listen.", parser=whole(1, 65_535))]
With = Annotated[
    Path | None,
    typer.Option(
        "--with", metavar="FILE", help="Rules in YAML, read again on SIGHUP: who is switched, what may differ."
    ),
]
Example = Annotated[bool, typer.Option("--example", help="Print such a file with comments, and end.")]
ReportTo = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="Write each difference to this new file, a line each.")
]


def add_shadow(app: typer.Typer) -> None:
    verb(app, "shadow", HELP)(shadow)


def shadow(
    old: Old = None, new: New = None, answers: Answers = "new", share: Share = 100, rate: Rate = 20, host: Host = "127.0.0.1",
    port: Port = 8090, with_file: With = None, example: Example = False, strict: Strict = False, seconds: Wait = 10,
    ca: Authority = None, report: ReportTo = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    if example:
        typer.echo(EXAMPLE, nl=False)
        return
    if old is None or new is None:
        fail("name both systems: hoistway shadow --old URL --new URL", USAGE)
    if answers not in {"old", "new"}:
        fail("--answers is old or new", USAGE)
    try:
        wanted = Wanted(
            check_url(old),
            check_url(new),
            "old" if answers == "old" else "new",
            share / 100,
            rate,
            float(seconds),
            strict,
        )
        rules = _rules(with_file)
    except BadSettings as error:
        fail(str(error), USAGE)
    _run(wanted, rules, with_file, trust_of(ca), report, host, port, as_json)


def _run(
    wanted: Wanted, rules: Rules, with_file: Path | None, trust: ssl.SSLContext, report: Path | None, host: str, port: int,
    as_json: bool,
) -> None:  # fmt: skip
    configure()
    gather()
    with open_report(report) as lines:
        comparing = Comparing(
            wanted, trust, lambda asked, found: note_differences(lines, asked.number, asked.method, asked.path, found)
        )
        proxy = Proxy(wanted, rules, trust, comparing)
        try:
            serve(proxy, comparing, lambda: _rules(with_file), host, port)
        except CannotServe as error:
            fail(str(error), USAGE)
        counts = comparing.counts
        say_groups(
            counts.groups, {"answered": proxy.answered, "compared": counts.compared, "same": counts.same, "differ": counts.differ},
            counts.left_out, as_json,
        )  # fmt: skip
    if counts.differ:
        raise typer.Exit(REFUSED)


def _rules(path: Path | None) -> Rules:
    """Raises BadSettings."""
    if path is None:
        return Rules()
    try:
        return read_rules(read_yaml(path))
    except BadYaml as error:
        raise BadSettings(str(error)) from None
    except BadSettings as error:
        raise BadSettings(f"{path}: {error}") from None
