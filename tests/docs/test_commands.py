"""Every command line that a document shows is one that this program has: its words, its options, not too many arguments."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from hoistway.cli import cli, in_front
from hoistway.server.command import parser

ROOT = Path(__file__).parent.parent.parent
GUIDES = ROOT / "src" / "hoistway" / "portal" / "guides"
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted(GUIDES.rglob("*.md"))]
# In a line of code, alone or behind a prompt, sudo or `./dev run`; or between backticks.
FENCE = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^    (.*)$", re.MULTILINE)
INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
COMMAND = re.compile(r"(?:^|[\s(|;&])hoistway(?=\s+(?:[a-z]|--))(.*)")
END = re.compile(r"\s(?:[|;>]|&&|#).*")
ROOT_COMMAND = typer.main.get_group(cli)


def lines_of(text: str) -> Iterator[str]:
    """What stands behind `hoistway`, one command each."""
    whole = text.replace("\\\n", " ")
    blocks = [match[1] for match in FENCE.finditer(whole)]
    rest = FENCE.sub("", whole)
    pieces = [*(line for block in blocks for line in block.splitlines()), *INDENTED.findall(rest)]
    pieces += [" ".join(inline.split()) for inline in INLINE.findall(rest)]
    for piece in pieces:
        found = COMMAND.search(piece)
        if found is not None:
            yield END.sub("", found[1]).strip()


def options_of(command: TyperGroup | TyperCommand) -> dict[str, TyperOption]:
    return {
        name: one for one in command.params if isinstance(one, TyperOption) for name in (*one.opts, *one.secondary_opts)
    }


def fault_of_serve(words: list[str]) -> str | None:
    known = parser()._option_string_actions
    wrong = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known]
    return f"serve has no {wrong[0]}" if wrong else None


def fault_of(line: str) -> str | None:
    """None where it could be typed with its placeholders filled in. What a sentence leaves out may be left out; an option
    in brackets is one that may be given."""
    words = in_front(shlex.split(re.sub(r"[\[\]]", " ", line)))
    command: TyperGroup | TyperCommand = ROOT_COMMAND
    given = 0
    while words:
        word = words.pop(0)
        if word.startswith("-") and len(word) > 1:
            name, has_value, _ = word.partition("=")
            option = options_of(command).get(name)
            if option is None and name != "--help":
                return f"{command.name} has no {name}"
            if option is not None and not option.is_flag and not has_value:
                words[:1] = []
        elif isinstance(command, TyperGroup):
            below = command.commands.get(word)
            if word == "serve":
                return fault_of_serve(words)
            if not isinstance(below, TyperGroup | TyperCommand):
                return f"{command.name} has no {word}"
            command = below
        else:
            given += word not in {"…", "..."}
    taken = [one.nargs for one in command.params if isinstance(one, TyperArgument)]
    return (
        f"{command.name} takes {sum(taken)} arguments, not {given}" if -1 not in taken and given > sum(taken) else None
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_commands_of_a_document_exist(document: Path) -> None:
    faults = {line: fault_of(line) for line in lines_of(document.read_text(encoding="utf-8"))}
    assert {line: fault for line, fault in faults.items() if fault is not None} == {}


def test_the_documents_show_commands() -> None:
    shown = {line for document in DOCUMENTS for line in lines_of(document.read_text(encoding="utf-8"))}
    assert len(shown) > 30
    assert {"init", "master-key rotate", "audit export FILE --since 2026-01-01 --until 2026-02-01"} <= shown


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Run `hoistway app allow ID implicit --until 2026`.", "allow has no --until"),
        ("    hoistway usr list", "has no usr"),
        ("```sh\nsudo hoistway user \\\n  remove ID\n```", "user has no remove"),
        ("`hoistway serve --prot 1`", "serve has no --prot"),
        ("`hoistway audit export FILE OTHER`", "export takes 1 arguments"),
        ("`hoistway --as`", None),
        ("`hoistway user\nunlock ID | less --no-such`", None),
    ],
)
def test_a_wrong_line_is_found(text: str, fault: str | None) -> None:
    lines = list(lines_of(text))
    assert len(lines) == 1
    found = fault_of(lines[0])
    assert (found is None) if fault is None else (fault in str(found))
