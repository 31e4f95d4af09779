"""What a contributor reads is true: recipes name files that exist, the changelog has every change, the hooks fetch nothing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hoistway.settings import RENAMED, Environment

ROOT = Path(__file__).parent.parent.parent
RECIPES = dict(
    re.findall(
        r"^### ([^\n]+)\n(.*?)(?=^### |\Z)",
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
)
WANTED = {
    "A grant", "A table", "A column", "A page", "A POST form", "A setting", "A sentence in two languages", "A language",
    "An event of the audit trail", "A counter", "A metric", "A line of the log",
    "A member of the API", "A command",
}  # fmt: skip
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_recipe_is_there() -> None:
    assert set(RECIPES) == WANTED


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_files_of_a_recipe_exist(recipe: str) -> None:
    files = re.findall(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|md|html))`", RECIPES[recipe])
    assert len(files) >= 3
    assert [file for file in files if not (ROOT / file).is_file()] == []
    assert [file for file in files if file.startswith(("src/", "CHANGELOG"))] != []


def test_what_a_reader_searches_for_is_found() -> None:
    """Every `grep` of the document finds something, in one place or two."""
    searches = re.findall(r'`git grep -n (?:"([^"]+)"|(\S+)) (src/[\w/]+)`', read("CONTRIBUTING.md"))
    assert len(searches) > 5
    for phrase, word, folder in searches:
        files = [path for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".html"}]
        assert [path for path in files if (phrase or word) in path.read_text(encoding="utf-8")], (
            phrase or word,
            folder,
        )


def test_the_words_of_dev_exist() -> None:
    said = set(re.findall(r"`\./dev (\w+)", read("CONTRIBUTING.md") + read("README.md")))
    assert {"serve", "test", "fix", "lint"} <= said
    assert said - set(re.findall(r"^\./dev (\w+)", read("dev"), re.MULTILINE)) == set()


def test_readme_names_them_all() -> None:
    names = ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", ".editorconfig", ".pre-commit-config.yaml", "./dev fix")
    assert [name for name in names if name not in read("README.md")] == []


def test_the_changelog_has_every_change_of_the_schema() -> None:
    versions = (ROOT / "src" / "hoistway" / "store" / "changes" / "versions").glob("[0-9]*.py")
    numbers = {int(path.name[:4]) for path in versions}
    told: set[int] = set()
    for first, last in re.findall(r"^\| (\d{4})(?: to (\d{4}))? \|", CHANGELOG, re.MULTILINE):
        told.update(range(int(first), int(last or first) + 1))
    assert sorted(told ^ numbers) == [], "CHANGELOG.md has a row for each change of the schema"


def test_the_changelog_has_every_setting_that_was_renamed() -> None:
    told = dict(re.findall(r"^\| `(HOISTWAY_\w+)` \| `(HOISTWAY_\w+)` \|$", CHANGELOG, re.MULTILINE))
    assert told == RENAMED
    named = set(re.findall(r"HOISTWAY_[A-Z_]+[A-Z]", CHANGELOG)) - RENAMED.keys()
    assert named - {f"HOISTWAY_{name.upper()}" for name in Environment.__struct_fields__} == set()


def test_the_changelog_has_its_form() -> None:
    """https://keepachangelog.com/en/1.1.0/"""
    assert CHANGELOG.startswith("# Changelog\n")
    assert re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)[0] == "[Unreleased]"


def test_hooks_call_dev_alone() -> None:
    config = read(".pre-commit-config.yaml")
    assert re.findall(r"repo: (\S+)", config) == ["local"]
    entries = re.findall(r"^ +entry: (.+)$", config, re.MULTILINE)
    assert len(entries) == config.count("- id: ") == config.count("language: system") > 2
    assert [entry for entry in entries if not entry.startswith("./dev ")] == []
    assert [file for entry in entries for file in re.findall(r"tests/\S+", entry) if not (ROOT / file).exists()] == []


def files_of_the_checkout() -> Iterator[Path]:
    yield from (
        ROOT / name for name in ("dev", ".editorconfig", ".gitignore", ".pre-commit-config.yaml", "pyproject.toml")
    )
    yield from ROOT.glob("*.md")
    for folder in ("src", "tests", "bench", "docs"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and not {"node_modules", "__pycache__"} & set(path.parts):
                yield path


def test_files_are_as_editors_are_told() -> None:
    """.editorconfig: UTF-8, LF, a last line that ends, nothing behind a line's end, no tabs."""
    wrong = []
    for path in files_of_the_checkout():
        content = path.read_bytes()
        if content and b"\0" not in content:
            text = content.decode("utf-8")
            if not text.endswith("\n") or re.search(r"[ \t]\n|[\r\t]", text):
                wrong.append(str(path.relative_to(ROOT)))
    assert wrong == []
