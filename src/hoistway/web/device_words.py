"""Browsers as people call them, in the reader's language."""

from collections.abc import Mapping
from typing import Final

from hoistway.web.words import Lang

_ON: Final[Mapping[Lang, str]] = {"en": "{browser} on {system}", "de": "{browser} unter {system}"}
_SOME: Final[Mapping[Lang, str]] = {
    "en": "A browser that is not recognised",
    "de": "Ein Browser, der sich nicht erkennen lässt",
}
_DEVICES: Final = frozenset({"iPhone", "iPad"})
"""What stands for the system is the device itself."""
_ON_DEVICE: Final[Mapping[Lang, str]] = {"en": "{browser} on an {system}", "de": "{browser} auf einem {system}"}


def browser_in_words(agent: str | None, lang: Lang) -> str:
    """`agent` is what endpoints/agents made of the browser's own words, such as "Firefox, Windows"."""
    browser, comma, system = (agent or "").partition(", ")
    if not comma:
        return browser or _SOME[lang]
    words = _ON_DEVICE if system in _DEVICES else _ON
    return words[lang].format(browser=browser, system=system)
