"""Links the samples of an operation to its tables: parameters in the call and members in the answer lead to their rows."""

import re
from collections.abc import Iterable, Iterator
from functools import cache, partial
from typing import Final

from markupsafe import Markup, escape
from msgspec.structs import replace

from hoistway.portal.docs.described import Answer, Member, Operation
from hoistway.portal.docs.samples import Written, written
from hoistway.web.highlight import highlight

_KEY: Final = re.compile(r'^( *)("([^"]+)"): ')
_QUOTE: Final = str(escape('"'))


def _flat(members: Iterable[Member], prefix: str) -> Iterator[str]:
    """Ids of rows, as the page uses them."""
    for one in members:
        yield (row := f"{prefix}.{one.name}")
        yield from _flat(one.members, row)


def _link(row: str, shown: str) -> str:
    return f'<a href="#{escape(row)}">{shown}</a>'


def linked_example(answer: Answer) -> Markup:
    """The answer's example, highlighted. Of several equal rows only the first has links, so that keyboard users pass
    each of them once."""
    rows = set(_flat(answer.members, "answer"))
    lines: list[str] = []
    above: list[tuple[int, str]] = []
    for line in (answer.example or "").split("\n"):
        found = _KEY.match(line)
        if found is None:
            lines.append(highlight(line, "json"))
            continue
        depth = len(found[1])
        above = [*(one for one in above if one[0] < depth), (depth, found[3])]
        row = ".".join(("answer", *(name for _, name in above)))
        name, rest = highlight(found[2], "json"), highlight(line[found.end(2) :], "json")
        lines.append(found[1] + (_link(row, name) if row in rows else name) + rest)
        rows.discard(row)
    return Markup("\n".join(lines))  # noqa: S704  highlight escapes


def _named(operation: Operation) -> Iterator[tuple[re.Pattern[str], str]]:
    """The text that stands for a parameter or a member of the body in a sample of any language, with its row."""
    for one in operation.parameters:
        if one.place == "path":
            yield re.compile(re.escape(f"{{{{{one.name}}}}}")), f"parameter.{one.name}"
        elif one.place == "query":
            yield re.compile(rf"(?<![\w-]){re.escape(one.name)}(?==|{_QUOTE}(?:</span>)?:)"), f"parameter.{one.name}"
    for one in operation.body:
        yield re.compile(rf"(?<={_QUOTE}){re.escape(one.name)}(?={_QUOTE}(?:</span>)?:)"), f"body.{one.name}"


@cache
def linked_samples(operation: Operation) -> tuple[Written, ...]:
    """The call in every language, with each parameter and member of its body as a link; placeholders are not filled
    yet."""
    found = []
    for sample in written(operation.call):
        html = sample.html
        for pattern, row in _named(operation):
            html = pattern.sub(partial(_linked, row), html, count=1)
        found.append(replace(sample, html=html))
    return tuple(found)


def _linked(row: str, found: re.Match[str]) -> str:
    return _link(row, found[0])
