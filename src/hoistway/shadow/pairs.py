"""Tokens of the two sides that belong together: what one gave in an answer, and what the other gave for the same request."""

from collections.abc import Mapping
from hashlib import sha256
from threading import Lock
from typing import Final
from urllib.parse import unquote_plus, urlencode

from hoistway.protocol.text import is_plain
from hoistway.replay.recorded import SENT_AGAIN, Skipped, is_sendable
from hoistway.shadow.asked import Asked

MOST: Final = 20_000
_TOKENS: Final = frozenset(("refresh_token", "token", "id_token_hint", "access_token", "subject_token", "assertion"))


class Pairs:
    """In memory alone, the oldest forgotten first. Of the side that answered only digests are kept."""

    def __init__(self) -> None:
        self._other: dict[bytes, str] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._other)

    def learn(self, given: Mapping[str, str], other: Mapping[str, str]) -> None:
        with self._lock:
            for member in given.keys() & other.keys():
                while len(self._other) >= MOST:
                    del self._other[next(iter(self._other))]
                self._other[_digest(given[member])] = other[member]

    def other(self, value: str) -> str | None:
        return self._other.get(_digest(value))

    def carried(self, asked: Asked) -> tuple[list[tuple[str, str]], bytes]:
        """Headers and body for the other side. Raises Skipped where it could not understand what the request carries."""
        headers = [(name, value) for name, value in asked.headers if name in SENT_AGAIN and is_sendable(value)]
        headers = [(name, self._header(name, value)) for name, value in headers]
        if not asked.is_form:
            return headers, asked.body
        pieces = []
        for piece in asked.body.split(b"&"):
            before, _, behind = piece.decode("latin-1").partition("=")
            name, value = unquote_plus(before), unquote_plus(behind)
            if name in {"code", "device_code"} and value:
                raise Skipped("a code counts at the side that gave it alone")
            if name in _TOKENS and value:
                piece = urlencode([(name, self._known(value))]).encode()
            pieces.append(piece)
        return headers, b"&".join(pieces)

    def _header(self, name: str, value: str) -> str:
        scheme, _, token = value.partition(" ")
        if name != "authorization" or scheme.lower() != "bearer":
            return value
        return f"{scheme} {self._known(token.strip())}"

    def _known(self, token: str) -> str:
        found = self.other(token)
        if found is None:
            raise Skipped("it carries a token of which the other side gave none")
        if not is_plain(found):
            raise Skipped("the other side's token holds letters that no request may hold")
        return found


def _digest(value: str) -> bytes:
    return sha256(value.encode()).digest()
