"""Get a token without script: the exact request, with the reader's own ids and no secret, quoted for a shell."""

import re
import shlex
from html import unescape
from itertools import pairwise

import httpx2
import pytest

from tests.portal.signing_in import Visitor
from tests.server import Served

HOSTILE = "a'b\"$(touch x)\n`id`\\<script>"


def requests(page: str) -> list[list[str]]:
    """The commands of the page, as a shell would split them."""
    found = re.findall(r"<code [^>]*data-curl[^>]*>(.*?)</code>", page, re.DOTALL)
    return [shlex.split(unescape(re.sub("<[^>]+>", "", text)).replace("\\\n", "")) for text in found]


def fields(command: list[str]) -> dict[str, str]:
    given = [after for before, after in pairwise(command) if before == "--data-urlencode"]
    return dict(field.split("=", 1) for field in given)


def test_the_requests_name_the_readers_own_application_and_account(served: Served) -> None:
    ann = Visitor(served.url).sign_in("ann")
    ann.get("/portal/token")
    program, account = requests(ann.page)
    assert program[:4] == ["curl", "-X", "POST", f"{served.url}/oauth2/token"]
    assert fields(program) == {
        "grant_type": "client_credentials",
        "client_id": "daemon",
        "scope": "units.read profile.read profile.write",
        "client_secret": "$CLIENT_SECRET",
    }
    assert fields(account) == {
        "grant_type": "password",
        "client_id": "ropc",
        "username": "daemon-a",
        "scope": "units.read profile.read profile.write",
        "password": "$PASSWORD",
    }
    assert "daemon-b" not in ann.page
    assert "ropc-off" not in ann.page
    assert "deprecated" in ann.page
    ann.close()


def test_the_form_is_sent_back_without_its_secret(served: Served) -> None:
    ann = Visitor(served.url).sign_in("ann")
    ann.get("/portal/token")
    named = re.findall(r'<input[^>]* name="([^"]+)"', ann.page)
    assert not {"client_secret", "password", "secret"} & set(named)
    ann.get("/portal/token?flow=program&client_id=other&scope_units.read=yes")
    program, account = requests(ann.page)
    assert (fields(program)["client_id"], fields(program)["scope"]) == ("other", "units.read")
    assert fields(account)["client_id"] == "ropc"
    ann.get("/portal/token?flow=account&client_id=other&username=svc")
    program, account = requests(ann.page)
    assert fields(program)["client_id"] == "daemon"
    assert (fields(account)["username"], "scope" in fields(account)) == ("svc", False)
    ann.close()


def test_hostile_values_are_quoted_for_the_shell_and_for_the_page(served: Served) -> None:
    ann = Visitor(served.url).sign_in("ann")
    query = httpx2.QueryParams({"flow": "account", "client_id": HOSTILE, "username": HOSTILE})
    ann.get(f"/portal/token?{query}")
    assert "<script>" not in ann.page
    _program, account = requests(ann.page)
    assert fields(account)["client_id"] == HOSTILE
    assert fields(account)["username"] == HOSTILE
    ann.close()


@pytest.mark.parametrize(("name", "client"), [("bob", "daemon-b"), (None, "CLIENT_ID")])
def test_another_reader_sees_their_own_and_a_stranger_placeholders(
    served: Served, name: str | None, client: str
) -> None:
    visitor = Visitor(served.url)
    if name is not None:
        visitor.sign_in(name)
    assert visitor.get("/portal/token").status_code == 200
    program, _account = requests(visitor.page)
    assert fields(program)["client_id"] == client
    assert 'value="daemon"' not in visitor.page
    assert "daemon-a" not in visitor.page
    visitor.close()


def test_german(served: Served) -> None:
    ann = Visitor(served.url, "de").sign_in("ann")
    ann.get("/portal/token")
    assert "veraltet" in ann.page
    assert "Die Anfrage" in ann.page
    ann.close()
