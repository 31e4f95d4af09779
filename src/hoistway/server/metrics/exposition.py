"""Writes the numbers as text (https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from hoistway.measures import ENDS
from hoistway.server.metrics.board import Board
from hoistway.server.metrics.families import BINS, FAMILIES, MICRO, Family

CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_ENDS: Final = (*map(repr, ENDS), "+Inf")

Sample = tuple[Sequence[str], float]
"""The values of the labels, and the number."""


def _line(name: str, labels: Iterable[tuple[str, str]], value: float) -> str:
    inside = ",".join(f'{label}="{text.translate(_ESCAPES)}"' for label, text in labels)
    return f"{name}{{{inside}}} {value!r}" if inside else f"{name} {value!r}"


def _histogram(family: Family, labels: list[tuple[str, str]], cells: Sequence[int]) -> Iterator[str]:
    count = 0
    for end, number in zip(_ENDS, cells[:BINS], strict=True):
        count += number
        yield _line(f"{family.name}_bucket", [*labels, ("le", end)], count)
    yield _line(f"{family.name}_sum", labels, cells[BINS] / MICRO)
    yield _line(f"{family.name}_count", labels, count)


def _kept(board: Board, family: Family) -> Iterator[str]:
    names = [name for name, _values in family.labels]
    for place, values in enumerate(family.series):
        labels = list(zip(names, values, strict=True))
        cells = [board.total(family, place * family.width + cell) for cell in range(family.width)]
        if family.is_sparse and not any(cells):
            continue
        if family.kind == "histogram":
            yield from _histogram(family, labels, cells)
        else:
            yield _line(family.name, labels, cells[0])


def render(board: Board, looked_up: Mapping[str, Sequence[Sample]]) -> bytes:
    """`looked_up` has the samples of families that are not on the board."""
    lines = []
    for family in FAMILIES:
        lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
        if family.name in board.places:
            lines += _kept(board, family)
        else:
            names = [name for name, _values in family.labels]
            for values, number in looked_up.get(family.name, ()):
                lines.append(_line(family.name, zip(names, values, strict=True), number))
    return ("\n".join(lines) + "\n").encode()
