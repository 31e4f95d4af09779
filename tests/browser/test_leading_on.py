"""Chromium holds every redirect after a form to the page's form-action: an application may lead on wherever it likes."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from hoistway.store.clients import add_client
from hoistway.store.db import Writer
from tests.browser.judging import judge
from tests.browser.test_browser import enter
from tests.flows.browser import answer_of
from tests.sandbox import IN_SANDBOX
from tests.server import Served, change
from tests.world import client

CHALLENGE = f"code_challenge={'x' * 43}&code_challenge_method=S256"
EVIL = "https://evil.example/cb"


@pytest.fixture(scope="module")
def leading(served: Served) -> None:
    async def work(tx: Writer) -> None:
        uris = (f"{served.home}onward", f"{served.home}to-app")
        for name, consent in (("proxy", "implied"), ("proxy-asks", "asked")):
            await add_client(
                tx, client(name, "single-page", redirect_uris=uris, post_logout_redirect_uris=uris, consent=consent)
            )
        evil = {"redirect_uris": (EVIL,), "post_logout_redirect_uris": (EVIL,)}
        await add_client(tx, client("sand-evil", "single-page", **evil, **IN_SANDBOX))

    change(served.database, work)


def asked(served: Served, client_id: str, uri: str, **more: str) -> str:
    extra = "".join(f"&{name}={value}" for name, value in more.items())
    ask = f"client_id={client_id}&redirect_uri={uri}&response_type=code&scope=openid&state=st"
    return f"{served.url}/oauth2/authorize?{ask}&{CHALLENGE}{extra}"


def arrives_elsewhere(page: Page, served: Served) -> dict[str, str]:
    page.wait_for_url(f"http://localhost:{urlsplit(served.home).port}/callback*")
    return answer_of(page.url)


@pytest.mark.usefixtures("leading")
def test_a_callback_that_leads_on_to_another_origin(page: Page, served: Served) -> None:
    onward = f"{served.home}onward"
    page.goto(asked(served, "proxy", onward))
    enter(page, "ann")
    assert arrives_elsewhere(page, served)["code"]
    page.goto(asked(served, "proxy", onward, prompt="select_account"))
    page.get_by_role("button", name="Customer c-a").click()
    assert arrives_elsewhere(page, served)["code"]
    for button, word in (("Cancel", "error"), ("Allow access", "code")):
        page.goto(asked(served, "proxy-asks", onward))
        page.get_by_role("button", name=button).click()
        assert arrives_elsewhere(page, served)[word]
    page.goto(f"{served.url}/oauth2/logout?post_logout_redirect_uri={onward}&state=bye")
    page.get_by_role("button", name="Sign out").click()
    assert arrives_elsewhere(page, served) == {"state": "bye"}


@pytest.mark.usefixtures("leading")
def test_a_callback_that_leads_on_to_a_scheme_of_its_own(page: Page, served: Served) -> None:
    """Chromium has no program for it; what counts is that no policy stops it, which the page would tell (the fixture)."""
    page.goto(asked(served, "proxy", f"{served.home}to-app"))
    with page.expect_request(lambda request: "/to-app?code=" in request.url):
        enter(page, "ann")
    page.goto(served.home)


def post_from_elsewhere(page: Page, served: Served) -> None:
    """Another site (localhost is none of 127.0.0.1) posts an authorization request."""
    page.goto(f"http://localhost:{urlsplit(served.home).port}/")
    asked = {"client_id": "spa", "redirect_uri": f"{served.home}callback", "response_type": "code", "scope": "openid"}
    asked |= {"state": "posted", "code_challenge": "x" * 43, "code_challenge_method": "S256"}
    with page.expect_navigation(url=f"{served.url}/oauth2/authorize?*"):
        page.evaluate(
            """([action, fields]) => {
              const form = Object.assign(document.createElement("form"), { method: "post", action });
              for (const [name, value] of Object.entries(fields))
                form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
              document.body.append(form);
              form.submit();
            }""",
            [f"{served.url}/oauth2/authorize", asked],
        )


def test_a_form_of_another_site_leaves_an_open_page_as_it_was(
    page: Page, context: BrowserContext, served: Served
) -> None:
    page.goto(asked(served, "spa", f"{served.home}callback"))
    other = context.new_page()
    post_from_elsewhere(other, served)
    enter(page, "ann")
    page.wait_for_url(f"{served.home}callback*")
    assert answer_of(page.url)["state"] == "st"
    enter(other, "ann")
    other.wait_for_url(f"{served.home}callback*")
    assert answer_of(other.url)["state"] == "posted"


def test_of_two_pages_asked_for_at_once_both_lead_on(page: Page, context: BrowserContext, served: Served) -> None:
    page.goto(asked(served, "spa", f"{served.home}callback"))
    context.clear_cookies()
    other = context.new_page()
    other.goto(asked(served, "spa", f"{served.home}callback"))
    enter(page, "ann")
    expect(page.get_by_role("alert")).to_be_visible()
    judge(page)
    expect(page.get_by_label("User name")).to_have_value("ann@example.com")
    enter(page, "ann")
    page.wait_for_url(f"{served.home}callback*")
    enter(other, "ann")
    other.wait_for_url(f"{served.home}callback*")


@pytest.mark.usefixtures("leading")
def test_not_you(page: Page, served: Served) -> None:
    page.goto(asked(served, "proxy-asks", f"{served.home}onward"))
    enter(page, "few")
    page.get_by_role("button", name="Not you?").click()
    page.get_by_role("button", name="Cancel").click()
    assert arrives_elsewhere(page, served)["error"] == "access_denied"


@pytest.mark.usefixtures("leading")
@pytest.mark.parametrize("path", ["authorize", "form_post", "logout"])
def test_the_page_that_asks_before_it_leads_away(page: Page, served: Served, path: str) -> None:
    mode = "form_post" if path == "form_post" else "query"
    silent = asked(served, "sand-evil", EVIL, prompt="none", response_mode=mode)
    page.goto(f"{served.url}/oauth2/logout?post_logout_redirect_uri={EVIL}" if path == "logout" else silent)
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "You are signed out" if path == "logout" else "Go on to another site?"
    )
    expect(page.locator(".primary")).to_have_text("Go on to evil.example")
    judge(page)
