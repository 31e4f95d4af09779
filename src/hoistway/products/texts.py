"""What products are called and say, in English and German: the same limits for console and command line."""

from collections.abc import Iterator, Mapping
from typing import Final

from hoistway.protocol.text import read_name

LONGEST_NAME: Final = 100
LONGEST_DESCRIPTION: Final = 1_000
LONGEST_TERMS: Final = 20_000
TEXTS: Final = ("name", "name_de", "description", "description_de", "terms", "terms_de")


def wrong_texts(texts: Mapping[str, str]) -> Iterator[str]:
    """Which of TEXTS can't stay so. German ones may be left out; terms in German alone would be shown to nobody else."""
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
