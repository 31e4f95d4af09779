"""Says what is wrong with a line of JSON (https://www.rfc-editor.org/rfc/rfc8259) in words for the file's author; the
fast reader names no column.
"""

import json
import re
from typing import Any, Final

from hoistway.things.unit_rows import LONGEST_ROW, BadRow

NO_OBJECT: Final = "not a JSON object in UTF-8"
_LONGEST: Final = 8 * LONGEST_ROW
_DEEP = re.compile(rb'"(\w{1,40})"\s*:\s*(?:[\[{]\s*){20}')
_PLACE = re.compile(r"out of range - at `\$\.(\w+)")
_HALF = re.compile("[\ud800-\udfff]")


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Raises BadRow."""
    found = dict(members)
    if len(found) < len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadRow(f"the row names {twice[:40]!r} twice: which of the two counts?")
    return found


def _read(text: bytes) -> Any:
    """Numbers stay text, because Python refuses very long ones. Raises BadRow, ValueError, RecursionError."""
    if len(text) > _LONGEST:
        raise BadRow(f"the row has more than {LONGEST_ROW} characters")
    return json.loads(text.decode(), object_pairs_hook=_object, parse_int=str, parse_float=str)


def check_once(text: bytes, members: int) -> None:
    """No two members may have the same name; what that means is left open by RFC 8259 section 4. Only a line that has
    more colons than the reader found `members` is checked closely, which hardly any line of a million has. Raises
    BadRow."""
    if text.count(b":") > members:
        try:
            _read(text)
        except (ValueError, RecursionError) as error:
            raise BadRow(NO_OBJECT) from error


def why_not(text: bytes, error: Exception) -> str:
    """Why the reader refused the line with `error`."""
    out = _PLACE.search(str(error))
    if out is not None:
        return f"{out[1]} is a number with too many digits or too large an exponent: correct it"
    if isinstance(error, RecursionError):
        deep = _DEEP.search(text)
        return f"{deep[1].decode() if deep else 'a value'} is nested too deep: only floors may be a list, of objects"
    try:
        row = _read(text)
    except BadRow as bad:
        return str(bad)
    except (ValueError, RecursionError):
        return NO_OBJECT
    for name, value in row.items() if isinstance(row, dict) else ():
        half = _HALF.search(json.dumps(value, ensure_ascii=False))
        if half is not None:
            return f"{name[:40]!r} holds \\u{ord(half[0]):04x}, which is half of a character: write all of it"
    return NO_OBJECT
