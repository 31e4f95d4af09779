"""The only reader of numbers that somebody else wrote: ASCII digits alone, and not too many
(https://www.rfc-editor.org/rfc/rfc5234#appendix-B.1).

Python's own functions accept the digits of every script, some of which have no value (`²`), and raise an exception for
very long numbers.
"""

import re
from datetime import UTC, datetime

_WHOLE = re.compile(r"[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,2})?")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2})?")


def read_whole(text: str | None, least: int, most: int) -> int | None:
    """A whole number from `least`, which is not negative, to `most`; None for anything else."""
    if text is None or not _WHOLE.fullmatch(text):
        return None
    number = int(text)
    return number if least <= number <= most else None


def read_decimal(text: str, least: float, below: float) -> float | None:
    """A number from `least` up to, but not including, `below`; None for anything else. 1.6, 16e-1 and -3 are numbers."""
    if not _DECIMAL.fullmatch(text):
        return None
    number = float(text)
    return number if least <= number < below else None


def read_moment(text: str | None) -> datetime | None:
    """2026-01-30 (its first second) or 2026-01-30T13:00, in UTC; None for anything else."""
    if text is None or not _MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None
