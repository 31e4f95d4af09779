"""Legacy flows and their brown-outs, jobs and branding, over HTTP on both engines."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from hoistway.measures import OUTCOMES, Measures, NamedCounts
from hoistway.server.housekeeping import JOBS, SELDOM, run_job
from hoistway.server.metrics.families import JOBS_OF_HOUSE
from hoistway.store.brownouts import Brownout, add_brownout, remove_brownout
from hoistway.store.db import Database, DatabaseUnavailable
from hoistway.store.jobs import Job, all_jobs, put_jobs
from hoistway.store.open import open_database
from tests.console.test_console import events
from tests.portal.house import House
from tests.portal.pictures import PNG, SVG, png
from tests.portal.signing_in import Visitor
from tests.portal.test_forms import form_of
from tests.portal.walked_forms import held
from tests.server import Served
from tests.world import API_URI, PASSWORD

FORM = {"grant_type": "password", "client_id": "ropc", "username": "daemon-a", "password": PASSWORD, "scope": API_URI}


def ask(served: Served, path: str = "/oauth2/token") -> httpx2.Response:
    return httpx2.post(f"{served.url}{path}", data=FORM, timeout=30)


def ask_until(served: Served, status: int) -> httpx2.Response:
    """The directory remembers for two seconds."""
    reply = ask(served)
    for _ in range(60):
        if reply.status_code == status:
            break
        asyncio.run(asyncio.sleep(0.1))
        reply = ask(served)
    return reply


def rest(served: Served, flow: str, start: int, end: int, *, remove: bool = False) -> None:
    async def work() -> None:
        db = await open_database(served.database)
        async with db.write() as tx:
            if remove:
                await remove_brownout(tx, f"b-{flow}")
            else:
                await add_brownout(tx, Brownout(f"b-{flow}", flow, start, end, "", "u-olga", 0))
        await db.close()

    asyncio.run(work())


def test_a_resting_flow_says_so_and_comes_back(served: Served) -> None:
    now = int(datetime.now(UTC).timestamp())
    assert ask(served).status_code == 200
    rest(served, "password", now - 10, now + 3600)
    try:
        refused = ask_until(served, 401)
        assert refused.json()["error"] == "unauthorized_client"
        assert "rests until" in refused.json()["error_description"]
        assert "client_credentials" in refused.json()["error_description"]
        shaped = ask(served, "/maxcustomerportal.onmicrosoft.com/B2C_1_ROPC/oauth2/v2.0/token")
        assert (shaped.status_code, "AADB2C90224" in shaped.text) == (400, True)
    finally:
        rest(served, "password", 0, 0, remove=True)
    assert ask_until(served, 200).status_code == 200


def test_the_report_counts_and_the_calendar_is_kept(served: Served) -> None:
    assert ask(served).status_code == 200
    visitor = Visitor(served.url).sign_in("olga")
    page = visitor.get("/console/legacy").text
    line = re.search(r"<tr><th[^>]*><a href=\"/console/applications/ropc\">.*?</tr>", page, re.DOTALL)
    assert line is not None
    assert "a test needs it" in line[0]
    assert re.search(r'class="number">[1-9]', line[0])
    wrong = visitor.post("/console/legacy", do="plan", flow="code", start="yesterday", minutes="0", note="<b>x</b>")
    assert wrong.status_code == 422
    assert visitor.page.count('class="wrong"') == 3
    assert "&lt;b&gt;x&lt;/b&gt;" in visitor.page
    start = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    planned = visitor.post("/console/legacy", do="plan", flow="implicit", start=start, minutes="90", note="rehearsal")
    assert planned.headers["location"] == "/console/legacy?notice=notice_planned"
    page = visitor.get("/console/legacy").text
    assert "rehearsal" in page
    found = re.search(r'name="id" value="([^"]+)"', page)
    assert found is not None
    assert visitor.post("/console/legacy", do="cancel", id="nothing").status_code == 404
    visitor.get("/console/legacy")
    assert visitor.post("/console/legacy", do="cancel", id=found[1]).status_code == 303
    assert "rehearsal" not in visitor.get("/console/legacy").text
    assert len(events(served, "brownout.planned")) == len(events(served, "brownout.cancelled")) == 1
    visitor.close()


async def test_a_job_that_fails_is_noted_and_the_others_run(migrated_url: str) -> None:
    db = await open_database(migrated_url)

    class Stub:
        measures = Measures(jobs=NamedCounts(("a", "b", "c"), OUTCOMES))

        def now(self) -> int:
            return 7

    async def good(_engine: object) -> None: ...

    async def away(_engine: object) -> None:
        raise DatabaseUnavailable("away")

    async def broken(_engine: object) -> None:
        raise ValueError("a secret")

    done = [await run_job(Stub(), name, work) for name, work in (("a", good), ("b", away), ("c", broken))]  # type: ignore[arg-type]
    counted = {names for names, times in Stub.measures.jobs.of.items() if times == 1}
    assert counted == {("a", "done"), ("b", "put_off"), ("c", "failed")}
    assert Stub.measures.succeeded_at == {"a": 7}
    await _put(db, done)
    await _put(db, done)
    rows = await all_jobs(db)
    assert [(job.id, job.started_at, job.outcome) for job in rows] == [
        ("a", 7, "done"), ("b", 7, "put off: the database did not answer"), ("c", 7, "failed: ValueError"),
    ]  # fmt: skip
    await db.close()
    names = {name for name, _work in (*JOBS, *SELDOM)}
    assert len(names) == len(JOBS) + len(SELDOM)
    assert names <= set(JOBS_OF_HOUSE), "each is a task of /metrics"


async def _put(db: Database, rows: list[Job]) -> None:
    async with db.write() as tx:
        await put_jobs(tx, rows)


def test_versions_are_shown(served: Served) -> None:
    visitor = Visitor(served.url).sign_in("olga")
    page = visitor.get("/console/jobs").text
    assert "Python" in page
    assert ("sqlite" in page) is served.database.startswith("sqlite")
    assert served.url in page
    visitor.close()


def test_a_logo_stands_on_every_page_until_it_is_removed(served: Served) -> None:
    visitor = Visitor(served.url).sign_in("olga")

    def upload(body: bytes, **more: str) -> httpx2.Response:
        visitor.get("/console/branding")
        return visitor.http.post(
            "/console/branding/logo",
            data={"csrf": visitor.token("/console/branding/logo"), **more},
            files={"logo": ("l.png", body)},
        )

    for body, words in ((SVG, "no PNG, WebP or JPEG"), (b"", "Choose a picture first"), (png(2000, 10), "1024 pixels")):
        refused = upload(body)
        assert refused.status_code == 422
        assert words in refused.text
    assert "brand-logo" not in visitor.get("/portal").text
    assert visitor.http.get("/static/brand-logo").status_code == 404
    assert upload(png(640, 320)).status_code == 303
    shown = r'<img class="brand-logo" src="(/static/brand-logo[^"]*)" alt="" width="56" height="28">'
    addresses = {
        found[1]
        for path in ("/console/branding", "/portal", "/sign-in")
        for found in re.finditer(shown, visitor.get(path).text)
    }
    assert len(addresses) == 1
    picture = visitor.http.get(addresses.pop())
    assert picture.content == png(640, 320)
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in picture.headers["cache-control"]
    visitor.get("/console/branding")
    assert visitor.post("/console/branding", name="Lifts", accent="#1f5fbf").status_code == 303
    assert "brand-logo" in visitor.get("/portal").text, "the other form leaves it"
    visitor.get("/console/branding")
    assert visitor.post("/console/branding/logo", remove="yes").status_code == 303
    assert "brand-logo" not in visitor.get("/portal").text
    assert len(events(served, "branding.logo_changed")) == len(events(served, "branding.logo_removed")) == 1
    visitor.close()


def test_a_logo_needs_the_form_and_an_operator(served: Served) -> None:
    files = {"logo": ("l.png", PNG)}
    olga, ann = Visitor(served.url).sign_in("olga"), Visitor(served.url).sign_in("ann")
    olga.get("/console/branding")
    ann.get("/portal")
    path = "/console/branding/logo"
    assert olga.http.post(path, files=files).status_code == 400
    assert ann.http.post(path, data={"csrf": ann.csrf}, files=files).status_code == 403
    assert olga.http.get("/static/brand-logo").status_code == 404
    olga.close()
    ann.close()


def test_branding_is_checked_kept_and_seen_by_everybody(served: Served) -> None:
    visitor = Visitor(served.url).sign_in("olga")
    visitor.get("/console/branding")
    wrong = visitor.post("/console/branding", name="", accent="red", support="javascript:alert(1)", terms="data:x")
    assert wrong.status_code == 422
    assert visitor.page.count('class="wrong"') == 4
    evil = "<i>Lifts & Co</i>"
    done = visitor.post(
        "/console/branding", name=evil, accent="#FFFF00", support="help@example.com", terms="/portal/guides"
    )
    assert done.status_code == 303
    for path in ("/console/branding", "/sign-in", "/portal"):
        page = visitor.get(path).text
        assert "&lt;i&gt;Lifts &amp; Co&lt;/i&gt;" in page
        assert "<i>Lifts" not in page
        assert "mailto:help@example.com" in page
    css = re.search(r'href="(/static/brand.css[^"]*)"', visitor.page)
    assert css is not None
    assert "--light-accent:#ffff00" not in visitor.http.get(css[1]).text
    visitor.get("/console/branding")
    assert visitor.post("/console/branding", name="Hoistway", accent="#1f5fbf").status_code == 303
    assert evil in events(served, "branding.changed")[1]
    visitor.close()


@pytest.mark.parametrize(
    ("page", "name", "typed"),
    [
        ("/console/branding", "/console/branding", {"name": "Another"}),
        ("/console/branding", "/console/branding/logo", {}),
        ("/console/keys", "/console/keys", {}),
        ("/console/legacy", "/console/legacy plan", {"start": "soon"}),
    ],
)
def test_a_page_that_another_operator_overtook_changes_nothing(
    house: House, page: str, name: str, typed: dict[str, str]
) -> None:
    first, second = house.opened("olga"), house.opened("olga")
    if "start" in typed:
        typed = {"start": datetime.fromtimestamp(house.clock() + 86_400, UTC).strftime("%Y-%m-%dT%H:%M")}
    mine, stale = form_of(first, page, name), form_of(second, page, name)
    assert mine.send(first, **typed)[0] == 303
    before = held(house.served.database)
    assert stale.send(second, **typed)[0] == 409
    # What is wrong with the form does not make a fresh one of it.
    assert stale.send(second, name="", accent="", minutes="none")[0] == 409
    assert held(house.served.database) == before
    assert form_of(second, page, name).send(second, **typed)[0] == 303


def test_a_brown_out_that_has_ended_makes_no_page_stale(house: House) -> None:
    olga = house.opened("olga")
    at, page, name = house.clock(), "/console/legacy", "/console/legacy plan"
    rest(house.served, "password", at - 60, at + 60)
    plan = form_of(olga, page, name)
    house.clock.turn(120)
    start = datetime.fromtimestamp(house.clock() + 86_400, UTC).strftime("%Y-%m-%dT%H:%M")
    assert plan.send(olga, start=start)[0] == 303
