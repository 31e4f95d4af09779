"""The search over guides and reference: an index in memory, ranked by BM25, with words of headings counted several
times (https://www.nowpublishers.com/article/Details/INR-019).
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from markupsafe import Markup
from msgspec import Struct

from hoistway.portal.docs.described import Member, Operation, operations
from hoistway.portal.docs.excerpts import WORD, Asked, fold
from hoistway.portal.docs.german import in_words
from hoistway.portal.docs.guides import guides
from hoistway.portal.docs.values import PLACEHOLDER
from hoistway.web.words import Lang

MOST_WORDS, MOST_FOUND = 8, 20
_K, _B = 1.4, 0.6
_TITLE_WEIGHT, _PART_WEIGHT = 6, 0.4


class Place(Struct, frozen=True):
    """Something that can be found: a chapter of a guide, or an operation."""

    href: str
    page: str
    title: str
    text: str


class Hit(Struct, frozen=True):
    """In `title` and `excerpt` the matches are marked."""

    href: str
    page: str
    title: Markup
    excerpt: Markup


def words_in(text: str) -> list[str]:
    """Folded words; `client_id` counts as one word and as its parts."""
    found = []
    for word in WORD.findall(text):
        folded = fold(word)
        found.append(folded)
        if "_" in folded.strip("_"):
            found += [part for part in folded.split("_") if part]
    return found


class Index(Struct, frozen=True):
    """`counts` holds for each place how often each word occurs there; a word of its heading counts `_TITLE_WEIGHT`
    times."""

    places: tuple[Place, ...]
    counts: tuple[Counter[str], ...]
    lengths: tuple[int, ...]
    average: float
    vocabulary: tuple[str, ...]

    def _spread(self, word: str) -> dict[str, float]:
        """The words of the index that a word of the query stands for, with their weights: itself, words that begin with
        it and, because of German compounds, words that contain it."""
        found: dict[str, float] = {}
        for known in self.vocabulary:
            if known == word:
                found[known] = 1.0
            elif len(word) >= 2 and known.startswith(word):
                found[known] = 0.4 + 0.5 * len(word) / len(known)
            elif len(word) >= 4 and word in known:
                found[known] = _PART_WEIGHT
        return found

    def scores(self, asked: tuple[str, ...]) -> list[float]:
        """One for each place; 0 where one of the words does not occur there in any form."""
        total = [0.0] * len(self.places)
        alive = [True] * len(self.places)
        for word in asked:
            spread = self._spread(word)
            # The rarity is that of the word in the query, with all its forms together.
            scores = [
                self._one(counts, length, spread) for counts, length in zip(self.counts, self.lengths, strict=True)
            ]
            holding = sum(score > 0 for score in scores)
            rarity = math.log(1 + (len(self.places) - holding + 0.5) / (holding + 0.5))
            for index, score in enumerate(scores):
                alive[index] = alive[index] and score > 0
                total[index] += score * rarity
        return [score if living else 0.0 for score, living in zip(total, alive, strict=True)]

    def _one(self, counts: Counter[str], length: int, spread: dict[str, float]) -> float:
        seen = sum(counts[word] * weight for word, weight in spread.items() if word in counts)
        return seen * (_K + 1) / (seen + _K * (1 - _B + _B * length / self.average)) if seen else 0.0


def _member_words(members: tuple[Member, ...], lang: Lang) -> Iterator[str]:
    for one in members:
        yield f"{one.name} {in_words(one.description, lang).striptags()} {' '.join(one.values)}"
        yield from _member_words(one.members, lang)


def _operation(operation: Operation, lang: Lang) -> Place:
    parts = [f"{operation.method} {operation.path}", *operation.scopes]
    parts += _member_words(operation.parameters + operation.body + operation.done.members, lang)
    parts += [one.problem for one in operation.refusals]
    title = f"{in_words(operation.summary, lang).striptags()} ({operation.id})"
    return Place(operation.href, "", title, " · ".join(parts))


def _places(lang: Lang) -> Iterator[Place]:
    for guide in guides(lang).values():
        for section in guide.document.sections:
            href = guide.href + (f"#{section.anchor}" if section.anchor else "")
            text = PLACEHOLDER.sub(lambda found: found[1].upper(), section.text)
            lead = f"{guide.summary} " if not section.anchor else ""
            yield Place(href, guide.title, section.title, re.sub(r"\s+", " ", lead + text).strip())
    for operation in operations().values():
        yield _operation(operation, lang)


@cache
def index(lang: Lang) -> Index:
    """Built when somebody first searches in a language: about a hundred places, in some milliseconds."""
    places = tuple(_places(lang))
    counts = []
    for place in places:
        counted = Counter(words_in(place.text))
        for word in words_in(place.title):
            counted[word] += _TITLE_WEIGHT
        for word in words_in(place.page):
            counted[word] += 1
        counts.append(counted)
    lengths = tuple(counted.total() for counted in counts)
    vocabulary = tuple(sorted({word for counted in counts for word in counted}))
    return Index(places, tuple(counts), lengths, sum(lengths) / len(lengths), vocabulary)


def search(lang: Lang, query: str) -> list[Hit]:
    """The best places, best first."""
    asked = Asked([fold(found) for found in WORD.findall(query)][:MOST_WORDS])
    if not asked.words:
        return []
    found = index(lang)
    ranked = sorted(zip(found.scores(asked.words), found.places, strict=True), key=lambda pair: -pair[0])
    return [
        Hit(place.href, place.page, asked.marked(place.title), asked.excerpt(place.text))
        for score, place in ranked[:MOST_FOUND]
        if score > 0
    ]
