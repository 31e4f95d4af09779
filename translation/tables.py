"""The tables of sentences in the source: which there are, where a sentence is used, and how a table is changed in its file."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from types import ModuleType

from hoistway.web import words
from hoistway.web.portal_words import PARTS

SOURCE = Path(words.__file__).parent.parent
MODULES: tuple[ModuleType, ...] = (words, *PARTS)


@dataclass(frozen=True, slots=True)
class Sentence:
    """`part` is the name of its module; `text` is "" where the language does not have the sentence yet."""

    part: str
    key: str
    english: str
    text: str


def sentences(language: str) -> Iterator[Sentence]:
    """In the order of the source; `language` is a code such as "de" or "fr", which may have no table yet."""
    for module in MODULES:
        table: Mapping[str, str] = getattr(module, language.upper(), {})
        for key, english in module.EN.items():
            yield Sentence(module.__name__, key, english, table.get(key, ""))


def names_in(text: str) -> set[str]:
    """The names in braces. Raises ValueError for a brace that has no partner."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def places() -> dict[str, list[str]]:
    """The files that name each sentence, by its key, so that a translator can look at its page. A key that is put together from a
    beginning and a value is in none."""
    rooms = ("web/templates", "portal", "console", "account", "endpoints", "mail", "products", "applications")
    files = (file for room in rooms for end in ("html", "py") for file in (SOURCE / room).rglob(f"*.{end}"))
    found: dict[str, list[str]] = {}
    for file in sorted(files):
        for key in keys_in(file.read_text(encoding="utf-8")):
            found.setdefault(key, []).append(str(file.relative_to(SOURCE)))
    return found


def keys_in(text: str) -> set[str]:
    """What a template reads as `t.key`, and what stands between quotation marks in code."""
    return {one or other for one, other in re.findall(r"\bt\.([a-z0-9_]+)\b|[\"']([a-z0-9_]+)[\"']", text)}


def rewritten(source: str, table: str, changed: Mapping[str, str]) -> str:
    """The source of a module in which the sentences of the table (such as "DE") are these. A sentence that is missing is added at
    its end, a table that is missing behind the last one. Nothing else changes; the formatter is left to the caller."""
    body = ast.parse(source).body
    found = next((node for node in body if _names(node) == table), None)
    if found is None:
        lines = "".join(f"    {_literal(key)}: {_literal(text)},\n" for key, text in changed.items())
        last = max(
            (node.end_lineno or 0 for node in body if _names(node).isupper() and len(_names(node)) == 2), default=0
        )
        before = source.splitlines(keepends=True)
        new = f"\n{table}: Final[Words] = {{\n{lines}}}\n"
        return "".join([*before[:last], new, *before[last:]])
    assert isinstance(found, ast.AnnAssign)
    assert isinstance(found.value, ast.Dict)
    known = {
        ast.literal_eval(key): value for key, value in zip(found.value.keys, found.value.values, strict=True) if key
    }
    edits = [(*_span(source, known[key]), _literal(text)) for key, text in changed.items() if key in known]
    end = _span(source, found.value)[1] - 1
    added = "".join(f"    {_literal(key)}: {_literal(text)},\n" for key, text in changed.items() if key not in known)
    for begin, stop, text in sorted([*edits, (end, end, added)], reverse=True):
        source = source[:begin] + text + source[stop:]
    return source


def _names(node: ast.stmt) -> str:
    return node.target.id if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) else ""


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _span(source: str, node: ast.expr) -> tuple[int, int]:
    """Where the node stands in the text: syntax trees count columns in bytes."""
    lines = source.splitlines(keepends=True)

    def place(line: int, column: int) -> int:
        return sum(map(len, lines[: line - 1])) + len(lines[line - 1].encode()[:column].decode())

    return place(node.lineno, node.col_offset), place(node.end_lineno or 0, node.end_col_offset or 0)
