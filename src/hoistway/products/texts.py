"""Names and texts of products in English and German, with the same limits for console and command line."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from hoistway.protocol.text import read_name

LONGEST_NAME: Final = 100
LONGEST_DESCRIPTION: Final = 1_000
LONGEST_TERMS: Final = 20_000
ID: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
TEXTS: Final = ("name", "name_de", "description", "description_de", "terms", "terms_de")


def is_product_id(text: str) -> bool:
    """`new` is a page's."""
    return ID.fullmatch(text) is not None and text != "new"


def wrong_texts(texts: Mapping[str, str]) -> Iterator[str]:
    """Which of TEXTS are wrong. German texts may be left out, but terms in German alone are wrong, because readers of
    English would not see them."""
    if not read_name(texts["name"], 1, LONGEST_NAME)[1]:
        yield "name"
    if not read_name(texts["name_de"], 0, LONGEST_NAME)[1]:
        yield "name_de"
    if not 1 <= len(texts["description"]) <= LONGEST_DESCRIPTION:
        yield "description"
    if len(texts["description_de"]) > LONGEST_DESCRIPTION:
        yield "description_de"
    if len(texts["terms"]) > LONGEST_TERMS:
        yield "terms"
    if len(texts["terms_de"]) > (LONGEST_TERMS if texts["terms"] else 0):
        yield "terms_de"
