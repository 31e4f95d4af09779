"""The table of bounds in docs/production.md has the numbers of the program."""

import inspect
import re

from hoistway.authn.passwords import Passwords
from hoistway.server.accepting import HANDSHAKE_WITHIN
from hoistway.server.finished import ARRIVES_WITHIN
from hoistway.server.http11 import LONGEST_HEAD
from hoistway.server.worker import ANSWER_WITHIN
from hoistway.settings import Environment
from hoistway.store.connections import MOST_WAITING, WAIT
from hoistway.store.open import open_database
from hoistway.things.files import LARGEST
from hoistway.web import forms, picture
from tests.deploy.document import DOCUMENT

KIB = 1024
ROWS = {
    cells[0]: cells[1:]
    for cells in (
        [cell.strip() for cell in row.strip("|").split("|")]
        for row in re.findall(r"^\|.*\|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    )
}
DEFAULT = Environment()


def default_of(function: object, name: str) -> int:
    return int(inspect.signature(function).parameters[name].default)  # type: ignore[arg-type]


def test_connections_and_what_is_in_flight() -> None:
    for row in ("connections", "requests in flight"):
        of_one, in_all = ROWS[row][:2]
        assert of_one == f"{DEFAULT.connections_per_address}, and never more than are free"
        assert in_all == str(DEFAULT.connections)
    assert f"{DEFAULT.connections_per_address} of an address" in ROWS["connections"][3]


def test_what_arrives() -> None:
    assert ROWS["TLS handshake"][0] == f"{HANDSHAKE_WITHIN} s"
    assert ROWS["head of a request"][0] == f"{LONGEST_HEAD // KIB} KiB, within {ARRIVES_WITHIN} s"
    with_picture = (forms.LIMIT + picture.LIMIT) // KIB
    assert ROWS["body of a request"][0] == (
        f"{forms.LIMIT // KIB} KiB, with a picture {with_picture} KiB, with a file of the console {(forms.LIMIT + LARGEST) // KIB} KiB "
        f"(these two from whoever is signed in and may send them), within {ARRIVES_WITHIN} s"
    )


def test_bytes_that_wait_are_so_much_for_each_connection() -> None:
    """In millions of bytes, rounded down to what can be said in two digits."""
    of_one, in_all, *_ = ROWS["bytes that were sent ahead"]
    plain, tls = (int(number) * KIB for number in re.findall(r"\((\d+) KiB", of_one))
    assert [plain * DEFAULT.connections_per_address // 10**6, tls * DEFAULT.connections_per_address // 10**6] == [
        26,
        122,
    ]
    assert re.findall(r"(\d+) MB", of_one) == ["26", "122"]
    assert in_all == f"{plain * DEFAULT.connections // 10**6} MB, over TLS {tls * DEFAULT.connections / 10**9:.1f} GB"


def test_what_waits_inside() -> None:
    assert ROWS["an answer that is not taken"][0] == f"{DEFAULT.taken_within_seconds} s"
    assert ROWS["passwords to compare"][1] == f"{default_of(Passwords.__init__, 'waiting')} wait"
    connections = default_of(open_database, "connections")
    assert ROWS["statements on PostgreSQL"][1] == f"{connections} connections, {MOST_WAITING} wait, each {WAIT:g} s"
    assert ROWS["requests in flight at the end"][0] == f"{ANSWER_WITHIN} s"
