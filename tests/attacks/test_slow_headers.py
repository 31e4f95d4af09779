"""Headers whose reading would take seconds: few of them would stop a worker."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

import hoistway
from hoistway.web.cookies import cookie
from hoistway.web.forms import LONGEST_HEAD, MOST_FIELDS
from tests.server import Served
from tests.world import SECRET

SOURCES = Path(hoistway.__file__).parent
WAYS = ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke", "/oauth2/authorize", "/sign-in", "/reset"]
FORM = {"grant_type": "client_credentials", "client_id": "daemon", "client_secret": SECRET, "scope": "units.read"}


def part(name: str, value: str, more: str = "") -> str:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n'


def posted(served: Served, path: str, body: str, kind: str = "multipart/form-data; boundary=b") -> httpx2.Response:
    return httpx2.post(f"{served.url}{path}", content=body.encode(), headers={"content-type": kind}, verify=False)


def test_cookies_are_read_as_they_were_sent() -> None:
    """Row 54: undoing quotes takes the standard library minutes for 60 kB of backslashes (CVE-2024-7592)."""
    evil = '"' + "\\" * 60_000 + '"'
    request: Any = SimpleNamespace(
        scope={"headers": [(b"cookie", f"a=1; b={evil}; b=2;c".encode()), (b"cookie", b"d=3")]}
    )
    assert [cookie(request, name) for name in "abcd"] == ["1", "2", None, "3"]
    request.scope["headers"].append((b"cookie", f"a={evil}".encode()))
    assert cookie(request, "a") == evil


def test_nothing_else_reads_cookies_or_options() -> None:
    """Row 54."""
    slow = re.compile(r"\b(?:request|http)\.cookies\b|cookie_parser|parse_options_header|parse_header")
    assert [path.name for path in SOURCES.rglob("*.py") if slow.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("path", WAYS)
def test_a_content_type_of_many_parameters(served: Served, path: str) -> None:
    """Row 54."""
    reply = posted(served, path, part("a", "1") + "--b--\r\n", "multipart/form-data; boundary=b" + ";" * 50_000)
    assert reply.status_code == 400
    assert "needs a boundary" in reply.text


@pytest.mark.parametrize("end", ["--b--\r\n", ""])
@pytest.mark.parametrize("path", WAYS)
def test_a_part_with_a_long_head(served: Served, path: str, end: str) -> None:
    """Row 54: the last one, too, where the body has no end."""
    reply = posted(served, path, part("a", "1") + part("b", "2", ";" * LONGEST_HEAD) + end)
    assert reply.status_code == 400
    assert "headers are longer" in reply.text


def test_what_comes_before_the_first_part(served: Served) -> None:
    """Row 54: line breaks are left out, anything else is refused, so the first head is judged like every other."""
    form = "".join(part(name, value) for name, value in FORM.items()) + "--b--\r\n"
    assert posted(served, "/oauth2/token", "\n\r\n" + form).status_code == 200
    for before in ("\n", "x", "--c\r\n"):
        reply = posted(served, "/oauth2/token", before + part("a", "1", ";" * LONGEST_HEAD) + form)
        assert reply.status_code == 400


def test_many_parts(served: Served) -> None:
    """Row 54."""
    reply = posted(
        served, "/oauth2/token", "".join(part(f"a{number}", "1") for number in range(MOST_FIELDS + 5)) + "--b--\r\n"
    )
    assert reply.status_code == 400
    assert "more than" in reply.text


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data; boundary=b",
        'Multipart/Form-Data;Boundary="b"',
        "multipart/form-data; charset=utf-8; boundary=b; x=y",
        "multipart/form-data ; boundary=b ; x=y",
    ],
)
def test_forms_of_ordinary_programs_are_read(served: Served, kind: str) -> None:
    """Row 54: the guard keeps nobody else out."""
    body = "".join(part(name, value) for name, value in FORM.items()) + "--b--\r\n"
    assert posted(served, "/oauth2/token", body, kind).status_code == 200
