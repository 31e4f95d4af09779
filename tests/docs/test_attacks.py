"""docs/attacks.md says which test proves which line, no more and no less."""

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \|$", re.MULTILINE)
SAID = re.compile(r"Rows? (\d+(?:, \d+)*)")
LINES = (
    *range(1, 70),
    74,
    75,
    76,
    77,
    78,
)
Tests = dict[int, set[tuple[str, str]]]


def documented() -> Tests:
    """By line: file and function."""
    text = (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8")
    rows: Tests = {}
    for number, _attack, tests in ROW.findall(text):
        files = re.findall(r"`(test_\w+\.py)`: ((?:`\w+`(?:, )?)+)", tests)
        rows[int(number)] = {(file, name) for file, names in files for name in re.findall(r"`(\w+)`", names)}
    return rows


def written() -> Tests:
    """What the docstrings of the tests, or of their module, say."""
    rows: Tests = defaultdict(set)
    for file in (ROOT / "tests" / "attacks").glob("test_*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for function in tree.body:
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and function.name.startswith("test_"):
                said = SAID.match(ast.get_docstring(function) or "") or SAID.match(ast.get_docstring(tree) or "")
                assert said, f"{file.name}: {function.name} does not say which line of docs/attacks.md it proves"
                for number in said[1].split(", "):
                    rows[int(number)].add((file.name, function.name))
    return rows


def test_every_line_is_there_once() -> None:
    text = (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8")
    assert [int(number) for number, _, _ in ROW.findall(text)] == list(LINES)


def test_the_table_names_exactly_the_tests_that_exist() -> None:
    documents, tests = documented(), written()
    for number in LINES:
        assert documents[number] == tests[number], f"line {number} of docs/attacks.md"
        assert tests[number], f"nothing proves line {number}"


def test_what_is_not_offered_is_proven_absent() -> None:
    text = (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8")
    absent = {int(number) for number, attack, _ in ROW.findall(text) if attack.startswith("**Not offered**")}
    assert absent == {17, 23, 30, 31, 44}
    for number in absent:
        assert {file for file, _ in documented()[number]} == {"test_absent.py"}
