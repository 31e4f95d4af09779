"""A request as the documentation shows it, before it is written in a language."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

VARIABLE: Final = re.compile(r"\$\{([A-Z_]+)\}")


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of a value as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A piece that a program reads from its environment: secrets never stand in a sample."""

    name: str


Piece = Text | Variable


def pieces(value: str) -> tuple[Piece, ...]:
    """`Bearer ${ACCESS_TOKEN}` as a text and a variable."""
    parts = VARIABLE.split(value)
    found = [Variable(part) if index % 2 else Text(part) for index, part in enumerate(parts)]
    return tuple(piece for piece in found if isinstance(piece, Variable) or piece.text)


@dataclass(frozen=True, slots=True)
class Call:
    """`query`, `headers` and `form` are pairs; values may hold `${VARIABLE}` and `{{placeholder}}`. `json` is a body as one
    line. Neither holds a quotation mark of its own, `json` excepted."""

    method: str
    url: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    form: tuple[tuple[str, str], ...] = ()
    json: str | None = None

    @property
    def address(self) -> str:
        """With its query; placeholders stay readable."""
        if not self.query:
            return self.url
        return self.url + "?" + "&".join(f"{name}={quote(value, safe='{}')}" for name, value in self.query)
