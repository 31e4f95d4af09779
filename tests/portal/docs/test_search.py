"""The search finds what people look for, best first, in both languages."""

import pytest

from hoistway.portal.docs.excerpts import Asked, fold
from hoistway.portal.docs.search import MOST_FOUND, index, search
from hoistway.web.words import Lang


@pytest.mark.parametrize(
    ("lang", "query", "href"),
    [
        ("en", "invalid_grant", "/portal/guides/errors#invalid_grant"),
        ("en", "90225", "/portal/guides/errors#AADB2C90225"),
        ("en", "aadb2c90114", "/portal/guides/errors#AADB2C90114"),
        ("en", "Rotation", "/portal/guides/refresh#rotation"),
        ("en", "list units", "/portal/reference/listUnits"),
        ("en", "listUnits", "/portal/reference/listUnits"),
        ("en", "redeem the code", "/portal/guides/authentication#redeem"),
        ("de", "anlagen auflisten", "/portal/reference/listUnits"),
        ("de", "verlorene Antwort", "/portal/guides/refresh#grace"),
        ("de", "kontingent", "/portal/guides/limits#quota"),
        ("de", "schlussel", "/portal/guides/limits#keys"),
    ],
)
def test_the_first_hits(lang: Lang, query: str, href: str) -> None:
    found = [hit.href for hit in search(lang, query)]
    # The title of a page may come before its chapter.
    assert href in found[:3], found


def test_a_german_compound_is_found_by_its_part() -> None:
    assert any(hit.href.startswith("/portal/guides/limits") for hit in search("de", "abonnement"))


def test_every_word_must_be_there() -> None:
    assert search("en", "token zeppelin") == []
    assert search("en", "") == search("en", "  %%% ") == []
    assert len(search("en", "token")) == MOST_FOUND


def test_excerpts_escape_and_mark() -> None:
    text = "x " * 200 + "<b>Token</b> & more " + "y " * 200
    found = Asked(["token"]).excerpt(text)
    assert "&lt;b&gt;<mark>Token</mark>&lt;/b&gt; &amp; more" in found
    assert found.startswith("…")
    assert found.endswith("…")
    assert Asked(["tok"]).marked("a_token") == "<mark>a_token</mark>"


def test_folding() -> None:
    assert fold("MÜLLERSTRAẞE") == fold("mullerstrasse")


def test_the_index_holds_every_operation_and_chapter() -> None:
    places = index("en").places
    assert len(places) > 80
    assert len({place.href for place in places}) == len(places)
