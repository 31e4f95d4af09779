"""README shows the portal as it is: the page says, in these sizes and colours, what was on it when its picture was made."""

import struct
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import picture
from tests.server import Served


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with picture.served() as server:
        yield server


def test_the_picture_shows_the_page_of_today(browser: Browser, served: Served) -> None:
    with picture.opened(browser, served) as page:
        seen = picture.words_on(page)
    assert seen.count("\n") > 30
    assert seen == picture.WORDS.read_text(encoding="utf-8"), "README's picture shows another page: run ./dev picture"


def test_the_picture_is_small_and_of_the_windows_size() -> None:
    png = picture.PICTURE.read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24]) == (picture.WIDTH, picture.HEIGHT)
    assert len(png) < 150_000
