"""The usage pages over HTTP on both engines: right numbers, each customer's own alone, nothing runs that a name holds."""

import asyncio
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

import pytest
from msgspec.structs import replace

from hoistway import clock
from hoistway.api.problems import TYPES
from hoistway.portal.usage.causes import because
from hoistway.protocol.errors import OAuthError
from hoistway.protocol.ids import ClientId
from hoistway.store.clients import add_client
from hoistway.store.open import open_database
from hoistway.store.recent_requests import prune_requests
from hoistway.usage.flush import flush
from hoistway.usage.tally import HOUR, Tally
from hoistway.web.portal_words import PORTAL_WORDS
from tests.engines import ENGINES, drop_database, fresh_database
from tests.portal.signing_in import Visitor
from tests.server import Served, populate, serving
from tests.usage.counts import call
from tests.world import client

DAY = 86_400
HOSTILE = '=cmd()|</title></svg><script>alert(1)</script><img src=x onerror="alert(2)">'
FOREIGN = "secret-of-b"


@dataclass(frozen=True)
class Counted:
    served: Served
    now: int


async def fill(database: str, now: int) -> None:
    db = await open_database(database)
    async with db.write() as tx:
        await add_client(tx, replace(client("hostile", "web"), id=ClientId("hostile"), name=HOSTILE))
        await add_client(tx, replace(client(FOREIGN, "web"), name="Hidden application of b"))
    tally, began = Tally(), now - now % DAY
    for day in range(1, 60):
        call(tally, 100, at=began - day * DAY + 3 * HOUR)
        call(tally, 10, at=began - day * DAY + 4 * HOUR, status=404, cause="not-found", operation="readUnit", took=5.0)
        await flush(tally, db, now)
    call(tally, 7, at=now, client="hostile", operation="readMe")
    call(
        tally, 3, at=now, surface="token", operation="password", client="ropc", status=400, cause="invalid_grant:90225"
    )
    call(tally, 1, at=now, client="hostile", status=500, cause="server_error")
    call(tally, 1, at=now, client="gone", status=409, cause="never-heard-of")
    tally.note(now, "c-b", FOREIGN, "sub-of-b", "api", "readSecret", 200, "", 1.0, "id-of-b", "")
    tally.note(
        now, "c-b", FOREIGN, "sub-of-b", "api", "readSecret", 403, "scope-missing", 1.0, "id-of-b-2", "detail of b"
    )
    await flush(tally, db, now)
    lost = Tally(most=0)
    call(lost, 77, at=now - HOUR, customer="c-b")
    await flush(lost, db, now)
    await db.close()


@pytest.fixture(scope="module", params=ENGINES)
def counted(request: pytest.FixtureRequest) -> Iterator[Counted]:
    url, now = fresh_database(request.param, populate), clock.now()
    asyncio.run(fill(url, now))
    with serving(url) as served:
        yield Counted(served, now)
    drop_database(url)


@pytest.fixture(scope="module")
def ann(counted: Counted) -> Iterator[Visitor]:
    visitor = Visitor(counted.served.url).sign_in("ann")
    yield visitor
    visitor.close()


def number(visitor: Visitor) -> str:
    """The figure of all calls."""
    return visitor.page.split("<dt>Calls</dt><dd>", 1)[1].split("<", 1)[0]


def test_strangers_sign_in_first_and_people_without_a_customer_see_nothing(counted: Counted) -> None:
    stranger, emil = Visitor(counted.served.url), Visitor(counted.served.url).sign_in("emil")
    for path in ("/portal/usage", "/portal/usage.csv", "/portal/usage/requests"):
        assert stranger.get(path).status_code == 303
        assert emil.get(path).status_code == 403
    stranger.close()
    emil.close()


@pytest.mark.parametrize(
    ("query", "calls"),
    [
        ("", "3,199"),
        ("period=7d", "669"),
        ("period=90d", "6,499"),
        ("application=spa", "3,190"),
        ("application=spa&operation=readUnit", "290"),
        ("application=hostile", "8"),
        ("surface=token", "3"),
        ("surface=token&period=24h&operation=password", "3"),
    ],
)
def test_filters_in_the_address(ann: Visitor, query: str, calls: str) -> None:
    assert ann.get(f"/portal/usage?{query}").status_code == 200
    assert number(ann) == calls


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("day=2024-99-99", "day"),
        ("day=2001-01-01", "day"),
        ("day=x", "day"),
        ("period=8d", "period"),
        ("surface=x", "surface"),
    ],
)
def test_a_filter_that_the_page_does_not_know_is_named(ann: Visitor, query: str, name: str) -> None:
    """The table, the file and the page: a list of other days misleads whoever asked for one."""
    for path in ("/portal/usage", "/portal/usage.csv"):
        assert ann.get(f"{path}?{query}").status_code == 400
        assert f"this value of {name}: leave {name} out, or give" in unescape(ann.page)
    for query in ("outcome=odd", "before=%3D", "application=" + "x" * 201):
        assert ann.get(f"/portal/usage/requests?{query}").status_code == 400


def test_a_day_leads_to_its_hours(ann: Visitor) -> None:
    ann.get("/portal/usage?period=7d")
    day = ann.page.split('<th scope="row"><a href="', 2)[2].split('"')[0]
    ann.get(unescape(day))
    assert number(ann) == "110"
    assert "calls per hour" in ann.page
    assert ann.page.count(":00 UTC</th>") == 24


def test_errors_say_what_was_wrong_with_the_fix_and_a_link(ann: Visitor) -> None:
    ann.get("/portal/usage")
    assert "It does not exist, or this customer may not see it." in ann.page
    assert 'href="/portal/guides/errors#not-found"' in ann.page
    assert "Something failed on our side." in ann.page
    assert "never-heard-of" in ann.page
    ann.get("/portal/usage?surface=token")
    assert "AADB2C90225" in ann.page
    assert 'href="/portal/guides/errors#invalid_grant"' in ann.page


def test_a_chart_says_what_it_shows(ann: Visitor) -> None:
    ann.get("/portal/usage")
    assert ann.page.count('role="img" aria-labelledby="') == 4
    assert '<title id="calls-wide-title">Calls</title>' in ann.page
    assert "calls per day</text>" in ann.page
    assert "milliseconds</text>" in ann.page
    assert "<summary>Numbers behind the charts</summary>" in ann.page
    assert "style=" not in ann.page


def test_names_run_nothing_anywhere(ann: Visitor) -> None:
    for path in ("/portal/usage", "/portal/usage?application=hostile", "/portal/usage/requests?application=hostile"):
        ann.get(path)
        assert "&lt;script&gt;alert(1)" in ann.page
        assert "<script>alert" not in ann.page
        assert "<img" not in ann.page
    for word in ('"><script>alert(3)</script>', "</select><script>alert(3)</script>"):
        for name in ("application", "operation", "subscription", "correlation", "outcome", "before", "period", "day"):
            for path in ("/portal/usage", "/portal/usage/requests"):
                refused = name in {"period", "day"} if path == "/portal/usage" else name in {"outcome", "before"}
                reply = ann.http.get(path, params={name: word})
                assert (reply.status_code, "<script>alert" in reply.text) == (400 if refused else 200, False)


def test_the_export_holds_the_rows_and_no_formula(ann: Visitor) -> None:
    reply = ann.get("/portal/usage.csv?period=24h&application=hostile")
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert reply.headers["content-disposition"] == 'attachment; filename="usage.csv"'
    rows = list(csv.DictReader(io.StringIO(reply.text.removeprefix("\ufeff"))))
    assert {(row["operation"], row["status"], row["calls"]) for row in rows} == {
        ("readMe", "200", "7"),
        ("listUnits", "500", "1"),
    }
    assert rows[0]["application"] == f"'{HOSTILE}"
    assert all(float(row["p50_ms"]) > 0 for row in rows)
    whole = list(csv.DictReader(io.StringIO(ann.get("/portal/usage.csv").content.decode("utf-8-sig"))))
    assert sum(int(row["calls"]) for row in whole) == 3199


def test_requests_by_page_and_by_correlation_id(ann: Visitor, counted: Counted) -> None:
    seen: list[str] = []
    path = "/portal/usage/requests"
    while path:
        ann.get(path)
        seen += [part.split('"')[0] for part in ann.page.split('data-copy="')[1:]]
        _, _, after = ann.page.partition('<a href="/portal/usage/requests?before=')
        path = f"/portal/usage/requests?before={after.split(chr(34))[0]}" if 'rel="next"' in ann.page else ""
    assert len(seen) == 100 + 200 + 12
    ann.get(f"/portal/usage/requests?correlation=ID-{counted.now}-0")
    assert f"id-{counted.now}-0" in ann.page
    assert f"id-{counted.now}-1<" not in ann.page
    ann.get("/portal/usage/requests?correlation=none-of-ours")
    assert "No request with this correlation id" in ann.page
    ann.get("/portal/usage/requests?outcome=refused&application=hostile")
    assert ann.page.count("data-copy=") == 1


@pytest.mark.parametrize("path", ["/portal/usage", "/portal/usage.csv", "/portal/usage/requests"])
def test_nothing_of_another_customer_is_seen_whatever_is_asked(ann: Visitor, path: str) -> None:
    marks = ("Hidden application of b", "readSecret", "detail of b", "77 calls", "<bdi>77</bdi>")
    for query in (
        "", f"application={FOREIGN}", "subscription=sub-of-b", "operation=readSecret", "correlation=id-of-b",
        "correlation=id-of-b-2", "customer=c-b", "customer_id=c-b", f"application={FOREIGN}&period=24h",
    ):  # fmt: skip
        text = ann.get(f"{path}?{query}").text
        asked = {word for word in marks if word in query}
        assert [mark for mark in marks if mark in text and mark not in asked] == []
        if query.startswith(("application", "subscription", "operation", "correlation")) and path == "/portal/usage":
            assert "correlation" in query or "No calls in this time" in text


def test_the_other_customer_sees_its_own_and_what_was_not_counted(counted: Counted) -> None:
    bob = Visitor(counted.served.url).sign_in("bob")
    bob.get("/portal/usage")
    assert number(bob) == "2"
    assert "Hidden application of b" in bob.page
    assert "<bdi>77</bdi> calls between" in bob.page
    assert "By subscription" in bob.page
    bob.get("/portal/usage/requests?correlation=id-of-b-2")
    assert "detail of b" in bob.page
    bob.close()


def test_nothing_yet_leads_to_a_first_call(served: Served) -> None:
    visitor = Visitor(served.url, "de").sign_in("ann")
    visitor.get("/portal/usage")
    assert "Keine Aufrufe in dieser Zeit" in visitor.page
    assert 'href="/portal/token"' in visitor.page
    visitor.get("/portal/usage/requests")
    assert "Noch keine Anfragen" in visitor.page
    visitor.close()


def test_the_page_leads_to_the_last_requests_though_none_is_kept(served: Served) -> None:
    """Where a developer looks for the call just made, which comes there some seconds later."""
    now = clock.now()

    async def count() -> None:
        db, tally = await open_database(served.database), Tally()
        call(tally, 3, at=now, customer="c-b")
        await flush(tally, db, now)
        async with db.write() as tx:
            await prune_requests(tx, now + 1, 100)
        await db.close()

    asyncio.run(count())
    visitor = Visitor(served.url).sign_in("bob")
    visitor.get("/portal/usage")
    assert number(visitor) == "3"
    assert "No requests yet" in visitor.page
    assert 'href="/portal/usage/requests"' in visitor.page
    visitor.close()


def test_every_cause_that_callers_meet_has_words() -> None:
    codes = {error.error for error in subclasses(OAuthError)} - NOT_AT_THE_TOKEN_ENDPOINT
    for words in PORTAL_WORDS.values():
        for cause in (*TYPES, "server_error", *codes):
            found = because(words, cause)
            assert found.what != cause
            assert found.fix


NOT_AT_THE_TOKEN_ENDPOINT = {
    "request_not_supported", "request_uri_not_supported", "access_denied", "unsupported_response_type", "login_required",
    "interaction_required", "unmet_authentication_requirements", "consent_required", "account_selection_required", "invalid_token",
    "insufficient_scope",
}  # fmt: skip


def subclasses(kind: type[OAuthError]) -> set[type[OAuthError]]:
    return {kind} | {found for child in kind.__subclasses__() for found in subclasses(child)}
