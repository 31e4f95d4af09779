"""Tells by its first line which kind of log a file is, and reads it without holding more than a line of it, but for a HAR."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from hoistway.protocol.text_file import is_utf16
from hoistway.replay.access_log import is_gateway, is_nginx, of_gateway, of_nginx
from hoistway.replay.har import MOST_BYTES, Found, read_har
from hoistway.replay.recorded import MOST_LINE, BadLog, Recorded, Skipped
from hoistway.replay.written import of_line

_MARK: Final = b"\xef\xbb\xbf"
KNOWN: Final = (
    "a HAR, an access log of nginx (combined), API Management's gateway log as JSON lines, or lines of our own"
)


def read_log(path: Path) -> Iterator[Found]:
    """Raises BadLog."""
    try:
        with path.open("rb") as file:
            first = file.readline(MOST_LINE + 1).removeprefix(_MARK)
        if is_utf16(first):
            raise BadLog("it is in UTF-16: save it as UTF-8")
        if _is_har(path, first):
            if path.stat().st_size > MOST_BYTES:
                raise BadLog(f"it has more than {MOST_BYTES >> 20} MB: record a shorter time")
            yield from read_har(path.read_bytes().removeprefix(_MARK))
        else:
            yield from _lines(path)
    except OSError as error:
        raise BadLog(f"it can't be read: {error.strerror}") from error


def _is_har(path: Path, first: bytes) -> bool:
    """A document over several lines, or one whose first member is `log`."""
    begin = first.strip()
    return path.suffix.lower() == ".har" or begin == b"{" or begin.replace(b" ", b"").startswith(b'{"log":{')


def _lines(path: Path) -> Iterator[Found]:
    known = False
    with path.open("rb") as file:
        for number in _count():
            raw = file.readline(MOST_LINE + 1)
            if not raw:
                break
            if len(raw) > MOST_LINE:
                raise BadLog(f"line {number} has more than {MOST_LINE >> 20} MB: this is {KNOWN}")
            if not (text := raw.removeprefix(_MARK if number == 1 else b"").decode("utf-8", "replace").strip()):
                continue
            read = _reader(text)
            if read is None and not known:
                raise BadLog(f"line {number} is none of what is read: {KNOWN}")
            known = True
            yield number, _tried(number, text, read)


def _count() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


def _tried(number: int, text: str, read: Callable[[int, str], Recorded] | None) -> Recorded | str:
    if read is None:
        return "the line is of no known kind, or cut off"
    try:
        return read(number, text)
    except Skipped as why:
        return str(why)


def _reader(text: str) -> Callable[[int, str], Recorded] | None:
    if not text.startswith("{"):
        return of_nginx if is_nginx(text) else None
    try:
        row = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return None
    return lambda number, _: _of_row(number, row)


def _of_row(number: int, row: dict[str, Any]) -> Recorded:
    return of_gateway(number, row) if is_gateway(row) else of_line(number, row)
