"""Reads the parameters of requests, each of which may come once (https://www.rfc-editor.org/rfc/rfc6749#section-3.1)."""

import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote_plus

from hoistway.protocol.errors import InvalidRequest

MOST_PARAMETERS = 64
LONGEST_NAME = 128
LONGEST_VALUE = 8192
_LONG = frozenset(
    {"id_token_hint", "token", "subject_token", "client_assertion", "assertion", "refresh_token", "ticket"}
)
_REPEATABLE = frozenset({"resource"})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class Params:
    """Parameters by name; an empty value counts as absent (RFC 6749 section 3.1)."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, tuple[str, ...]]) -> None:
        self._values = values

    def get(self, name: str) -> str | None:
        values = self._values.get(name)
        return values[0] or None if values else None

    def need(self, name: str) -> str:
        """Raises InvalidRequest naming the parameter."""
        value = self.get(name)
        if value is None:
            raise InvalidRequest(f"The parameter {name} is missing: send it.", b2c="90083")
        return value

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for value in self._values.get(name, ()) if value)

    def has(self, name: str) -> bool:
        """True where it was sent, even if it is empty."""
        return name in self._values

    def names(self) -> tuple[str, ...]:
        return tuple(self._values)

    def without(self, name: str) -> "Params":
        """All parameters except one."""
        if name not in self._values:
            return self
        return Params({other: values for other, values in self._values.items() if other != name})

    def mapped(self, change: Callable[[str], str], keep: frozenset[str] = frozenset()) -> "Params":
        """Every value replaced by what `change` returns, except for those in `keep`."""
        if not self._values:
            return self
        changed = {name: tuple(map(change, values)) for name, values in self._values.items() if name not in keep}
        return Params(self._values | changed)

    def items(self) -> Iterator[tuple[str, str]]:
        for name, values in self._values.items():
            for value in values:
                yield name, value


def read_params(pairs: Iterable[tuple[str, str]], carries: str = "", *, printable: bool = False) -> Params:
    """Raises InvalidRequest on a repeated parameter (RFC 6749 sections 3.1 and 3.2; `resource` may repeat, RFC 8707
    section 2), on control characters and on sizes that no program needs. The value of `carries` may have any length.
    `printable` is True where no text can hold a control character."""
    values: dict[str, tuple[str, ...]] = {}

    for count, (name, value) in enumerate(pairs, 1):
        if count > MOST_PARAMETERS:
            raise InvalidRequest(f"There are more than {MOST_PARAMETERS} parameters: send only those documented.")
        if len(name) > LONGEST_NAME or (not printable and not name.isprintable() and _CONTROL.search(name)):
            raise InvalidRequest(
                "A parameter's name is too long or holds control characters: check how the form is built."
            )
        if len(value) > LONGEST_VALUE and name != carries and len(value) > (most := _most(name)):
            raise InvalidRequest(f"The value of {_shown(name)} is too long: at most {most} characters are read.")
        # A text of printable characters holds none; checking that is ten times faster than the expression.
        if not printable and not value.isprintable() and _CONTROL.search(value):
            raise InvalidRequest(f"The value of {_shown(name)} holds control characters: remove them.")
        if name in values:
            if name not in _REPEATABLE:
                raise InvalidRequest(f"The parameter {_shown(name)} was sent more than once: send it once.")
            values[name] += (value,)
        else:
            values[name] = (value,)
    return Params(values)


def read_urlencoded(body: bytes) -> Params:
    """An application/x-www-form-urlencoded body or query. Raises InvalidRequest where it is not UTF-8."""
    try:
        text = body.decode("utf-8", "strict")
        # Only what is percent-encoded can be another text than is read here; a `+` becomes a blank.
        return read_params(_pairs(text), printable="%" not in text and text.isprintable())
    except UnicodeDecodeError as error:
        raise InvalidRequest("The parameters must be UTF-8, percent-encoded: check how the body is encoded.") from error


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for piece in text.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            if "%" in piece or "+" in piece:
                yield unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")
            else:
                yield name, value


def looks_badly_encoded(body: bytes) -> bool:
    """True where a body was probably joined without percent-encoding: it has a `+` in a password, a bare `%`, or an `&`
    inside a value. Some existing programs do that with passwords."""
    if _BAD_PERCENT.search(body):
        return True
    for piece in body.split(b"&"):
        name, equals, value = piece.partition(b"=")
        if piece and not equals:
            return True
        if name == b"password" and b"+" in value:
            return True
    return False


def _most(name: str) -> int:
    return 2 * LONGEST_VALUE if name in _LONG else LONGEST_VALUE


def _shown(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", name) else "with an unusual name"
