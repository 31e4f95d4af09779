"""README leads every reader to documents and guides that exist, and says where each package is tested."""

import re
from pathlib import Path

import pytest

from hoistway.portal.docs.guides import NAMES

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGES = {path.parent.name for path in (ROOT / "src" / "hoistway").glob("*/__init__.py")}
ROWS = {
    package: re.findall(r"`(tests/\w+)`", folders)
    for package, folders in re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", README, re.MULTILINE)
}
# What the tests of a package say that reach it over HTTP or by the command line instead of importing it.
REACHED_BY = {
    "grants": "grant_type", "response_types": "response_type", "endpoints": "/oauth2/", "accounts": r"console/users|\"user\",",
    "approving": "/console/changes", "products": "console/subscriptions|\"subscription\"|shop\\.", "account": "/account/applications",
    "portal": "/portal", "console": "/console", "applications": "/portal/applications", "commands": "tests.cli.running",
    "scim": "tests.scim.directory",
}  # fmt: skip


def test_every_package_has_a_row() -> None:
    assert set(ROWS) == PACKAGES


@pytest.mark.parametrize("package", ROWS)
def test_a_package_is_tested_where_the_row_says(package: str) -> None:
    assert ROWS[package]
    reached = re.compile(rf"hoistway\.{package}\b|{REACHED_BY.get(package, '(?!)')}")
    for folder in ROWS[package]:
        tests = [path.read_text(encoding="utf-8") for path in (ROOT / folder).rglob("test_*.py")]
        assert any(reached.search(text) for text in tests), (package, folder)


def test_every_folder_of_tests_has_a_place() -> None:
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    assert sorted(name for name in folders if f"`tests/{name}`" not in README) == []


def test_every_document_is_led_to() -> None:
    led = set(re.findall(r"\]\((docs/[\w-]+\.md)\)", README))
    assert led == {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}


def test_the_guides_exist() -> None:
    guides = re.findall(r"`/portal/guides/([\w-]+)`", README)
    assert len(guides) > 3
    assert sorted(set(guides) - set(NAMES)) == []


def test_it_is_short_and_shows_the_portal() -> None:
    assert README.count("\n") <= 80
    pictures = re.findall(r"!\[([^\]]{20,})\]\(([^)]+)\)", README)
    assert [path for _, path in pictures] == ["docs/portal.png"]
    assert (ROOT / "docs" / "portal.png").is_file()
