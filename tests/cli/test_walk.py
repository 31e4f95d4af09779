"""Every command says what it does, prints JSON, names the exit codes; every noun has its verbs; the document tells the same."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperCommand, TyperGroup

from hoistway.cli import cli
from hoistway.exits import EXIT_CODES, REFUSED, UNAVAILABLE, USAGE
from hoistway.server.command import parser
from tests.cli.running import run

NOUNS = ("customer", "site", "unit", "user", "service-account", "app", "api", "tenant", "product")
VERBS = {"add", "list", "show", "disable", "enable"}
OPERATING = Path(__file__).parent.parent.parent / "docs" / "operating.md"
Command = TyperCommand | TyperGroup
ROOT = typer.main.get_group(cli)


def walk(command: Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Command]]:
    yield path, command
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            assert isinstance(inner, TyperCommand | TyperGroup)
            yield from walk(inner, (*path, name))


EVERYTHING = list(walk(ROOT))
# `serve` reads its options itself.
COMMANDS = [
    (path, command) for path, command in EVERYTHING if not isinstance(command, TyperGroup) and path != ("serve",)
]


@pytest.mark.parametrize(
    ("path", "command"), COMMANDS, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_a_command_explains_itself_and_prints_json(path: tuple[str, ...], command: Command) -> None:
    assert command.help
    options = {option for param in command.params for option in param.opts}
    assert "--json" in options
    unexplained = [param.name for param in command.params if not getattr(param, "help", None)]
    assert unexplained == []
    assert "!" not in command.help


def test_serve_explains_itself_and_prints_json() -> None:
    options = {option: action.help for action in parser()._actions for option in action.option_strings}
    assert "--json" in options
    assert all(options.values())
    assert str(ROOT.commands["serve"].help) == parser().description


@pytest.mark.parametrize(
    ("path", "_command"), EVERYTHING, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_help_ends_with_the_exit_codes(path: tuple[str, ...], _command: Command) -> None:
    said = " ".join(run(*path, "--help").stdout.split())
    assert said.endswith(EXIT_CODES)


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_has_its_verbs(noun: str) -> None:
    group = ROOT.commands[noun]
    assert isinstance(group, TyperGroup)
    assert set(group.commands) >= VERBS


@pytest.mark.parametrize("noun", ["user", "service-account"])
def test_passwords_can_be_reset(noun: str) -> None:
    assert (noun, "reset-password") in {path for path, _ in COMMANDS}


def test_the_document_has_the_same_exit_codes() -> None:
    table = re.findall(
        r"^\| (\d) \|", OPERATING.read_text(encoding="utf-8").partition("## Exit codes")[2], re.MULTILINE
    )
    said = re.findall(r"(\d) \w", EXIT_CODES)
    assert table == said == [str(code) for code in (0, REFUSED, USAGE, UNAVAILABLE)]


def test_the_document_names_no_command_that_is_not_there() -> None:
    paths = {" ".join(path) for path, _ in EVERYTHING}
    for document in OPERATING.parent.glob("*.md"):
        for named in re.findall(r"`hoistway ([a-z][a-z0-9 -]*[a-z0-9])", document.read_text(encoding="utf-8")):
            words = re.split(r" -", named)[0]
            assert words in paths, f"{document.name}: hoistway {named}"


def test_version_for_programs() -> None:
    plain = dict(line.split(": ") for line in run("version").stdout.splitlines())
    assert set(plain) == {"version", "schema"}
    assert json.loads(run("version", "--json").stdout) == plain
