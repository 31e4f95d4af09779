"""Finds the piece of a text that answers a search, and marks the words that match."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from markupsafe import Markup, escape

LENGTH, BEFORE, MOST_BEGINS = 180, 40, 60
WORD: Final = re.compile(r"\w+")


@lru_cache(maxsize=20_000)
def fold(word: str) -> str:
    """Without case and accents, so that Müller and muller are the same."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


class Asked:
    """The words of a query, folded. It remembers which of them each word of a text matches."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(dict.fromkeys(words))
        self._known: dict[str, frozenset[str]] = {}

    def _answers(self, word: str) -> frozenset[str]:
        found = self._known.get(word)
        if found is None:
            folded = fold(word)
            begins = (folded, *folded.split("_"))
            found = self._known[word] = frozenset(
                one for one in self.words if (len(one) >= 4 and one in folded) or any(b.startswith(one) for b in begins)
            )
        return found

    def matches(self, text: str) -> list[tuple[int, int, frozenset[str]]]:
        """(begin, end, words of the query) for each word that matches."""
        found = ((match.start(), match.end(), self._answers(match[0])) for match in WORD.finditer(text))
        return [one for one in found if one[2]]

    def marked(self, text: str) -> Markup:
        """The text, escaped, with the matching words highlighted."""
        parts, at = [], 0
        for begin, end, _words in self.matches(text):
            parts += [escape(text[at:begin]), Markup("<mark>{}</mark>").format(text[begin:end])]
            at = end
        return Markup("").join([*parts, escape(text[at:])])

    def excerpt(self, text: str) -> Markup:
        """The piece that contains most of the words that were asked for; of several, the first."""
        matches = self.matches(text)[:MOST_BEGINS]
        begins = [max(0, begin - BEFORE) for begin, _end, _words in matches] or [0]

        def worth(at: int) -> int:
            inside = [words for begin, end, words in matches if at <= begin and end <= at + LENGTH]
            return len(frozenset().union(*inside))

        begin = max(begins, key=worth)
        begin = text.rfind(" ", 0, begin) + 1 if begin else 0
        end = begin + LENGTH
        stop = text.rfind(" ", begin, end) if end < len(text) else len(text)
        piece = text[begin : stop if stop > begin else end]
        before, after = "…" if begin else "", "…" if begin + len(piece) < len(text) else ""
        return Markup("{}{}{}").format(before, self.marked(piece), after)
