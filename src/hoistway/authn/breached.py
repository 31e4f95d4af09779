"""Looks a password up in the operator's list of breached ones, without loading it: the file that Have I Been Pwned's downloader writes, SHA-1
in hexadecimal, sorted, one a line, with `:count` or without (https://haveibeenpwned.com/Passwords)."""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hoistway.protocol.text_file import SAVE_IT, is_utf16

DIGITS: Final = 40
NEAR: Final = 4096
"""Bytes that are read at once at the end of the search."""
LONGEST_LINE: Final = 128
LINE: Final = re.compile(rb"[0-9A-F]{40}(?::[0-9]{1,20})?\r?")
_NTLM = re.compile(rb"[0-9A-F]{32}(?::[0-9]{1,20})?\r?")
_RANGE = re.compile(rb"[0-9A-F]{35}(?::[0-9]{1,20})?\r?")


class BadList(ValueError):
    """It can't be searched; the text says why and what to do."""


def why_no_line(line: bytes) -> str:
    """Why the list can't be used, by one of its lines."""
    if _NTLM.fullmatch(line.upper()):
        return "the list holds NTLM hashes: download the one of SHA-1"
    if _RANGE.fullmatch(line.upper()):
        return "the list is one of the downloader's files by range, without the first five digits: download all in one file"
    if line.startswith(b"\xef\xbb\xbf"):
        return "the list begins with a byte order mark: an editor changed it, download it again"
    if is_utf16(line):
        return f"the list is in UTF-16: {SAVE_IT}"
    return "a line is no SHA-1 in 40 hexadecimal digits with an optional :count"


class _List:
    def __init__(self, file: int) -> None:
        self._file = file
        self.size = os.fstat(file).st_size

    def read(self, at: int, length: int) -> bytes:
        return os.pread(self._file, length, at)

    def line_from(self, at: int) -> tuple[int, bytes]:
        """The first line that begins at `at` or behind it: where, and its digits. At the end of the file there is none, and the digits are
        empty. Raises BadList."""
        found = self.read(at, 2 * LONGEST_LINE)
        if at:
            # A line begins behind the end of the one before, which may lie just before `at`.
            found = self.read(at - 1, 2 * LONGEST_LINE)
            before, end, found = found.partition(b"\n")
            if not end and len(before) > LONGEST_LINE:
                raise BadList(why_no_line(before))
            at += len(before)
        if not found:
            return self.size, b""
        return at, digits_of(found.partition(b"\n")[0])


def digits_of(line: bytes) -> bytes:
    """Raises BadList."""
    line = line.upper()
    if not LINE.fullmatch(line):
        raise BadList(why_no_line(line))
    return line[:DIGITS]


@contextmanager
def _opened(path: Path) -> Iterator[_List]:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield _List(file)
    finally:
        os.close(file)


def look_at(path: Path) -> None:
    """At the start: whether its first and its last lines look right. Raises BadList."""
    try:
        with _opened(path) as found:
            first = found.line_from(0)[1]
            if not first:
                raise BadList("the list is empty")
            tail = found.read(max(0, found.size - LONGEST_LINE), LONGEST_LINE).rstrip(b"\n")
            if digits_of(tail.rpartition(b"\n")[2]) < first:
                raise BadList("the list is not sorted by hash: download the one that is")
    except OSError as error:
        raise BadList(f"the list can't be read: {error.strerror}") from error


def check_breached(path: str | None) -> None:
    """Looks at both ends of the list. For the setting. Raises ValueError that says what to do."""
    if path is not None:
        try:
            look_at(Path(path))
        except BadList as error:
            raise ValueError(f"HOISTWAY_BREACHED_PASSWORDS: {path}: {error}") from None


def is_breached(path: Path, password: str) -> bool:
    """Some forty reads of the file, whatever its size. It is opened each time, so that it may be replaced. Raises BadList."""
    wanted = hashlib.sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest().upper().encode()
    try:
        with _opened(path) as found:
            if not found.size:
                raise BadList("the list is empty")
            return _search(found, wanted)
    except OSError as error:
        raise BadList(f"the list can't be read: {error.strerror}") from error


def _search(found: _List, wanted: bytes) -> bool:
    """`low` is always where a line begins; lines before it have smaller hashes, and those from `high` on larger ones."""
    low, high, least, most = 0, found.size, b"", b"G"
    while high - low > NEAR:
        middle = (low + high) // 2
        at, digits = found.line_from(middle)
        if not digits or at >= high:
            high = middle
            continue
        if not least <= digits <= most:
            raise BadList("the list is not sorted by hash: `hoistway passwords check-list` names the line")
        if digits == wanted:
            return True
        if digits < wanted:
            low, least = at, digits
        else:
            high, most = at, digits
    lines = found.read(low, high - low + LONGEST_LINE).split(b"\n")
    # The last piece may be half a line, unless the file ends with it.
    whole = lines if high + LONGEST_LINE >= found.size else lines[:-1]
    return any(digits_of(line) == wanted for line in whole if line)
