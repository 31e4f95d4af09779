"""The audit trail and the search over things: by names, parts of events and ids; the export is recorded."""

import re

import pytest

from hoistway.console.audit_names import meant
from hoistway.protocol.ids import CustomerId
from hoistway.store.customers import Customer, add_customer
from hoistway.store.open import open_database
from tests.chain.chained import seal_now, sql
from tests.cli.running import answer, manage, run
from tests.console.test_console import events
from tests.portal.signing_in import Visitor
from tests.server import Served


def test_the_audit_trail_is_searched_and_exported(served: Served) -> None:
    visitor = Visitor(served.url).sign_in("olga")
    visitor.get("/console/customers/c-a")
    visitor.post("/console/customers/c-a", do="change", name="=1+1 Customer c-a")
    page = visitor.get("/console/audit?event=customer.changed&customer_id=c-a").text
    assert "customer.changed" in page
    assert ">sign_in.succeeded<" not in page
    assert "No entry matches" in visitor.get("/console/audit?event=customer.changed&actor=nobody").text
    assert "No entry matches" in visitor.get("/console/audit?until=2001-01-01").text
    exported = visitor.get("/console/audit?event=sign_in.succeeded&export=csv")
    assert exported.headers["content-type"].startswith("text/csv")
    assert exported.text.startswith("\ufeffid,at,event,actor")
    assert "u-olga" in exported.text
    assert re.search(r",[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z,", exported.text)
    for query in ("since=yesterday", "until=2026-13-01", "export=xlsx"):
        assert visitor.get(f"/console/audit?{query}").status_code == 400
    for address in ("requests?show=odd", "requests?after=odd", "subscriptions?state=odd"):
        assert visitor.get(f"/console/{address}").status_code == 400
    assert events(served, "audit.exported")
    visitor.get("/console/customers/c-a")
    visitor.post("/console/customers/c-a", do="change", name="Customer c-a")
    visitor.close()


def test_the_trail_is_searched_by_names_and_parts(served: Served) -> None:
    visitor = Visitor(served.url).sign_in("olga")
    visitor.get("/console/customers/c-b")
    visitor.post("/console/customers/c-b", do="change", name="Customer c-bee")
    page = ""
    for query in ("actor=OLG", "actor=u-olga", "customer_id=c-bee", "event=CUSTOMER.", "customer_id=c-b&actor=olga"):
        page = visitor.get(f"/console/audit?{query}&event=omer.chan").text if "event" not in query else ""
        page = page or visitor.get(f"/console/audit?{query}").text
        assert "Customer c-bee" in page, query
        assert ">Olga</bdi></a>" in page, "who acted is named"
    assert '<option value="customer.changed">' in page
    assert "No entry matches" in visitor.get("/console/audit?event=customer.changed&actor=Ann").text
    assert re.search(
        r'title="([0-9a-f-]{20,})"><code>[0-9a-z]{8}…[0-9a-z]{4}</code></a><button [^>]+data-copy="\1"', page
    )
    visitor.get("/console/customers/c-b")
    visitor.post("/console/customers/c-b", do="change", name="Customer c-b")
    visitor.close()


def test_the_page_says_how_far_the_trail_is_sealed_and_verified(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    manage(monkeypatch, served)
    visitor = Visitor(served.url).sign_in("olga")
    page = visitor.get("/console/audit").text
    assert "Nothing is sealed yet" in page
    assert "Nobody has verified it" in page
    seal_now(served.database)
    assert answer("audit", "verify")["holds"]
    page = visitor.get("/console/audit").text
    assert re.search(r"Sealed at <time [^>]+>[^<]+</time> \([0-9]+ entries in all, seal 1\)", page)
    assert re.search(r"Verified, and as it was sealed, at <time [^>]+>[^<]+</time> \(up to seal 1\)", page)
    sql(served.database, "DELETE FROM audit_seals WHERE number = 1")
    run("audit", "verify", code=1)
    assert "The trail is not as it was sealed" in visitor.get("/console/audit").text
    sql(served.database, "UPDATE audit_chain SET number = 0")
    visitor.close()


async def test_more_than_is_looked_for_is_said(migrated_url: str) -> None:
    db = await open_database(migrated_url)
    async with db.write() as tx:
        for number in range(25):
            await add_customer(tx, Customer(CustomerId(f"c-{number}"), f"Housing {number}", 0))
    found = await meant(db, {"event": "THING.", "customer_id": "housing"}, [f"thing.{number}" for number in range(20)])
    await db.close()
    assert (len(found.wanted["event"]), len(found.wanted["customer_id"]), found.cut) == (20, 20, ["customer_id"])


def test_the_search_of_every_page_finds_things_for_operators(served: Served) -> None:
    visitor = Visitor(served.url).sign_in("olga")
    for text, href in (
        ("ann", "/console/users/u-ann"),
        ("US-c-a-1", "/console/units/US-c-a-10"),
        ("customer c-a", "/console/customers/c-a"),
        ("daemon-a", "/console/accounts/sa-a"),
        ("spa", "/console/applications/spa"),
    ):
        assert f'<a href="{href}">' in visitor.get(f"/portal/search?q={text}").text
        lines = visitor.get(f"/console/find?q={text}").json()
        assert href in [line["href"] for line in lines]
        assert len(lines) <= 25
    assert visitor.get("/console/find?q=a").json() == [], "a letter is too little to look for"
    member, stranger = Visitor(served.url).sign_in("adam"), Visitor(served.url)
    for other in (member, stranger):
        assert "/console/" not in other.get("/portal/search?q=ann").text
    assert member.get("/console/find?q=ann").status_code == 403
    assert stranger.get("/console/find?q=ann").status_code == 303
    for one in (visitor, member, stranger):
        one.close()
