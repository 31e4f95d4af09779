"""Files as large as the page says go through, whatever stands in them: their text is made by chance, so that it packs badly."""

import random
import re
from collections.abc import Callable

import pytest

from hoistway.things.files import LARGEST, MOST_ROWS, packed, unpacked
from tests.console.test_filing import apply, shown
from tests.portal.asking import operator, said
from tests.server import Served

LETTERS = "abcdefghijklmnopqrstuvwxyzäöüßéABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
ASCII = "abcdefghijklmnopqrstuvwxyz0123456789"
Row = Callable[[random.Random, int], list[str]]


def text(chance: random.Random, length: int, letters: str = LETTERS) -> str:
    return "".join(chance.choices(letters, k=length))


def street(chance: random.Random, length: int) -> str:
    return f"{text(chance, length)}straße {chance.randint(1, 400)}"


def address(chance: random.Random, length: int) -> str:
    return f"{text(chance, length, ASCII)}@{text(chance, 12, ASCII)}.example"


KINDS: dict[str, tuple[str, Row]] = {
    "customers": ("id,name", lambda c, n: [f"big{n}-{text(c, 80, ASCII)}", text(c, 190)]),
    "sites": (
        "id,name,street,postal_code,city,country",
        lambda c, n: [f"big{n}-{text(c, 90, ASCII)}", text(c, 199), street(c, 180), text(c, 20, ASCII), text(c, 199), "DE"],
    ),
    "units": (
        "id,site_id,customer_id,customer_equipment_number,controller_type,controller_number,controller_description,car_type,serial_number,capacity_kg",
        lambda c, n: [
            f"big{n}-{text(c, 90, ASCII)}", "c-a-s1", "c-a", *(text(c, 140) for _ in range(6)), str(c.randint(100, 9999)),
        ],
    ),
    "users": (
        "username,name,emails",
        lambda c, n: [address(c, 60), text(c, 190), " ".join(address(c, 60) for _ in range(8))],
    ),
    "accounts": ("username,name,customer", lambda c, n: [f"big{n}.{text(c, 180, ASCII)}", text(c, 199), "c-a"]),
    "applications": (
        "id,name,type,customer,redirect_uris",
        lambda c, n: [
            f"big{n}-{text(c, 80, ASCII)}", text(c, 190), "web", "c-a",
            " ".join(f"https://{text(c, 20, ASCII)}.example/{text(c, 160, ASCII)}" for _ in range(19)),
        ],
    ),
}  # fmt: skip


def test_no_printable_text_is_too_dense_for_the_form() -> None:
    letters = "".join(map(chr, range(32, 127)))
    dense = text(random.Random(1), LARGEST, letters)
    assert unpacked(packed(dense)) == dense


@pytest.mark.parametrize(
    ("word", "rows"),
    [("customers", MOST_ROWS), ("sites", 90), ("units", 90), ("users", 90), ("accounts", 90), ("applications", 100)],
)
def test_a_large_file_is_shown_and_written(served: Served, word: str, rows: int) -> None:
    head, row = KINDS[word]
    chance = random.Random(word)
    file = "\n".join([head, *(",".join(row(chance, n)) for n in range(rows)), ""])
    assert len(file.encode()) <= LARGEST
    olga = operator(served)
    preview = shown(olga, word, file)
    assert preview.status_code == 200, said(preview.text)[:600]
    assert re.search(rf"New {rows} ", said(preview.text))
    done = apply(olga, word, preview)
    assert done.status_code == 303, said(done.text)[:600]
