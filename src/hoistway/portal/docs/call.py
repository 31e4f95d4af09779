"""A request as the documentation shows it, independent of the language in which it will be written."""

import re
from typing import Final
from urllib.parse import quote

from msgspec import Struct

VARIABLE: Final = re.compile(r"\$\{([A-Z_]+)\}")


class Text(Struct, frozen=True):
    """A literal piece of a value."""

    text: str


class Variable(Struct, frozen=True):
    """A piece that a program reads from its environment, because secrets must not be part of a sample."""

    name: str


Piece = Text | Variable


def pieces(value: str) -> tuple[Piece, ...]:
    """`Bearer ${ACCESS_TOKEN}` becomes a text and a variable."""
    parts = VARIABLE.split(value)
    found = [Variable(part) if index % 2 else Text(part) for index, part in enumerate(parts)]
    return tuple(piece for piece in found if isinstance(piece, Variable) or piece.text)


class Call(Struct, frozen=True):
    """`query`, `headers` and `form` are pairs; values may contain `${VARIABLE}` and `{{placeholder}}`. `json` is a body
    on one line. Only `json` may contain quotation marks of its own."""

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
