"""Chromium on the first page of the portal for whoever is signed in: accessible and whole in both languages, themes and widths."""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.judging import judge
from tests.browser.signing_in import sign_in
from tests.portal.glancing import serving_glanced
from tests.server import Served


# On one engine: tests/portal/test_glance.py asks both what it says.
@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    yield from serving_glanced("sqlite")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("lang", "heading"), [("en", "At a glance"), ("de", "Auf einen Blick")])
@pytest.mark.parametrize("who", ["adam", "eve", "olga", "out"])
def test_it_is_accessible_and_fits(
    browser: Browser, served: Served, who: str, lang: str, heading: str, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(locale=lang, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, served, who, "/portal")
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    judge(page)
    context.close()
