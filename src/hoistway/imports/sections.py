"""Finds the records of JSON that holds several lists in one object, however long it is: the users, clients and groups of a realm.

In memory is a block, and one record. Where records follow each other, a block is cut behind the last one that ends in it: that the cut is
right is shown by the parser, which finds whole values before it and nothing else.
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec import Raw, Struct

from hoistway.imports.json_text import COLON, COMMA, END, OPEN, QUOTE, Text
from hoistway.imports.records import AGAIN, BadFile, blocks_of, check_kind
from hoistway.imports.scanning import DEEPEST, LONGEST_RECORD, NO_TEXT, Cut, Malformed, holds_nothing
from hoistway.imports.sources import Source

_NEXT: Final = re.compile(rb"\s*,\s*\{")
_LIST: Final = msgspec.json.Decoder(list[Raw])
_WINDOW: Final = 1024 * 1024
_MOST_OPEN: Final = 10_000
_TRIES: Final = 8
ANY: Final = "*"
Lists = Mapping[tuple[str, ...], int]
"""Where lists stand, and how many bytes one of their records may have."""


class Found(Struct, frozen=True):
    """A record of the list at `path`; or with an empty `raw` why it is none. With no `path`: a text among the members of the object,
    by its name; with no name either, the end of the object."""

    line: int
    path: tuple[str, ...] = ()
    raw: bytes | Raw = b""
    because: str = ""
    name: str = ""


class _Walk:
    """`base` is the depth at which objects stand: 0, or 1 in an array of them. `slow` is how many bytes of what is in memory are read value
    by value."""

    def __init__(self, blocks: Iterator[bytes], lists: Lists) -> None:
        self.text, self._lists = Text(blocks), lists
        self._slow, self._base = 0, 0
        self._stack: list[int] = []
        self._keys: list[str] = []
        self._key, self._is_key = "", False

    def run(self) -> Iterator[Found]:
        """Raises Cut, Malformed."""
        while not self._is_done(self._stack):
            at, token = self.text.token()
            sign = token[0]
            is_member = len(self._stack) == self._base + 1
            if sign in OPEN:
                yield from self._open(at, sign)
            elif sign == QUOTE:
                if self._is_key:
                    self._key = _text(token)
                elif is_member:
                    yield Found(self.text.place(at)[0], raw=token, name=self._key)
            elif sign == COMMA:
                self._is_key = bool(self._stack) and self._stack[-1] != END
            elif sign == COLON:
                self._is_key = False
                if is_member and (scalar := self.text.scalar()):
                    yield Found(self.text.place(at)[0], raw=scalar, name=self._key)
            else:
                yield from self._close(at, sign)

    def _open(self, at: int, sign: int) -> Iterator[Found]:
        depth = len(self._stack)
        if depth == 0:
            self._base = 1 if OPEN[sign] == END else 0
        path = (*self._keys[self._base + 1 :], self._key) if depth > self._base else ()
        if OPEN[sign] == END and (most := self._most(path)) is not None:
            yield from self._list(path, most)
            return
        self._stack.append(OPEN[sign])
        self._keys.append(self._key)
        self._key, self._is_key = "", OPEN[sign] != END
        if len(self._stack) > _MOST_OPEN:
            raise Malformed(*self.text.place(at), "it is nested without end")

    def _close(self, at: int, sign: int) -> Iterator[Found]:
        if not self._stack or self._stack.pop() != sign:
            raise Malformed(*self.text.place(at), f"{chr(sign)} closes nothing")
        self._key, self._is_key = self._keys.pop(), False
        if len(self._stack) == self._base and sign != END:
            yield Found(self.text.place(at)[0])

    def _is_done(self, stack: list[int]) -> bool:
        if stack:
            return False
        try:
            self.text.sign()
        except Cut:
            return True
        return False

    def _most(self, path: tuple[str, ...]) -> int | None:
        return self._lists.get(path) or self._lists.get((*path[:-1], ANY))

    def _list(self, path: tuple[str, ...], most: int) -> Iterator[Found]:
        between, lead = b"", b""
        while self.text.sign() != END:
            if between and self._slow <= 0:
                found = self._several(path, lead, between, most)
                if found:
                    yield from found
                    continue
            self.text.keep = begin = self.text.at
            line = self.text.place(begin)[0]
            raw, because = self._value(most)
            self._slow -= max(len(raw), 1)
            yield Found(line, path, raw, because)
            self.text.keep = -1
            between, lead = self._manner(raw) or (between, lead)
        self.text.at += 1

    def _manner(self, raw: bytes) -> tuple[bytes, bytes] | None:
        """What stands between two records of this list, and before the end of each."""
        text = self.text
        if not raw.endswith(b"}"):
            return None
        if len(text.data) - text.at < 200 and not text.ended:
            text.fill()
        found = _NEXT.match(text.data, text.at)
        if found is None:
            return None
        last = raw.rfind(b"\n")
        blank = raw[last:-1] if last >= 0 and not raw[last:-1].strip() else b""
        return found[0], blank

    def _several(self, path: tuple[str, ...], lead: bytes, between: bytes, most: int) -> list[Found]:
        """Records that are whole in memory; none where that can't be told at once."""
        text = self.text
        if len(text.data) - text.at < _WINDOW and not text.ended:
            text.fill()
        begin, end = text.at, len(text.data)
        for _ in range(_TRIES):
            cut = text.data.rfind(lead + b"}" + between, begin, end)
            if cut < 0:
                break
            here = cut + len(lead) + 1
            try:
                raws = _LIST.decode(b"[" + text.data[begin:here] + b"]")
            except (msgspec.MsgspecError, ValueError, RecursionError):
                end = cut + len(lead)
                continue
            return self._placed(path, raws, here, most)
        self._slow = len(text.data) - begin
        return []

    def _placed(self, path: tuple[str, ...], raws: list[Raw], end: int, most: int) -> list[Found]:
        text, found = self.text, []
        at = text.at
        for raw in raws:
            at = text.data.find(bytes(raw), at)
            line = text.place(at)[0]
            found.append(_checked(line, path, raw, most))
            at += len(memoryview(raw))
        text.at = end
        return found

    def _value(self, most: int) -> tuple[bytes, str]:
        """From `keep` on, which is given up where it is too long. Raises Cut, Malformed."""
        text, stack, deepest, is_long = self.text, list[int](), 0, False
        if text.sign() not in {QUOTE, *OPEN} and not text.scalar():
            # A sign that has no place here.
            text.at += 1
        if text.data[text.keep] not in {QUOTE, *OPEN}:
            return b"", "is no JSON object"
        while True:
            self._nest(*text.token(max(most, LONGEST_RECORD)), stack)
            deepest = max(deepest, len(stack))
            if text.keep >= 0 and text.at - text.keep > most:
                text.keep, is_long = -1, True
            if not stack:
                break
        if is_long:
            return b"", f"it has more than {most} bytes: no record is as long"
        if deepest > DEEPEST:
            return b"", f"it is nested more than {DEEPEST} deep"
        raw = text.data[text.keep : text.at]
        return (raw, "") if raw[:1] == b"{" else (b"", "is no JSON object")

    def _nest(self, at: int, token: bytes, stack: list[int]) -> None:
        """Raises Malformed."""
        if token[0] in OPEN:
            stack.append(OPEN[token[0]])
            if len(stack) > _MOST_OPEN:
                raise Malformed(*self.text.place(at), "it is nested without end")
        elif token[0] in {ord("}"), END} and (not stack or stack.pop() != token[0]):
            raise Malformed(*self.text.place(at), f"{chr(token[0])} closes nothing")


def _checked(line: int, path: tuple[str, ...], raw: Raw, most: int) -> Found:
    if len(memoryview(raw)) > most:
        return Found(line, path, because=f"it has more than {most} bytes: no record is as long")
    if bytes(memoryview(raw)[:1]) != b"{":
        return Found(line, path, because="is no JSON object")
    return Found(line, path, raw)


def _text(token: bytes) -> str:
    try:
        return msgspec.json.decode(token, type=str)
    except msgspec.MsgspecError:
        return ""


def sections_of(source: Source, lists: Lists) -> Iterator[Found]:
    """Raises BadFile."""
    with source.path.open("rb") as file:
        begin = file.read(4096)
        check_kind(source, begin)
        file.seek(len(codecs.BOM_UTF8) if begin.startswith(codecs.BOM_UTF8) else 0)
        try:
            for found in _Walk(blocks_of(source, file), lists).run():
                odd = bool(found.path) and holds_nothing(found.raw)
                yield Found(found.line, found.path, because=NO_TEXT) if odd else found
        except Cut as error:
            raise BadFile(
                source, error.line, error.column, f"it ends within a record, so it was cut: {AGAIN}"
            ) from None
        except Malformed as error:
            raise BadFile(source, error.line, error.column, f"{error}: {AGAIN}") from None
