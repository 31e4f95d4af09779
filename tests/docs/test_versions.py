"""A version means something: the program tells it, and the changelog knows it."""

import json
import re
from pathlib import Path

from hoistway import __version__
from hoistway.store.version import NEEDED
from tests.cli.running import run

CHANGELOG = (Path(__file__).parent.parent.parent / "CHANGELOG.md").read_text(encoding="utf-8")
# Semantic versioning, written as PEP 440 has it.
FORM = re.compile(r"(\d+\.\d+\.\d+)(\.dev0|rc\d+)?")


def test_the_program_tells_its_version_and_its_schema() -> None:
    assert run("--version").stdout == f"{__version__}\n"
    assert json.loads(run("version", "--json").stdout) == {"version": __version__, "schema": NEEDED}
    assert f"version: {__version__}\n" in run("version").stdout


def test_the_changelog_has_the_version() -> None:
    """One that is not released is under way there; one that is has a heading with its day, before all others."""
    found = FORM.fullmatch(__version__)
    assert found
    headings = re.findall(r"^## \[([^\]]+)\](?: - (\d{4}-\d\d-\d\d))?$", CHANGELOG, re.MULTILINE)
    assert headings[0] == ("Unreleased", "")
    if found[2]:
        assert f"`{found[1]}` is under way" in CHANGELOG
    else:
        assert [name for name, _ in headings[1:2]] == [__version__]
    assert all(day for _, day in headings[1:])
