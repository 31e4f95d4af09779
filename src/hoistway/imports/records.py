"""Reads the records of a JSON file of any length, with the line of each: pages of the Graph, one array, or an object a line.

https://learn.microsoft.com/graph/paging, https://github.com/ndjson/ndjson-spec. In memory is a file of up to WHOLE bytes, or one
record and a block.
"""

import codecs
from collections.abc import Iterator
from typing import IO, Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from hoistway.imports.scanning import LONGEST_RECORD, NO_TEXT, Cut, Malformed, Scanned, holds_nothing, scan
from hoistway.imports.seen import sentence_of
from hoistway.imports.sources import Source
from hoistway.protocol.text_file import SAVE_IT, is_utf16

WHOLE: Final = 16 * 1024 * 1024
_BLOCK: Final = 1024 * 1024
_BOM: Final = codecs.BOM_UTF8
PACKED: Final = {b"PK\x03\x04": "zip", b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"(\xb5/\xfd": "zstd"}
AGAIN: Final = "fetch it again, and import nothing of it until it is whole"


class BadFile(Exception):
    """The file can't be read to its end; the text says where, why and what to do."""

    def __init__(self, source: Source, line: int, column: int, words: str) -> None:
        self.file, self.line, self.column, self.words = source.name, line, column, sentence_of(words)
        where = f", line {line}, column {column}" if line else ""
        super().__init__(f"{source.name}{where}: {self.words}")


class Record(Struct, frozen=True):
    """`because` says why it can't be read, otherwise `raw` is one JSON object."""

    line: int
    raw: Raw | bytes = b""
    because: str = ""


class Facts(Struct):
    """What a file says beside its records."""

    pages: int = 0
    has_next: bool = False


class _Page(Struct, rename={"next_link": "@odata.nextLink", "old_link": "odata.nextLink", "arm_link": "nextLink"}):
    """Of the Graph, of the older one, or of Azure's management API."""

    value: list[Raw] | UnsetType = UNSET
    next_link: str | None = None
    old_link: str | None = None
    arm_link: str | None = None


_PAGE = msgspec.json.Decoder(_Page)
_LIST = msgspec.json.Decoder(list[Raw])
_RAW = msgspec.json.Decoder(Raw)


def records_of(source: Source, facts: Facts) -> Iterator[Record]:
    """Raises BadFile."""
    for record in _read(source, facts):
        yield Record(record.line, because=NO_TEXT) if holds_nothing(record.raw) else record


def _read(source: Source, facts: Facts) -> Iterator[Record]:
    with source.path.open("rb") as file:
        begin = file.read(4096)
        check_kind(source, begin)
        file.seek(len(_BOM) if begin.startswith(_BOM) else 0)
        if source.size <= WHOLE:
            yield from _whole(source, file.read(), facts)
        elif _has_lines(file):
            yield from _lines(source, file, facts)
        else:
            yield from _scanned(source, file, facts)


def check_kind(source: Source, begin: bytes) -> None:
    packed = next((name for mark, name in PACKED.items() if begin.startswith(mark)), None)
    if packed is not None:
        raise BadFile(source, 0, 0, f"it is packed ({packed}): unpack it first")
    if is_utf16(begin):
        raise BadFile(source, 0, 0, f"it is in UTF-16: {SAVE_IT}")
    if not begin.removeprefix(_BOM).strip():
        raise BadFile(source, 0, 0, f"it is empty: {AGAIN}")
    if begin.removeprefix(_BOM).lstrip()[:1] not in {b"{", b"["}:
        raise BadFile(source, 1, 1, "it is no JSON: an export begins with { or [")


def _has_lines(file: IO[bytes]) -> bool:
    """Whether the first line is one object that is no page; afterwards the file stands where it stood."""
    here = file.tell()
    line = file.readline(LONGEST_RECORD)
    file.seek(here)
    return _is_record(line)


def _is_record(line: bytes) -> bool:
    try:
        return line[:1] == b"{" and _PAGE.decode(line).value is UNSET
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False


def _place(data: bytes, at: int) -> tuple[int, int]:
    line = data.count(b"\n", 0, at) + 1
    return line, at - (data.rfind(b"\n", 0, at) + 1) + 1


def _check_text(source: Source, data: bytes, line: int = 1) -> None:
    if data.isascii():
        return
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        down, column = _place(data, error.start)
        raise BadFile(source, line + down - 1, column, f"it is no text in UTF-8: {SAVE_IT}") from None


def _whole(source: Source, data: bytes, facts: Facts) -> Iterator[Record]:
    _check_text(source, data)
    records = _decoded(data, facts)
    if records is None:
        first = data.partition(b"\n")[0]
        if _is_record(first):
            yield from _lines_of(source, iter(data.splitlines(keepends=True)), facts)
        else:
            yield from _found(source, scan(iter((data,))), facts)
        return
    at, line = 0, 1
    for raw in records:
        here = data.find(bytes(raw), at)
        line += data.count(b"\n", at, here)
        yield Record(line, raw)
        line += data.count(b"\n", here, here + len(memoryview(raw)))
        at = here + len(memoryview(raw))


def _decoded(data: bytes, facts: Facts) -> list[Raw] | None:
    """None where it is no single page, array or object."""
    try:
        if data.lstrip()[:1] == b"[":
            return _LIST.decode(data)
        page = _PAGE.decode(data)
        if page.value is UNSET:
            return [_RAW.decode(data)]
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    _tell(facts, page)
    return page.value


def _tell(facts: Facts, page: _Page) -> None:
    facts.pages += 1
    facts.has_next = bool(page.next_link or page.old_link or page.arm_link)


def _lines(source: Source, file: IO[bytes], facts: Facts) -> Iterator[Record]:
    def read() -> Iterator[bytes]:
        while line := file.readline(LONGEST_RECORD + 1):
            yield line

    yield from _lines_of(source, read(), facts)


def _lines_of(source: Source, lines: Iterator[bytes], facts: Facts) -> Iterator[Record]:
    """One object each. A wrong one is one record; where the last has no end, the file was cut."""
    is_rest, number = False, 0
    for line in lines:
        is_whole = line.endswith(b"\n")
        if is_rest:
            is_rest = not is_whole
            continue
        number += 1
        if len(line) > LONGEST_RECORD:
            is_rest = not is_whole
            yield Record(number, because=f"the line has more than {LONGEST_RECORD} bytes: no record is as long")
            continue
        text = line.strip()
        if not text:
            continue
        _check_text(source, line, number)
        yield from _line(source, number, text, is_whole=is_whole, facts=facts)


def _line(source: Source, number: int, text: bytes, *, is_whole: bool, facts: Facts) -> Iterator[Record]:
    try:
        page = _PAGE.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        if not is_whole:
            raise BadFile(source, number, len(text), f"it ends within a record, so it was cut: {AGAIN}") from None
        yield Record(number, because=f"the line is no JSON object ({error}): write one object on each line")
        return
    if page.value is UNSET:
        yield Record(number, text)
        return
    _tell(facts, page)
    for raw in page.value:
        yield Record(number, raw)


def blocks_of(source: Source, file: IO[bytes]) -> Iterator[bytes]:
    decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
    while block := file.read(_BLOCK):
        if not block.isascii() or decoder.getstate()[0]:
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                down, column = _place(block, min(error.start, len(block)))
                raise BadFile(source, line + down - 1, column, f"it is no text in UTF-8: {SAVE_IT}") from None
        line += block.count(b"\n")
        yield block


def _scanned(source: Source, file: IO[bytes], facts: Facts) -> Iterator[Record]:
    yield from _found(source, scan(blocks_of(source, file)), facts)


def _found(source: Source, scanned: Iterator[Scanned], facts: Facts) -> Iterator[Record]:
    try:
        for one in scanned:
            if one.closes:
                facts.pages += 1
                facts.has_next = one.has_next
            else:
                yield Record(one.line, one.raw, one.because)
    except Cut as error:
        raise BadFile(source, error.line, error.column, f"it ends within a record, so it was cut: {AGAIN}") from None
    except Malformed as error:
        raise BadFile(source, error.line, error.column, f"{error}: {AGAIN}") from None
