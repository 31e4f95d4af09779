"""What an AADB2C number means stands in three places beside the code: migrating.md and the guides in both languages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SOURCES = ROOT / "src" / "hoistway"
GUIDES = {lang: SOURCES / "portal" / "guides" / lang / "errors.md" for lang in ("en", "de")}
MANY_CAUSES = {"InvalidScope", "InvalidTarget"}
# Each cause of 90117: what the sentences of its places have in common, and its words in migrating.md and the guides.
CAUSES = {
    "unknown scope": (r"does not exist here", "scope or `resource` unknown", "scope does not exist", "Scope gibt es nicht"),
    "unknown resource": (r"not an API of this server", "`resource` unknown", "no API of this server", "keine API dieses"),
    "malformed scope": (r"separate scopes|asked: ask for those", "scope malformed", "malformed or too long", "fehlerhaft"),
    "more than granted": (
        r"granted at sign-in", "refresh for more than was granted", "more than was granted", "mehr verlangt als gewährt",
    ),
    "another resource": (
        r"leave resource out", "not that of the code or refresh token", "not the one for which", "nicht die, für die",
    ),
}  # fmt: skip


def refusals(source: str) -> Iterator[tuple[str, str | None]]:
    """(the sentence, the number) of each place that makes a refusal with many causes."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MANY_CAUSES:
            number = next((one.value for one in node.keywords if one.arg == "b2c"), None)
            yield ast.unparse(node.args[0]), number.value if isinstance(number, ast.Constant) else None  # type: ignore[misc]


def all_refusals() -> list[tuple[str, str | None]]:
    return [one for path in sorted(SOURCES.rglob("*.py")) for one in refusals(path.read_text(encoding="utf-8"))]


def entry(number: str, lang: str) -> str:
    text = GUIDES[lang].read_text(encoding="utf-8")
    found = re.search(rf"^### `AADB2C{number}`\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, (number, lang)
    return " ".join(found[1].split())


def row(number: str) -> str:
    text = (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8")
    found = re.search(rf"^\| {number} \| (.*) \|$", text, re.MULTILINE)
    assert found, number
    return found[1]


def test_each_place_says_its_number() -> None:
    found = all_refusals()
    assert len(found) > 12
    assert [sentence for sentence, number in found if number is None] == []


def test_the_sentences_hold_only_what_rfc_6749_allows() -> None:
    """Words that come from the request were read by RFC 6749 section 3.3 before."""
    written = [sentence for sentence, _ in all_refusals() if not sentence.isidentifier()]
    assert [one for one in written if not (one.isascii() and one.isprintable() and one[:-1].endswith("."))] == []
    assert [one for one in written if "\\" in one or '"' in one[2:-1]] == []


def test_a_place_without_a_number_is_seen() -> None:
    assert list(refusals('raise InvalidScope("Gone.")')) == [("'Gone.'", None)]


def test_every_place_of_90117_has_one_cause() -> None:
    sentences = [sentence for sentence, number in all_refusals() if number == "90117"]
    causes = [[name for name, told in CAUSES.items() if re.search(told[0], one)] for one in sentences]
    assert [one for one, found in zip(sentences, causes, strict=True) if len(found) != 1] == []
    assert {found[0] for found in causes} == set(CAUSES)


@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_of_90117_is_explained(cause: str) -> None:
    _sentence, table, english, german = CAUSES[cause]
    assert table in row("90117")
    assert english in entry("90117", "en")
    assert german in entry("90117", "de")


@pytest.mark.parametrize("lang", GUIDES)
def test_the_guide_and_the_table_have_the_same_numbers(lang: str) -> None:
    told = re.findall(r"^### `AADB2C(\d{5})`", GUIDES[lang].read_text(encoding="utf-8"), re.MULTILINE)
    rows = re.findall(r"^\| ([\d, ]+) \|", (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(number for one in rows for number in re.findall(r"\d{5}", one))
