"""One segment of a path: an id may hold a slash, as equipment numbers do, and `%2F` is no separator
(https://www.rfc-editor.org/rfc/rfc3986#section-2.2)."""

import re
from urllib.parse import quote, unquote

_SLASH = re.compile("%2f", re.IGNORECASE)
# Half a character: no decoded path holds it.
_STAND_IN = "\ud800"


def segment(text: str) -> str:
    """Percent-encoded, slashes too."""
    return quote(text, safe="")


def has_slash(raw_path: bytes) -> bool:
    return b"%2" in raw_path and _SLASH.search(raw_path.decode("latin-1")) is not None


def marked(raw_path: bytes) -> str:
    """The decoded path, whose encoded slashes separate nothing; `unmarked` makes slashes of them again."""
    return unquote(_SLASH.sub(_STAND_IN, raw_path.decode("latin-1")))


def unmarked(text: str) -> str:
    return text.replace(_STAND_IN, "/")
