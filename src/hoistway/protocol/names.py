"""Texts of one line that people read and compare: nothing in them may be unseen (https://www.unicode.org/reports/tr36/#visual_spoofing)."""

import re

# Drawn as nothing or as a blank, though Python takes them for printable: joiners, fillers, variation selectors, tags.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U0001d159\U000e0000-\U000e0fff]"
)


def is_line(text: str) -> bool:
    """False where it holds a line break, a control or format character (U+200B, U+202E), or a blank other than the space."""
    return text.isprintable() and (text.isascii() or _UNSEEN.search(text) is None)


def is_name(text: str, most: int, least: int = 1) -> bool:
    """A line of `least` to `most` characters."""
    return least <= len(text) <= most and is_line(text)
