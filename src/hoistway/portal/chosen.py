"""Reads what an address asks a page for. A value that the page does not know is refused, because a list that is not
what was asked for would mislead.
"""

from collections.abc import Collection

from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.numbers import read_moment
from hoistway.protocol.params import Params


def unknown(name: str, fix: str) -> InvalidRequest:
    """`name` is the parameter, `fix` what to do, as the words that follow "or"."""
    return InvalidRequest(f"The page does not know this value of {name}: leave {name} out, or {fix}.")


def chosen(query: Params, name: str, known: Collection[str], usual: str) -> str:
    """The value, which must be one of `known`; without a value, the default. Raises InvalidRequest."""
    value = query.get(name) or usual
    if value not in known:
        raise unknown(name, f"give one of {', '.join(sorted(known))}")
    return value


def short(query: Params, name: str, most: int) -> str:
    """A word or an id, which finds nothing where nobody has it. Raises InvalidRequest where it is longer than any."""
    value = query.get(name) or ""
    if len(value) > most:
        raise unknown(name, f"give at most {most} characters")
    return value


def day_of(name: str, text: str, *, end: bool) -> int | None:
    """The first or the last second of a day that is given as 2026-01-30. Raises InvalidRequest for anything else."""
    found = read_moment(text)
    if found is None and text:
        raise unknown(name, "give a day as 2026-01-30")
    return None if found is None else int(found.timestamp()) // 86_400 * 86_400 + (86_399 if end else 0)
