"""Finds the records of JSON that is too long for memory: elements of an array, of a page's `value`, or objects one after another."""

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Raw, Struct

LONGEST_RECORD: Final = 1024 * 1024
DEEPEST: Final = 64
_MOST_OPEN: Final = 100_000
# A text with its end, if it has one yet; or a sign. Linear, whatever stands there.
_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[{}\[\]]', re.DOTALL)
_NOTHING: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
NO_TEXT: Final = "holds U+0000, which no database keeps in a text: take it away at the old system"
_QUOTE, _OPEN = ord('"'), {ord("{"): ord("}"), ord("["): ord("]")}
_NEXT: Final = frozenset({b'"@odata.nextLink"', b'"odata.nextLink"', b'"nextLink"'})


def holds_nothing(raw: Raw | bytes) -> bool:
    """Whether a text of a record has the character U+0000. PostgreSQL refuses whatever it stands in, so no reader of records lets it pass."""
    data = bytes(raw)
    return b"\\u0000" in data and _NOTHING.search(data) is not None


class Malformed(Exception):
    """`line` and `column` say where."""

    def __init__(self, line: int, column: int, words: str) -> None:
        self.line, self.column = line, column
        super().__init__(words)


class Cut(Malformed):
    """The text ends before everything is closed."""


class Scanned(Struct, frozen=True):
    """A record, or why it is none; or the end of a page, which may name a next one."""

    line: int
    raw: bytes = b""
    because: str = ""
    closes: bool = False
    has_next: bool = False


class _Text:
    """What is in memory: from the beginning of the record that is open, if one is, otherwise from where reading goes on."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.blocks, self.data = blocks, b""
        self.at, self.begin = 0, -1
        self._line, self._column = 1, 0
        self.ended = False

    def _fill(self) -> None:
        keep = self.at if self.begin < 0 else self.begin
        self._line, self._column = self.place(keep)
        self._column -= 1
        block = next(self.blocks, b"")
        self.ended, self.data = not block, self.data[keep:] + block
        self.at -= keep
        self.begin = min(self.begin, 0)

    def place(self, at: int) -> tuple[int, int]:
        """(line, column), both from 1."""
        last = self.data.rfind(b"\n", 0, at)
        return self._line + self.data.count(b"\n", 0, at), (self._column + at if last < 0 else at - last - 1) + 1

    def line_of(self, at: int) -> int:
        return self.place(at)[0]

    def token(self) -> tuple[int, bytes] | None:
        """The next text or sign that is whole, and where it begins; None at the end."""
        while True:
            found = _TOKEN.search(self.data, self.at)
            if found is not None:
                text = found[0]
                if text[0] != _QUOTE or (len(text) > 1 and text[-1] == _QUOTE and found.end() < len(self.data)):
                    self.at = found.end()
                    return found.start(), text
            if self.ended:
                if found is not None and len(found[0]) > 1 and found[0][-1] == _QUOTE:
                    self.at = found.end()
                    return found.start(), found[0]
                self.at = len(self.data)
                return None
            self.at = len(self.data) if found is None else found.start()
            if len(self.data) - (self.at if self.begin < 0 else self.begin) > LONGEST_RECORD:
                raise Malformed(*self.place(self.at), f"a record has more than {LONGEST_RECORD} bytes")
            self._fill()


class _Scan:
    """`stack` holds the ends of what is open, the outermost first; records are at the depth `base`: 1 in an array, 2 in a page.
    `before` is the text that came last at the depth of a page's names."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.text = _Text(blocks)
        self.stack: list[int] = []
        self.base, self.deepest = 0, 0
        self.before = b""
        self.is_page = self.has_next = False

    def run(self) -> Iterator[Scanned]:
        while (found := self.text.token()) is not None:
            at, token = found
            if token[0] in _OPEN:
                self._open(at, token[0])
            elif token[0] != _QUOTE:
                yield from self._close(at, token[0])
            elif len(self.stack) == 1:
                self.has_next = self.has_next or (self.before in _NEXT and len(token) > 2)
                self.before = token
        if self.stack:
            raise Cut(*self.text.place(len(self.text.data)), "it ends too early")

    def _open(self, at: int, sign: int) -> None:
        depth = len(self.stack)
        if depth == 0:
            self.base, self.is_page = 1 if sign == ord("[") else 0, False
            self.before, self.has_next = b"", False
        elif depth == 1 and self.base == 0 and sign == ord("[") and self.before == b'"value"' and not self.is_page:
            self.base, self.is_page, self.text.begin = 2, True, -1
        if depth == self.base and not (self.is_page and self.base == 0) and self.text.begin < 0:
            self.text.begin, self.deepest = at, 0
        self.stack.append(_OPEN[sign])
        self.deepest = max(self.deepest, len(self.stack) - self.base)
        if len(self.stack) > _MOST_OPEN:
            raise Malformed(*self.text.place(at), "it is nested without end")

    def _close(self, at: int, sign: int) -> Iterator[Scanned]:
        if not self.stack or self.stack.pop() != sign:
            raise Malformed(*self.text.place(at), f"{chr(sign)} closes nothing")
        depth = len(self.stack)
        if depth == self.base and self.text.begin >= 0:
            begin, self.text.begin = self.text.begin, -1
            deep = f"it is nested more than {DEEPEST} deep" if self.deepest > DEEPEST else ""
            yield Scanned(self.text.line_of(begin), b"" if deep else self.text.data[begin : at + 1], deep)
        elif self.is_page and depth == 1:
            # What follows are the page's other members.
            self.base = 0
        elif self.is_page and depth == 0:
            yield Scanned(self.text.line_of(at), closes=True, has_next=self.has_next)
        self.before = b""


def scan(blocks: Iterator[bytes]) -> Iterator[Scanned]:
    """Raises Malformed, Cut."""
    return _Scan(blocks).run()
