"""Handles one segment of a path. An id may contain a slash, as equipment numbers do, and `%2F` must not separate
segments (https://www.rfc-editor.org/rfc/rfc3986#section-2.2).
"""

import re
from urllib.parse import quote, unquote

_SLASH = re.compile("%2f", re.IGNORECASE)
# Half a surrogate pair, which no decoded path contains.
_STAND_IN = "\ud800"


def segment(text: str) -> str:
    """Percent-encoded, including slashes."""
    return quote(text, safe="")


def has_slash(raw_path: bytes) -> bool:
    return _SLASH.search(raw_path.decode("latin-1")) is not None


def marked(raw_path: bytes) -> str:
    """The decoded path, in which encoded slashes are replaced by a mark; `unmarked` turns the mark into a slash again."""
    return unquote(_SLASH.sub(_STAND_IN, raw_path.decode("latin-1")))


def unmarked(text: str) -> str:
    return text.replace(_STAND_IN, "/")
