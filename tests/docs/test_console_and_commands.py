"""Whatever the command line changes, the console changes too, or docs/console.md says why not; no command is forgotten."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from starlette.routing import compile_path
from typer.core import TyperCommand, TyperGroup

from hoistway.cli import cli
from hoistway.console.addresses import ADDRESSES
from hoistway.portal.company.addresses import ADDRESSES as OF_COMPANIES
from hoistway.things.registry import LINKINGS, THINGS

ROOT = Path(__file__).parent.parent.parent
READS = frozenset({
    "list", "show", "passwords", "check", "check-list", "check-texts", "texts", "inspect", "verify", "addresses", "version",
    "audit export", "changes", "tenant waiting", "replay", "shadow", "plan", "drift", "schema",
})  # fmt: skip
"""Commands that change nothing, or the last words of them."""
ROW = re.compile(r"^\| (`.+`) \| (.+) \|$", re.MULTILINE)
PAGE = re.compile(r"`(/console/[^`]*)`")


def commands(found: object, words: tuple[str, ...] = ()) -> Iterator[str]:
    if isinstance(found, TyperGroup):
        for name, below in found.commands.items():
            yield from commands(below, (*words, name))
    elif isinstance(found, TyperCommand):
        yield " ".join(words)


def rows() -> dict[str, str]:
    """What the second column says, by command."""
    text = (ROOT / "docs" / "console.md").read_text()
    found: dict[str, str] = {}
    for names, where in ROW.findall(text):
        for name in re.findall(r"`hoistway ([^`]+)`", names):
            assert name not in found, f"{name} stands twice"
            found[name] = where
    return found


def test_every_command_that_changes_something_has_its_row() -> None:
    changing = {one for one in commands(typer.main.get_group(cli)) if not {one, one.split()[-1]} & READS}
    assert set(rows()) == changing


@pytest.mark.parametrize("name", sorted(rows()))
def test_each_names_a_page_that_can_change_something_or_says_why_not(name: str) -> None:
    where = rows()[name]
    pages = PAGE.findall(where)
    if not pages:
        assert where.startswith("No: "), "say why not"
        return
    for page in pages:
        assert posts(page), f"no page takes a form at {page}"


def posts(page: str) -> bool:
    """Capitals in an address of the document stand for an id."""
    path = re.sub(r"\b[A-Z]+\b", "x", page)
    for template, _endpoint, methods in (*ADDRESSES, *OF_COMPANIES):
        match = compile_path(template)[0].match(path)
        if match is not None:
            word = match.groupdict().get("word")
            known = word is None or word in (LINKINGS if path.endswith("/customers") else THINGS)
            return "POST" in methods and known
    return False


def test_a_page_that_does_not_exist_is_seen() -> None:
    assert posts("/console/apis/ID")
    assert not posts("/console/health")
    assert not posts("/console/robots/ID")
    assert not posts("/console/apis/ID/customers")
