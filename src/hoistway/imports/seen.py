"""Texts of others in sentences and reports: what can't be seen, and would write over a terminal, in its escaped form."""

from typing import Any, Final

from hoistway.protocol.text import BadText, check_seen

SHORT: Final = 80


def seen(text: str) -> str:
    """On one line. Bytes of a file's name that are no UTF-8 are escaped too."""
    try:
        text.encode()
        check_seen(text)
    except (BadText, UnicodeEncodeError):
        return text.encode("unicode_escape").decode("ascii")
    return text.replace("\n", "\\n")


def short_of(text: Any) -> str:
    """Of a name in a sentence."""
    return seen(str(text)[:SHORT])
