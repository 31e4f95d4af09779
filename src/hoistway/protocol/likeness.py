"""When two names look alike to a person: compared by what is left when look-alike letters are one (Unicode UTS #39).

https://www.unicode.org/reports/tr39/#Confusable_Detection"""

import unicodedata
from typing import Final

_SEEN_AS: Final = str.maketrans(
    {
        "0": "o",
        "1": "l",
        "3": "e",
        "5": "s",
        "$": "s",
        "@": "a",
        "|": "l",
        "!": "l",
        "i": "l",
        # Cyrillic and Greek letters that fonts draw like Latin ones, after case folding.
        **dict(zip("авсԁеһіјкӏмопрԛѕтухѵ", "abcdehljklmonpqstyxv", strict=True)),
        **dict(zip("αβεηικνορτυχγ", "abenlkvoptuxy", strict=True)),
    }
)

# Capitals that look like another Latin letter than their small ones do.
_CAPITALS: Final = str.maketrans(dict(zip("ΗΝΡΥΜВНРС", "hnpymbhpc", strict=True)))


def skeleton(name: str) -> str:
    """Letters and digits only, accents and case dropped, look-alikes as one; two names with the same are hard to tell apart."""
    folded = unicodedata.normalize("NFKD", name).translate(_CAPITALS).casefold()
    seen = folded.translate(_SEEN_AS).replace("rn", "m").replace("vv", "w")
    return "".join(letter for letter in seen if letter.isalnum())


def looks_like(name: str, other: str) -> bool:
    """True where `name` is, or contains, what a person reads as `other`."""
    wanted = skeleton(other)
    return len(wanted) >= 3 and wanted in skeleton(name)
