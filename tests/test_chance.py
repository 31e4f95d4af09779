"""No test depends on which letters chance puts into an id."""

import ast
from pathlib import Path

import pytest

from tests.chance import find_by_chance

HERE = Path(__file__).parent


def test_no_test_looks_for_a_short_word_in_a_page() -> None:
    found = [
        line
        for file in sorted(HERE.rglob("*.py"))
        for line in find_by_chance(ast.parse(file.read_text(encoding="utf-8")), file.relative_to(HERE.parent))
    ]
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize(
    "text",
    [
        "assert 'Ann' not in reply.text",
        "assert 'c-a' not in page.lower()",
        "for word in ('Ann', 'Somebody'):\n    assert word not in page",
        "assert 'x1' not in letter.plain + letter.html",
        "assert 'Ann' not in page.content()",
    ],
)
def test_one_is_found(text: str) -> None:
    assert list(find_by_chance(ast.parse(text), HERE))


@pytest.mark.parametrize(
    "text",
    [
        "assert 'Anna' not in page",
        "assert 'Ann' in page",
        "assert 'acr' not in claims",
        "assert 'a b' not in page",
        "for word in ('Somebody',):\n    assert word not in page",
        "for word in ('Ann',):\n    assert not is_named(word, page)",
    ],
)
def test_what_is_certain_is_left_alone(text: str) -> None:
    assert not list(find_by_chance(ast.parse(text), HERE))
