"""Reads a whole list of breached passwords and finds what searching it by bisection would trip over, some hundred megabytes in a second."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hoistway.authn.breached import DIGITS, LINE, LONGEST_LINE, BadList, why_no_line

BLOCK: Final = 4 * 1024 * 1024
GAPS: Final = 50
"""Hashes are spread evenly. That behind the last of n lines 50 n-ths of all hashes are missing does not happen by chance."""
_LINES = re.compile(rb"(?:[0-9A-F]{40}(?::[0-9]{1,20})?\r?\n)*")


def check_list(path: Path, tell: Callable[[int], None]) -> int:
    """The number of lines; `tell` hears how many bytes were read. Raises BadList, which names the line."""
    count, before, rest = 0, b"", b""
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                whole, end, rest = (rest + block).rpartition(b"\n")
                count, before = _check_block((whole + end).upper(), count, before)
                if len(rest) > LONGEST_LINE:
                    raise BadList(f"line {count + 1}: {why_no_line(rest)}")
                tell(len(block))
    except OSError as error:
        raise BadList(f"the list can't be read: {error.strerror}") from error
    if rest:
        if not LINE.fullmatch(rest.upper()):
            raise BadList(f"line {count + 1}, the last one, is cut off: the download did not end, begin it again")
        count, before = _check_block(rest.upper() + b"\n", count, before)
    _check_end(count, before)
    return count


def _check_block(block: bytes, count: int, before: bytes) -> tuple[int, bytes]:
    """Whole lines, in capitals, after `count` others of which the last had the hash `before`."""
    if not block:
        return count, before
    lines = block.split(b"\n")
    lines.pop()
    if not _LINES.fullmatch(block):
        at = next(place for place, line in enumerate(lines) if not LINE.fullmatch(line))
        raise BadList(f"line {count + at + 1}: {why_no_line(lines[at])}")
    hashes = [line[:DIGITS] for line in lines]
    if hashes[0] < before or hashes != sorted(hashes):
        at = next(place for place, one in enumerate(hashes) if one < (hashes[place - 1] if place else before))
        raise BadList(
            f"line {count + at + 1}: its hash is smaller than the one before, so the list is not sorted by hash: sort it"
        )
    return count + len(lines), hashes[-1]


def _check_end(count: int, last: bytes) -> None:
    if not count:
        raise BadList("the list is empty")
    space = 1 << 4 * DIGITS
    if (space - 1 - int(last, 16)) * count > GAPS * space:
        raise BadList(
            f"the list ends with line {count} at {last[:8].decode()}…, where many more should follow: it is cut off"
        )
