"""What is in memory of JSON that is too long for it, and its next text or sign."""

import re
from collections.abc import Iterator
from typing import Final

from hoistway.imports.scanning import LONGEST_RECORD, Cut, Malformed

_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*("?)|[{}\[\]:,]', re.DOTALL)
_BETWEEN: Final = re.compile(rb"[\s,]*")
_SCALAR: Final = re.compile(rb"[^\s,\]\[{}\"]+")
_LONGEST_SCALAR: Final = 100
QUOTE, COLON, COMMA, END = ord('"'), ord(":"), ord(","), ord("]")
OPEN: Final = {ord("{"): ord("}"), ord("["): END}


class Text:
    """What is in memory of the file: from `keep` where that is set, otherwise from `at`."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self.data, self.at, self.keep = blocks, b"", 0, -1
        self.ended = False
        self._line, self._column, self._known = 1, 0, 0

    def fill(self) -> None:
        first = self.at if self.keep < 0 else self.keep
        self.place(first)
        block = next(self._blocks, b"")
        self.ended, self.data = not block, self.data[first:] + block
        self.at -= first
        self.keep = min(self.keep, 0)
        self._known = 0

    def place(self, at: int) -> tuple[int, int]:
        """(line, column), both from 1; asked for in the order of the text."""
        if at > self._known:
            self._line += self.data.count(b"\n", self._known, at)
            last = self.data.rfind(b"\n", self._known, at)
            self._column = self._column + at - self._known if last < 0 else at - last - 1
            self._known = at
        return self._line, self._column + 1

    def token(self, most: int = LONGEST_RECORD) -> tuple[int, bytes]:
        """The next text or sign that is whole, and where it begins. Raises Cut, Malformed."""
        while True:
            found = _TOKEN.search(self.data, self.at)
            if found is not None and (found[1] is None or found[1]):
                self.at = found.end()
                return found.start(), found[0]
            if self.ended:
                raise Cut(*self.place(len(self.data)), "it ends too early")
            self.at = len(self.data) if found is None else found.start()
            if len(self.data) - self.at > most:
                raise Malformed(*self.place(self.at), f"a text has more than {most} bytes")
            self.fill()

    def sign(self) -> int:
        """The first byte of the next element of a list, or of its end. Raises Cut."""
        while True:
            found = _BETWEEN.match(self.data, self.at)
            self.at = self.at if found is None else found.end()
            if self.at < len(self.data):
                return self.data[self.at]
            if self.ended:
                raise Cut(*self.place(len(self.data)), "it ends too early")
            self.fill()

    def scalar(self) -> bytes:
        """A number, a truth value or null, if one comes next."""
        if self.sign() in {QUOTE, *OPEN}:
            return b""
        if len(self.data) - self.at < _LONGEST_SCALAR and not self.ended:
            self.fill()
        found = _SCALAR.match(self.data, self.at)
        self.at = self.at if found is None else found.end()
        return b"" if found is None else found[0][:_LONGEST_SCALAR]
