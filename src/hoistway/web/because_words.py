"""Reasons in the words of the page that shows them."""

from hoistway.protocol.because import Because
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.words import Lang


def in_words(fact: object, lang: Lang) -> object:
    """What fills a sentence in: a reason as a sentence of its own, anything else as it is."""
    if not isinstance(fact, Because):
        return fact
    return PORTAL_WORDS[lang][f"failed_{fact.key}"].format(
        **{name: in_words(one, lang) for name, one in fact.facts.items()}
    )
