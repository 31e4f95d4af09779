"""Decides whether two names look alike to a person, by comparing them with look-alike letters replaced by one and the
same letter (Unicode UTS #39).

https://www.unicode.org/reports/tr39/#Confusable_Detection. Stricter than that skeleton: case, accents, blanks and signs
are ignored, and digits that are used for letters count as those letters.
"""

import unicodedata

from hoistway.protocol.lookalikes import LOOKALIKES


def skeleton(name: str) -> str:
    """Letters and digits only, without accents and case, look-alikes made the same. Two names with the same skeleton
    are hard to tell apart."""
    # Replaced before and after each step, because a letter's decomposition or its small form may look like yet another
    # letter.
    seen = unicodedata.normalize("NFKD", name.translate(LOOKALIKES)).translate(LOOKALIKES)
    seen = unicodedata.normalize("NFKD", seen.casefold()).translate(LOOKALIKES)
    letters = "".join(letter for letter in seen if letter.isalnum())
    return letters.replace("rn", "m").replace("vv", "w")


def looks_like(name: str, other: str) -> bool:
    """True where `name` is, or contains, what a person reads as `other`."""
    wanted = skeleton(other)
    return len(wanted) >= 3 and wanted in skeleton(name)
