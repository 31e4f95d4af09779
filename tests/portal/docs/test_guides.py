"""The guides say the same in both languages, name every code and claim, and lead nowhere that does not exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hoistway.api.problems import TYPES
from hoistway.portal.docs.guides import NAMES, Guide, guides
from hoistway.portal.docs.samples import CALLS
from hoistway.portal.docs.values import BLANKS, PLACEHOLDER
from hoistway.protocol import dialect, errors
from hoistway.protocol.errors import OAuthError
from hoistway.routing import find_route
from hoistway.web.words import Lang
from tests.docs.test_docs import B2C_NUMBER

SOURCE = Path(dialect.__file__).parent.parent
KNOWN = {*BLANKS, "base_url", "token_endpoint", "authorize_endpoint"}
BOTH: tuple[Lang, ...] = ("en", "de")
ALL = [guide for lang in BOTH for guide in guides(lang).values()]
# Pages that colleagues of the documentation own: a link to one is right as soon as its route is there.
ELSEWHERE = ("/portal/token", "/portal/inspector", "/portal/applications", "/portal/products", "/portal/usage")


def label(guide: Guide) -> str:
    return f"{guide.lang}-{guide.name}"


def anchors(guide: Guide) -> list[str]:
    return [section.anchor for section in guide.document.sections if section.anchor]


def refusals(kind: type[OAuthError] = OAuthError) -> Iterator[type[OAuthError]]:
    for one in kind.__subclasses__():
        yield one
        yield from refusals(one)


@pytest.mark.parametrize("lang", BOTH)
def test_every_error_has_its_entry(lang: Lang) -> None:
    found = set(anchors(guides(lang)["errors"]))
    oauth = {one.error for one in refusals() if one.__module__.startswith("hoistway.")}
    numbers = {
        f"AADB2C{number}"
        for path in SOURCE.rglob("*.py")
        for pair in B2C_NUMBER.findall(path.read_text(encoding="utf-8"))
        for number in pair
        if number
    }
    assert len(oauth) > 15
    assert len(numbers) > 20
    assert {*oauth, *TYPES, *numbers} - found == set()
    assert {anchor for anchor in found if anchor.startswith("AADB2C")} == numbers


def test_the_page_of_errors_is_where_refusals_point() -> None:
    assert find_route(dialect.ERRORS_GUIDE)[0] is not None
    assert guides("en")["errors"].href == dialect.ERRORS_GUIDE
    assert errors.InvalidGrant.error in anchors(guides("en")["errors"])


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_chapters_code_and_values(name: str) -> None:
    english, german = (guides(lang)[name] for lang in BOTH)
    assert anchors(english) == anchors(german)
    assert english.document.fences == german.document.fences
    assert english.samples == german.samples
    filled = [sorted(set(PLACEHOLDER.findall(guide.markdown))) for guide in (english, german)]
    assert filled[0] == filled[1]
    assert english.title != german.title


@pytest.mark.parametrize("guide", ALL, ids=label)
def test_a_guide_is_whole(guide: Guide) -> None:
    assert len(set(anchors(guide))) == len(anchors(guide))
    assert set(PLACEHOLDER.findall(guide.document.html)) <= KNOWN
    assert set(guide.samples) <= set(CALLS)
    assert guide.summary.endswith(".")
    assert "!" not in re.sub(r"```.*?```", "", guide.markdown, flags=re.DOTALL)
    assert guide.document.html.count("<h1") == 0


@pytest.mark.parametrize("guide", ALL, ids=label)
def test_links_lead_somewhere(guide: Guide) -> None:
    for target in re.findall(r'href="([^"]+)"', guide.document.html):
        path, _, fragment = target.partition("#")
        if path.startswith("https://"):
            continue
        if path.startswith(ELSEWHERE):
            continue
        route, params = find_route(path or guide.href)
        assert route is not None, target
        name = params.get("name", guide.name)
        if fragment:
            assert fragment in anchors(guides(guide.lang)[name]), target


def test_every_call_beside_a_guide_is_used() -> None:
    assert {name for guide in ALL for name in guide.samples} == set(CALLS)
