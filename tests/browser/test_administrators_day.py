"""Chromium through the day of a customer's administrator: who sees what, a new password without a gap, who did what."""

from playwright.sync_api import Page, expect

from tests.attacks.asking import password
from tests.browser.judging import judge
from tests.browser.signing_in import sign_in
from tests.server import Served
from tests.world import API_URI, PASSWORD


def gives(served: Served, word: str) -> bool:
    return password(served, "daemon-a", word, scope=API_URI).status_code == 200


def saved(page: Page, sentence: str) -> None:
    expect(page.get_by_role("status").first).to_contain_text(sentence)


def test_the_day_of_an_administrator(page: Page, served: Served) -> None:
    sign_in(page, served, "adam", "/portal")
    page.locator(".menu > summary").click()
    page.get_by_role("link", name="People", exact=True).click()
    expect(page.get_by_role("columnheader", name="Second factor")).to_be_visible()
    judge(page)
    # Somebody moves to another building.
    page.get_by_role("link", name="Few").click()
    page.get_by_label("Look for sites and units").fill("US-c-a-2")
    page.keyboard.press("Enter")
    expect(page.get_by_text("is in the lists below")).to_be_visible()
    judge(page)
    page.get_by_label("US-c-a-21").check()
    page.get_by_role("button", name="Save changes").click()
    saved(page, "Changes saved")
    expect(page.get_by_label("US-c-a-21")).to_be_checked()
    # A program gets a new password while it runs.
    page.goto(f"{served.url}/portal/technical-accounts")
    page.get_by_role("link", name="Daemon a").click()
    page.get_by_label("Works for").select_option("90")
    page.get_by_role("button", name="Make another password").click()
    expect(page.get_by_role("note")).to_contain_text("Copy it now")
    judge(page)
    second = page.get_by_role("note").locator("code").nth(1).inner_text()
    assert gives(served, PASSWORD)
    assert gives(served, second)
    page.get_by_role("link", name="I have saved it").click()
    expect(page.get_by_role("row", name="Password 2")).to_contain_text("UTC")
    page.locator("summary", has_text="End password 1").click()
    page.locator("#unused-first").check()
    expect(page.locator("#unused-first")).to_be_checked()
    judge(page)
    page.get_by_role("button", name="End password 1").click()
    saved(page, "The password ended")
    assert not gives(served, PASSWORD)
    assert gives(served, second)
    # Only from where it runs.
    page.get_by_label("Addresses").fill("203.0.113.1/24")
    page.get_by_role("button", name="Save addresses").click()
    expect(page.get_by_role("alert")).to_contain_text("203.0.113.1/24 is not a network")
    judge(page)
    page.get_by_label("Addresses").fill("127.0.0.0/8\n203.0.113.0/24")
    page.get_by_role("button", name="Save addresses").click()
    saved(page, "Changes saved")
    assert gives(served, second)
    # Who did what.
    page.get_by_role("link", name="What happened with this account").click()
    page.get_by_label("Who (a name or an id)").fill("adam")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("row", name="service_account.password_ended").first).to_contain_text("Adam")
    expect(page.get_by_role("row", name="membership.changed").first).to_contain_text("u-few")
    judge(page)
    # Everybody shall have a second factor, whoever asks for it first.
    page.get_by_role("link", name="Sign-in", exact=True).click()
    expect(page.get_by_role("row", name="Adam Administrator")).to_be_visible()
    page.get_by_label("Administrators", exact=True).check()
    page.get_by_role("button", name="Save").click()
    saved(page, "Your sign-in has ended")
    judge(page)
    page.locator("#username").fill("adam@example.com")
    page.locator("#password").fill(PASSWORD)
    page.locator("button.primary").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Add a second factor")
    judge(page)
