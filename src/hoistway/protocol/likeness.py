"""When two names look alike to a person: compared by what is left when look-alike letters are one (Unicode UTS #39).

https://www.unicode.org/reports/tr39/#Confusable_Detection. Coarser than its skeleton: case, accents, blanks and signs don't
count, and digits that stand for letters are the letters."""

import unicodedata

from hoistway.protocol.lookalikes import LOOKALIKES


def skeleton(name: str) -> str:
    """Letters and digits only, accents and case dropped, look-alikes as one; two names with the same are hard to tell apart."""
    # Before and after each step: the decomposition of a letter, and its small form, may be drawn like another one than itself.
    seen = unicodedata.normalize("NFKD", name.translate(LOOKALIKES)).translate(LOOKALIKES)
    seen = unicodedata.normalize("NFKD", seen.casefold()).translate(LOOKALIKES)
    letters = "".join(letter for letter in seen if letter.isalnum())
    return letters.replace("rn", "m").replace("vv", "w")


def looks_like(name: str, other: str) -> bool:
    """True where `name` is, or contains, what a person reads as `other`."""
    wanted = skeleton(other)
    return len(wanted) >= 3 and wanted in skeleton(name)
