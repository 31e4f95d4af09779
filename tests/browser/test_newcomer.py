"""The whole way of a newcomer, in one browser: read, get a token, call, ask for an application, be approved, sign in through it,
and find the call in one's own usage."""

import re
import urllib.request
from contextlib import suppress
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hoistway.protocol.jwt import b64url
from tests.browser.judging import judge
from tests.browser.signing_in import sign_in
from tests.server import Served

VERIFIER = "v" * 43
CHALLENGE = b64url(sha256(VERIFIER.encode()).digest())


@pytest.fixture(scope="module")
def served(served_on_both: Served) -> Served:
    return served_on_both


def ask_for(page: Page, served: Served, environment: str, name: str, redirect: str) -> None:
    page.goto(f"{served.url}/portal/applications/new")
    page.locator(f"#environment-{environment}").check()
    page.locator("#name").fill(name)
    page.locator("#type-web").check()
    page.locator("#redirect_uris").fill(redirect)
    page.locator("#purpose").fill("Shows a building's lifts to its caretakers.")
    page.locator("main form button.primary").click()


def units_through(page: Page, served: Served, client_id: str, redirect: str, secret: str) -> tuple[int, str]:
    """Signs in through the application with code and PKCE, and calls the API: (number of units, correlation id)."""
    query = (
        f"response_type=code&client_id={client_id}&redirect_uri={redirect}&scope=openid%20units.read&state=s&nonce=n"
        f"&code_challenge={CHALLENGE}&code_challenge_method=S256"
    )
    page.goto(f"{served.url}/oauth2/authorize?{query}")
    page.get_by_role("button", name="Allow access").click()
    page.wait_for_url(f"{redirect}*")
    code = parse_qs(urlsplit(page.url).query)["code"][0]
    answer = page.request.post(
        f"{served.url}/oauth2/token",
        form={
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "client_id": client_id,
            "client_secret": secret, "code_verifier": VERIFIER,
        },
    )  # fmt: skip
    assert answer.ok, answer.text()
    called = urllib.request.Request(
        f"{served.url}/api/v1/units", headers={"Authorization": f"Bearer {answer.json()['access_token']}"}
    )
    with urllib.request.urlopen(called) as reply:
        body = reply.read()
        return body.count(b'"unitId"'), reply.headers["X-Correlation-Id"]


def new_secret(page: Page, served: Served, client_id: str) -> str:
    page.goto(f"{served.url}/portal/applications/{client_id}")
    page.get_by_role("button", name=re.compile("secret", re.IGNORECASE)).first.click()
    shown = page.locator("#secret code")
    expect(shown).to_be_visible()
    return shown.inner_text()


@pytest.fixture
def operators(browser: Browser) -> BrowserContext:
    return browser.new_context(locale="en")


def test_from_nothing_to_a_call_in_my_usage(page: Page, served: Served, operators: BrowserContext) -> None:
    # Read, get a token, call.
    sign_in(page, served, "adam", "/portal")
    page.get_by_role("link", name="Get started").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Getting started")
    page.goto(f"{served.url}/portal/reference/listUnits")
    page.get_by_role("button", name="Get a token", exact=True).click()
    expect(page.locator("[data-state=valid]")).to_be_visible()
    page.get_by_role("button", name="Send request").click()
    expect(page.locator("[data-status]")).to_contain_text("200 OK")

    # Ask for an application: a bad redirect URL is refused with its reason, the sandbox answers at once.
    ask_for(page, served, "sandbox", "Caretaker board", "http://evil.example/callback")
    expect(page.get_by_role("alert")).to_contain_text("https")
    expect(page.locator("#name")).to_have_value("Caretaker board")
    judge(page)
    redirect = f"{served.home}callback"
    ask_for(page, served, "sandbox", "Caretaker board", redirect)
    page.wait_for_url(re.compile(r"/portal/applications/[0-9a-f-]{36}"))
    sandbox = urlsplit(page.url).path.rsplit("/", 1)[1]
    shown, _ = units_through(page, served, sandbox, redirect, new_secret(page, served, sandbox))
    assert shown > 0

    # Production waits for an operator, who sees the risks and approves.
    ask_for(page, served, "production", "Caretaker board", redirect)
    page.wait_for_url("**/portal/requests/*")
    expect(page.locator("main")).to_contain_text(re.compile("review|waits|operator", re.IGNORECASE))
    office = operators.new_page()
    sign_in(office, served, "olga", "/console")
    office.goto(f"{served.url}/console/requests")
    office.get_by_role("link", name="Caretaker board").click()
    expect(office.locator("#decision-approve")).to_be_visible()
    judge(office)
    office.locator("#decision-approve").check()
    office.locator("#text").fill("Approved for the caretakers of both houses.")
    office.locator("main form button.primary").last.click()
    expect(office.get_by_role("status").first).to_contain_text("Approved")
    operators.close()

    # Sign in through it, call, and find the call.
    page.goto(f"{served.url}/portal/applications")
    expect(page.get_by_role("link", name="Caretaker board")).to_have_count(2)
    links = page.locator("a[href^='/portal/applications/']").all()
    ids = {urlsplit(link.get_attribute("href") or "").path.rsplit("/", 1)[1] for link in links}
    [production] = {one for one in ids if re.fullmatch(r"[0-9a-f-]{36}", one)} - {sandbox}
    count, correlation = units_through(page, served, production, redirect, new_secret(page, served, production))
    assert count == 10
    # Calls are written down by and by; the page shows what was written.
    row = page.locator(".requests > li")
    for _ in range(20):
        page.goto(f"{served.url}/portal/usage/requests?correlation={correlation}")
        with suppress(AssertionError):
            expect(row).to_have_count(1, timeout=1000)
            break
    expect(row).to_contain_text("listUnits")
    expect(row).to_contain_text(correlation)
