"""An operator builds a new customer at the console, up to the first call of its program: without a shell."""

import re
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import served_on
from tests.browser.judging import judge
from tests.browser.signing_in import sign_in
from tests.server import Served

NEW = "another-horse-battery"
FILE = b"id,site_id,customer_id,equipment_type,capacity_kg\nUS-N2,s-north,c-north,elevator,1000\nUS-N3,s-north,c-north,escalator,\n"


@pytest.fixture(scope="module")
def served(home: str) -> Iterator[Served]:
    """Keeps its mails, so that the person who is invited can open theirs."""
    with served_on("sqlite", home, demonstration=True) as server:
        yield server


def make(page: Page, served: Served, path: str, **typed: str) -> None:
    page.goto(f"{served.url}{path}")
    for name, value in typed.items():
        page.locator(f"#{name}").fill(value)
    page.locator("main form button.primary").click()


def shown_once(page: Page) -> str:
    expect(page.locator(".once code").first).to_be_visible()
    found = page.locator(".once code").last.inner_text()
    page.get_by_role("link", name="I have saved it").click()
    return found


def accept_invitation(browser: Browser, served: Served) -> None:
    """By the person, in a browser of their own."""
    context = browser.new_context(locale="en")
    theirs = context.new_page()
    theirs.goto(f"{served.url}/dev/outbox")
    letter = theirs.locator("article", has_text="nora@north.example").locator("pre").first
    expect(letter).to_contain_text("/invitation?link=")
    link = re.search(r"\S+/invitation\?link=\S+", letter.inner_text())
    assert link is not None
    theirs.goto(link[0])
    theirs.locator("#name").fill("Nora North")
    theirs.locator("#password").fill(NEW)
    theirs.locator("main form button.primary").click()
    theirs.get_by_role("link", name="Sign in").click()
    theirs.locator("#username").fill("nora@north.example")
    theirs.locator("#password").fill(NEW)
    theirs.locator("button.primary").click()
    theirs.wait_for_url(f"{served.url}/portal")
    theirs.goto(f"{served.url}/portal/people")
    expect(theirs.get_by_role("heading", level=1)).to_have_text("People")
    context.close()


def test_a_customer_from_nothing_to_its_first_call(page: Page, browser: Browser, served: Served) -> None:
    sign_in(page, served, "olga", "/console")
    page.get_by_role("navigation", name="Operate").get_by_role("link", name="Customers").click()
    page.get_by_role("link", name="New customer").click()
    make(page, served, "/console/customers/new", id="c-north", name="North Estates")
    expect(page.get_by_role("heading", level=1)).to_have_text("North Estates")

    make(page, served, "/console/sites/new", id="s-north", name="North Tower", city="Bonn", country="DE")
    expect(page.get_by_role("heading", level=1)).to_have_text("North Tower")
    page.get_by_role("link", name="New unit").click()
    expect(page.locator("#site_id")).to_have_value("s-north")
    page.locator("#id").fill("US-N1")
    page.locator("#customer_id").fill("c-north")
    page.locator("main form button.primary").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("US-N1")
    page.get_by_role("link", name="Customers and roles").click()
    expect(page.get_by_role("main")).to_contain_text("c-north")

    page.goto(f"{served.url}/console/units/new/file")
    page.locator("#file").set_input_files({"name": "units.csv", "mimeType": "text/csv", "buffer": FILE})
    page.get_by_role("button", name="Show what would change").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    judge(page)
    page.get_by_role("button", name="Write all of this").click()
    expect(page.get_by_role("status").first).to_contain_text("The file was written")

    page.goto(f"{served.url}/console/customers/c-north")
    page.get_by_role("link", name="Invitations").click()
    page.locator("#address").fill("nora@north.example")
    page.locator("#role-administrator").check()
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_role("status").first).to_contain_text("on its way")
    judge(page)
    accept_invitation(browser, served)

    page.goto(f"{served.url}/console/customers/c-north")
    expect(page.get_by_role("link", name="Nora North")).to_be_visible()
    page.get_by_role("link", name="New technical account").click()
    expect(page.locator("#customer")).to_have_value("c-north")
    page.locator("#username").fill("north-nightly")
    page.locator("main form button.primary").click()
    shown_once(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("north-nightly")

    page.goto(f"{served.url}/console/customers/c-north")
    page.get_by_role("link", name="New application").click()
    page.locator("#name").fill("Nightly run")
    page.locator("#type").select_option("daemon")
    page.locator("#scopes").fill("units.read")
    page.locator("#account").fill("north-nightly")
    page.locator("main form button.primary").click()
    secret = shown_once(page)
    page.wait_for_url(f"{served.url}/console/applications/*")
    client_id = page.url.partition("?")[0].rpartition("/")[2]
    page.goto(f"{served.url}/console/customers/c-north")
    for name in ("Nora North", "north-nightly", "Nightly run", "US-N3"):
        expect(page.get_by_role("link", name=name)).to_be_visible()
    judge(page)

    answer = httpx2.post(
        f"{served.url}/oauth2/token",
        data={
            "grant_type": "client_credentials",
            "scope": "units.read",
            "client_id": client_id,
            "client_secret": secret,
        },
    )
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    called = httpx2.get(f"{served.url}/api/v1/units", headers={"authorization": f"Bearer {token}"})
    assert sorted(unit["unitId"] for unit in called.json()["items"]) == ["US-N1", "US-N2", "US-N3"]
