"""In Chromium: a company's own sign-in is linked to an account and unlinked, on a wide page and a narrow one; and the password that is
asked after it, where others rely on the account."""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.judging import LOOKS, judge
from tests.browser.signing_in import sign_in
from tests.browser.test_factors import aside
from tests.browser.test_reset_factors import opened
from tests.federation.connected import DOMAIN, connect, make_person, provider
from tests.federation.liar import Liar, lying
from tests.world import PASSWORD, A, B


@pytest.fixture
def liar() -> Iterator[Liar]:
    with lying() as made:
        yield made


def through(page: Page, liar: Liar) -> None:
    """The person signs in at the provider at once."""

    def answer(route: Route) -> None:
        route.fulfill(status=303, headers={"location": liar.sends_back(route.request.url)})

    page.route(f"{liar.url}/authorize**", answer)


@pytest.mark.parametrize(("scheme", "lang"), LOOKS)
def test_a_company_sign_in_is_linked_and_unlinked(
    browser: Browser, home: str, liar: Liar, scheme: Literal["light", "dark"], lang: str
) -> None:
    with opened(home, outbound_loopback=True) as served:
        aside(connect, served.database, provider(liar.url))
        context = browser.new_context(locale=lang, color_scheme=scheme, reduced_motion="reduce")
        page = context.new_page()
        through(page, liar)
        sign_in(page, served, "ann", "/account/identities")
        judge(page)
        page.locator('button[value="link"]').click()
        page.wait_for_url("**/account/identities?claim=*")
        expect(page.locator("main")).to_contain_text("rita@acme.example")
        judge(page)
        page.locator('button[value="confirm"]').click()
        page.wait_for_url("**/account/identities?notice=notice_identity_linked")
        judge(page)
        page.locator('button[value="unlink"]').click()
        page.wait_for_url("**/account/identities?notice=notice_identity_unlinked")
        expect(page.locator('button[value="link"]')).to_be_visible()
        context.close()


@pytest.mark.parametrize(("scheme", "lang"), LOOKS)
def test_the_password_is_asked_after_it_where_others_rely_on_the_account(
    browser: Browser, home: str, liar: Liar, scheme: Literal["light", "dark"], lang: str
) -> None:
    """By keyboard alone."""
    with opened(home, outbound_loopback=True) as served:
        aside(connect, served.database, provider(liar.url))
        aside(make_person, served.database, "dave", A, B)
        liar.claims = {"email": f"dave@{DOMAIN}"}
        context = browser.new_context(locale=lang, color_scheme=scheme, reduced_motion="reduce")
        page = context.new_page()
        through(page, liar)
        page.goto(f"{served.url}/sign-in?next=/portal")
        page.locator("#username").fill(f"dave@{DOMAIN}")
        page.locator("#username").press("Enter")
        password = page.locator("#password[autocomplete='current-password']")
        page.wait_for_url("**/sign-in/second?**")
        expect(password).to_be_focused()
        expect(page.locator("main")).to_contain_text(f"dave@{DOMAIN}")
        judge(page)
        page.keyboard.type("not that one")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_be_visible()
        judge(page)
        password.fill(PASSWORD)
        password.press("Enter")
        page.wait_for_url(f"{served.url}/portal")
        context.close()
