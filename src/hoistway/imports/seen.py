"""Texts of others in sentences and reports: what can't be seen, and would write over a terminal, in its escaped form."""

from typing import Any, Final

from hoistway.protocol.text import is_plain

SHORT: Final = 80
LONGEST: Final = 2000


def seen(text: str) -> str:
    """On one line. Bytes of a file's name that are no UTF-8 are escaped too."""
    return text if is_plain(text) else "".join(map(_escaped, text))


def _escaped(letter: str) -> str:
    """Each by itself: what is seen stays, whatever stands beside it."""
    return letter if is_plain(letter) else letter.encode("unicode_escape").decode("ascii")


def short_of(text: Any) -> str:
    """Of a name in a sentence."""
    return seen(str(text)[:SHORT])


def sentence_of(text: str) -> str:
    """A whole one, in which files have a say."""
    return seen(text[:LONGEST])
