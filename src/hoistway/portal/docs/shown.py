"""What pages of the documentation have in common: the tree at the side, and samples with values filled in."""

from collections.abc import Iterable

from markupsafe import Markup
from msgspec import Struct

from hoistway.portal.docs.described import Operation, operations
from hoistway.portal.docs.german import in_words
from hoistway.portal.docs.guides import guides
from hoistway.portal.docs.samples import Written
from hoistway.portal.docs.values import Values, fill
from hoistway.web.frame import Leaf
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.words import Lang


class Tab(Struct, frozen=True):
    """A call in one language, with the reader's values."""

    key: str
    name: str
    html: Markup


def tabs(samples: Iterable[Written], values: Values) -> tuple[Tab, ...]:
    """In the order of the languages."""
    return tuple(Tab(one.key, one.name, fill(one.html, values)) for one in samples)


def by_tag(found: Iterable[Operation]) -> dict[str, list[Operation]]:
    """In the order of the document."""
    groups: dict[str, list[Operation]] = {}
    for operation in found:
        groups.setdefault(operation.tag, []).append(operation)
    return groups


def leaves(lang: Lang, path: str) -> list[Leaf]:
    """Guides, with the chapters of the one that is open, then operations."""
    words = PORTAL_WORDS[lang]
    found = [Leaf(words["frame_guides"], level=0)]
    for guide in guides(lang).values():
        found.append(Leaf(guide.title, guide.href))
        if guide.href == path:
            chapters = [section for section in guide.document.sections if section.level == 2]
            found += [Leaf(section.title, f"{path}#{section.anchor}", 2) for section in chapters]
    found += [Leaf(words["frame_reference"], level=0), Leaf(words["docs_reference_operations"], "/portal/reference")]
    found += [Leaf(str(in_words(one.summary, lang).striptags()), one.href, 2) for one in operations().values()]
    return found
