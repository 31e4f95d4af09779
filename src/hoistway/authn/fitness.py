"""Whether a password may be chosen: every page and command that sets one asks here."""

from collections.abc import Sequence
from typing import Final, Literal

from hoistway.authn.passwords import LONGEST

SHORTEST: Final = 12
Fault = Literal["short", "long"]
"""Why it may not; pages have the sentence under `password_` and this word."""


async def find_fault(password: str, about: Sequence[str] = ()) -> Fault | None:
    """None for one that may be chosen. `about` are words that are easily guessed for this person: names, addresses."""
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    return None
