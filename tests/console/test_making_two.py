"""What is made at the console with what two must give begins without it, and waits for the second operator."""

import re
from collections.abc import Iterator

import pytest

from hoistway.protocol.ids import ClientId
from hoistway.store.clients import find_client
from tests.console.test_filing import apply, shown
from tests.console.two import careful_server, decide_on, proposed
from tests.engines import ENGINES
from tests.portal.asking import operator, said
from tests.server import Served
from tests.store.test_schema import on

NEW = {"name": "Board", "type": "single-page", "redirect_uris": "https://board.example/cb", "scopes": "units.read"}


@pytest.fixture(scope="module", params=ENGINES)
def careful(request: pytest.FixtureRequest) -> Iterator[Served]:
    with careful_server(request.param) as server:
        yield server


def opened(served: Served, client_id: str) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    """Its addresses and scopes, and how many exceptions it has."""
    row = on(served.database, lambda db: find_client(db, ClientId(client_id)))
    assert row is not None
    return row.redirect_uris, row.scopes, len(row.exceptions)


def flows_of(served: Served, client_id: str) -> tuple[str, ...]:
    row = on(served.database, lambda db: find_client(db, ClientId(client_id)))
    assert row is not None
    return row.grants


def test_an_application_opens_nothing_until_a_second_operator_approves(careful: Served) -> None:
    olga, otto = operator(careful), operator(careful, "otto")
    made = olga.post("/console/applications/new", **NEW, id="board")
    assert made.status_code == 303
    assert "wait until another operator approves them" in olga.get(made.headers["location"]).text
    assert opened(careful, "board") == ((), (), 0)
    page = olga.get("/console/applications/board").text
    (waits,) = re.findall(r'href="/console/changes/([^"]+)"', page)
    assert decide_on(olga, waits, "approve") == ""
    assert "https://board.example/cb" in otto.get(f"/console/changes/{waits}").text
    assert decide_on(otto, waits, "approve") == "approved"
    assert opened(careful, "board") == (("https://board.example/cb",), ("units.read",), 0)


def test_who_gets_the_secret_of_a_new_application_hears_what_waits(careful: Served) -> None:
    olga, form = operator(careful), {"name": "Waiting", "type": "web", "customer": "c-a", "scopes": "units.read"}
    made = olga.post("/console/applications/new", **form, redirect_uris="https://waiting.example/cb", id="waiting")
    assert made.status_code == 200
    assert "wait until another operator approves them" in made.text
    assert 'data-copy="waiting"' in made.text


def test_more_of_an_application_waits_and_less_is_at_once(careful: Served) -> None:
    olga, otto = operator(careful), operator(careful, "otto")
    assert olga.post("/console/applications/new", name="Empty", type="single-page", id="empty").status_code == 303
    here = "/console/applications/empty"
    line = "implicit 2099-01-01 The old page stays"
    for more in ({"redirect_uris": "https://new.example/cb"}, {"scopes": "units.read"}, {"exceptions": line}):
        before = opened(careful, "empty")
        waits = proposed(olga.post(here, do="change", name="Empty", consent="asked", **more))
        assert opened(careful, "empty") == before, more
        assert decide_on(otto, waits, "approve") == "approved"
    assert opened(careful, "empty") == (("https://new.example/cb",), ("units.read",), 1)
    flows = {"fields": "flows", "flows_authorization_code": "yes", "flows_refresh_token": "yes"}
    waits = proposed(olga.post(here, do="change", name="Empty", consent="asked", **flows, flows_password="yes"))
    assert "password" not in flows_of(careful, "empty")
    assert "password" in said(otto.get(f"/console/changes/{waits}").text)
    assert decide_on(otto, waits, "approve") == "approved"
    assert "password" in flows_of(careful, "empty")
    assert olga.post(here, do="change", name="Empty", consent="asked", **flows).status_code == 303
    assert flows_of(careful, "empty") == ("authorization_code", "refresh_token")
    less = olga.post(here, do="change", name="Empty", consent="asked", fields="redirect_uris scopes exceptions")
    assert less.headers["location"] == f"{here}?notice=notice_changed"
    assert opened(careful, "empty") == ((), (), 0)


def test_what_names_a_deleted_account_can_only_be_refused(careful: Served) -> None:
    olga, otto = operator(careful), operator(careful, "otto")
    olga.post("/console/accounts/new", username="short-lived", name="Short-lived", customer="c-a")
    account = re.findall(r'href="/console/accounts/([^"?]+)"', olga.page)[-1]
    here = "/console/applications/daemon"
    olga.get(here)
    waits = proposed(
        olga.post(here, do="change", name="Daemon", consent="implied", access_token_alg="", account=account)
    )
    there = f"/console/accounts/{account}"
    otto.get(there)
    assert otto.post(there, do="delete", confirm_delete="short-lived").headers["location"].endswith("notice_removed")
    before = on(careful.database, lambda db: find_client(db, ClientId("daemon")))
    otto.get(f"/console/changes/{waits}")
    refused = otto.post(f"/console/changes/{waits}", do="approve")
    assert refused.status_code == 422, refused.text
    assert "can’t be approved any more" in said(refused.text)
    assert on(careful.database, lambda db: find_client(db, ClientId("daemon"))) == before
    assert decide_on(otto, waits, "refuse") == "refused"


def test_what_a_file_opens_of_applications_waits_and_what_it_closes_does_not(careful: Served) -> None:
    olga, otto = operator(careful), operator(careful, "otto")
    head = "id;name;type;redirect_uris;scopes;exceptions\n"
    line = "implicit 2099-01-01 The old page stays"
    preview = shown(olga, "applications", f"{head}filed;Filed;single-page;https://filed.example/cb;units.read;{line}\n")
    assert "Part waits for a second operator" in said(preview.text)
    assert apply(olga, "applications", preview).status_code == 303
    assert opened(careful, "filed") == ((), (), 0)
    (waits,) = re.findall(r'href="/console/changes/([^"]+)"', olga.get("/console/applications/filed").text)
    assert decide_on(olga, waits, "approve") == ""
    again = shown(olga, "applications", f"{head}filed;Filed;;https://other.example/cb;;\n")
    assert again.status_code == 422
    assert "Another change of this waits for a second operator" in said(again.text)
    assert decide_on(otto, waits, "approve") == "approved"
    assert opened(careful, "filed") == (("https://filed.example/cb",), ("units.read",), 1)
    more = shown(olga, "applications", "id;name;scopes\nfiled;Renamed;units.read openid\n")
    assert apply(olga, "applications", more).status_code == 303
    assert opened(careful, "filed") == (("https://filed.example/cb",), ("units.read",), 1)
    page = olga.get("/console/applications/filed").text
    assert "Renamed" in page, "what gives nothing is written at once"
    (waits,) = re.findall(r'href="/console/changes/([^"]+)"', page)
    assert decide_on(otto, waits, "refuse") == "refused"
