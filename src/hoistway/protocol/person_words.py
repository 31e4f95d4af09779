"""What a person is found by: the beginnings of the user name, of each e-mail address, and of each word of the name.

All of it is folded as user names are (RFC 8265 section 3.3, protocol/text.py), so what signs somebody in also finds them.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from hoistway.protocol.text import is_latin, username_key

LONGEST: Final = 100
"""Characters of a text that are kept, and of what is typed that are looked for."""
MOST_WORDS: Final = 8
"""Words of one text that may be its beginning."""
MOST_ADDRESSES: Final = 10
_BEGINNING: Final = re.compile(r"(?<![^\W_])[^\W_]")
MOST: Final = 2 * MOST_WORDS + MOST_ADDRESSES


def _parts(letter: str) -> bool:
    """Marks do not part: vowels of some scripts are marks."""
    return unicodedata.category(letter)[0] in "ZPS"


def _beginnings(text: str) -> Iterable[int]:
    if is_latin(text):
        # There letters and numbers are what does not part: this takes a sixth of the time.
        return (found.start() for found in _BEGINNING.finditer(text))
    return (
        place for place, letter in enumerate(text) if not _parts(letter) and (place == 0 or _parts(text[place - 1]))
    )


def _turned(text: str) -> Iterable[str]:
    """The text from each of its words on, what stands before it behind: "anna maria schmidt", "maria schmidt anna",
    "schmidt anna maria". So a phone book's order comes with the index, and several words can be looked for in one row."""
    for place in list(_beginnings(text))[:MOST_WORDS] or [0]:
        yield f"{text[place:]} {text[:place]}".strip()[:LONGEST]


def words_of_person(username: str, name: str, emails: Sequence[str]) -> frozenset[str]:
    """At most MOST. A user name without blanks is found by its beginning only, as addresses are."""
    key = username_key(username)
    found = {
        *_turned(username_key(name)),
        *(key[:LONGEST] if one == username else username_key(one)[:LONGEST] for one in emails[:MOST_ADDRESSES]),
    }
    found |= set(_turned(key)) if " " in key else {key[:LONGEST]}
    return frozenset(found - {""})


def typed_words(typed: str) -> tuple[str, ...]:
    """What is looked for, folded, the longest first; no word that another one begins with, because whoever has the longer
    has both. Empty where nothing can be found."""
    words = sorted(set(username_key(typed)[:LONGEST].split()), key=lambda word: (-len(word), word))
    kept = [word for place, word in enumerate(words) if not any(one.startswith(word) for one in words[:place])]
    return tuple(kept[:MOST_WORDS])


def has_words(text: str, words: Sequence[str]) -> bool:
    """Whether each of the words is the beginning of a word of this folded text."""
    if not all(word in text for word in words):
        return False
    places = list(_beginnings(text))
    return all(any(text.startswith(word, place) for place in places) for word in words)
