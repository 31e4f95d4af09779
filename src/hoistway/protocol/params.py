"""Reads the parameters of requests, each at most once.

https://www.rfc-editor.org/rfc/rfc6749#section-3.1
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from hoistway.protocol.errors import InvalidRequest

MOST_PARAMETERS = 64
LONGEST_NAME = 128
LONGEST_VALUE = 8192
LONGEST_TOKEN = 16384
_TOKENS = frozenset(
    {"id_token_hint", "token", "subject_token", "actor_token", "client_assertion", "assertion", "refresh_token"}
)
_REPEATABLE = frozenset({"resource"})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Params:
    """Parameters by name. One that was sent empty is not in here (RFC 6749 §3.1)."""

    values: Mapping[str, tuple[str, ...]]

    def get(self, name: str) -> str | None:
        found = self.values.get(name)
        return found[0] if found else None

    def need(self, name: str) -> str:
        """Raises InvalidRequest naming the parameter."""
        found = self.values.get(name)
        if not found:
            raise InvalidRequest(f"The parameter {name} is missing: send it.", b2c="90083")
        return found[0]

    def all(self, name: str) -> tuple[str, ...]:
        return self.values.get(name, ())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.values)

    def items(self) -> Iterator[tuple[str, str]]:
        return ((name, value) for name, values in self.values.items() for value in values)


def read_params(pairs: Iterable[tuple[str, str]]) -> Params:
    """Raises InvalidRequest on a repeated parameter (RFC 6749 §3.1 and §3.2; `resource` may repeat, RFC 8707 §2), on
    control characters, and on sizes that no program needs."""
    values: dict[str, tuple[str, ...]] = {}
    empty: list[str] = []
    for count, (name, value) in enumerate(pairs, 1):
        if count > MOST_PARAMETERS:
            raise InvalidRequest(f"There are more than {MOST_PARAMETERS} parameters: send only those documented.")
        _check_pair(name, value)
        if name in values and name not in _REPEATABLE:
            raise InvalidRequest(f"The parameter {_shown(name)} was sent more than once: send it once.")
        values[name] = values.get(name, ()) + ((value,) if value else ())
        if not value:
            empty.append(name)
    for name in empty:
        if name in values and not values[name]:
            del values[name]
    return Params(values)


def _check_pair(name: str, value: str) -> None:
    if len(name) > LONGEST_NAME or _CONTROL.search(name):
        raise InvalidRequest("A parameter's name is too long or holds control characters: check how the form is built.")
    longest = LONGEST_TOKEN if name in _TOKENS else LONGEST_VALUE
    if len(value) > longest:
        raise InvalidRequest(f"The value of {_shown(name)} is too long: at most {longest} characters are read.")
    if _CONTROL.search(value):
        raise InvalidRequest(f"The value of {_shown(name)} holds control characters: remove them.")


def read_urlencoded(body: bytes) -> Params:
    """An application/x-www-form-urlencoded body or query (RFC 6749 appendix B). Raises InvalidRequest."""
    return read_params(_pairs(body))


def _pairs(body: bytes) -> Iterator[tuple[str, str]]:
    try:
        for piece in body.decode("utf-8").split("&"):
            if piece:
                name, _, value = piece.partition("=")
                yield _decoded(name), _decoded(value)
    except UnicodeDecodeError as error:
        raise InvalidRequest("The parameters must be UTF-8, percent-encoded: check how the body is built.") from error


def _decoded(text: str) -> str:
    if "%" in text or "+" in text:
        return unquote_plus(text, errors="strict")
    return text


def looks_badly_encoded(body: bytes) -> bool:
    """True where a body was probably joined without percent-encoding: `+` in the password, a bare `%`, an `&` inside a
    value. A program of the installed base does that, so a refusal of the password can name the likely cause."""
    if _BAD_PERCENT.search(body):
        return True
    for piece in body.split(b"&"):
        name, equals, value = piece.partition(b"=")
        if not equals or (name == b"password" and b"+" in value):
            return bool(body)
    return False


def _shown(name: str) -> str:
    # A description may not hold quotes, backslashes or anything but ASCII (RFC 6749 §5.2).
    return name if re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", name) else "with an unusual name"
