"""Chromium from an application to the company's own provider and back to the first units, at two providers that others wrote."""

import asyncio
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hoistway.store.migrate import migrate
from tests.browser.judging import judge
from tests.browser.test_browser import begin, claims, redeem
from tests.engines import drop_database, fresh_database
from tests.federation.connected import ID, SECRET, connect, provider
from tests.federation.mock import free_port, mock_provider
from tests.federation.node import node_provider
from tests.server import Served, prepare, serving

DOMAINS = {"mock": "mock.example", "node": "node.example"}


@pytest.fixture(scope="module")
def served(home: str) -> Iterator[Served]:
    """Whose customer has both, each with a domain and one person."""
    url, port = fresh_database("sqlite", migrate), free_port()
    asyncio.run(prepare(url, home))
    with serving(url, home=home, outbound_loopback=True) as server, mock_provider() as mock:
        client: dict[str, object] = {
            "client_id": "hoistway-here", "client_secret": SECRET, "grant_types": ["authorization_code"],
            "response_types": ["code"], "redirect_uris": [f"{server.url}/sign-in/provider/{ID}/callback"],
        }  # fmt: skip
        people = {
            kind: {"email": f"nora@{domain}", "email_verified": True, "name": "Nora Nord"}
            for kind, domain in DOMAINS.items()
        }
        mock.person("mock", **people["mock"])
        connect(url, provider(mock.url, id="p-mock"), DOMAINS["mock"])
        with node_provider(port, client, {"node": people["node"]}) as issuer:
            connect(url, provider(issuer), DOMAINS["node"])
            yield server
    drop_database(url)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(locale="en")
    # The provider's pages may ask others for their looks.
    made.route("https://**", lambda route: route.abort())
    yield made
    made.close()


def leave(page: Page, served: Served, kind: str) -> None:
    """From the application to the provider's page, by keyboard alone; no password is asked for here."""
    begin(page, served)
    page.get_by_label("User name").press_sequentially(f"nora@{DOMAINS[kind]}")
    page.get_by_label("User name").press("Enter")
    page.wait_for_url("**/interaction/*" if kind == "node" else "**/oauth2/authorize?*client_id=hoistway-here*")


def allow(page: Page, kind: str) -> None:
    if kind == "node":
        page.get_by_label("Name").fill("node")
        page.get_by_label("Name").press("Enter")
    else:
        page.locator("input[name=sub]").fill("mock")
        page.get_by_role("button", name="Authorize").click()


@pytest.mark.parametrize("kind", DOMAINS)
def test_from_the_application_to_the_first_units(page: Page, served: Served, kind: str) -> None:
    leave(page, served, kind)
    allow(page, kind)
    page.wait_for_url(f"{served.home}callback*")
    tokens = redeem(page)["tokens"]
    assert claims(tokens["access_token"])["customer"] == "c-a"
    assert page.evaluate("(given) => units(...given)", [served.url, tokens["access_token"]]) == 10
    # Signed in here, too.
    page.goto(f"{served.url}/account")
    expect(page.locator("body")).to_contain_text("Nora Nord")
    judge(page)


def test_who_cancels_there_is_told_here(page: Page, served: Served) -> None:
    leave(page, served, "node")
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url(f"{served.url}/sign-in/provider/{ID}/callback?*")
    expect(page.locator("h1")).to_be_visible()
    expect(page.get_by_text("provider_cancelled")).to_be_visible()
    judge(page)
