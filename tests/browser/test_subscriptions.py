"""Chromium on products, subscriptions and keys: every page accessible in both themes, widths and languages; by keyboard; without script."""

import re
import time
from typing import Literal

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect

from hoistway.products.subscribing import subscribe
from hoistway.protocol.ids import SubscriptionId
from hoistway.protocol.limits import Limit
from hoistway.store.db import Writer
from hoistway.store.products import add_product
from hoistway.store.subscription_moves import move_subscription
from tests.browser.judging import LOOKS, judge
from tests.browser.signing_in import sign_in
from tests.limits.keyless import count_calls
from tests.limits.selling import product
from tests.server import Served, change
from tests.world import NOW, A

TERMS = "Send the ETag that you have.\n\nA key belongs to one program."
OPEN = product("open", key_use="optional", rate=Limit(600, 60), quota=Limit(1_000_000, 2_592_000))
GOLD = product("gold", rate=Limit(1000, 60), quota=Limit(500_000, 2_592_000), terms=TERMS)
ASKED = product("asked", approval="asked", subscriptions_limit=9)


@pytest.fixture(scope="module", autouse=True)
def pages(served: Served) -> dict[str, str]:
    """Products, and a subscription in each state; its id by the state."""
    ids: dict[str, str] = {}

    async def work(tx: Writer) -> None:
        for row in (OPEN, GOLD, ASKED, replace(product("gone"), disabled_at=NOW)):
            await add_product(tx, row)
        for act, row in (
            ("active", GOLD),
            ("suspend", GOLD),
            ("cancel", GOLD),
            ("submitted", ASKED),
            ("ask", ASKED),
            ("reject", ASKED),
        ):
            done = await subscribe(tx, row, A, name=f"A {act} one", by="u-adam", now=NOW)
            ids[act] = done.subscription.id
            if act not in {"active", "submitted"}:
                moved = await move_subscription(
                    tx, SubscriptionId(ids[act]), act, by="u-olga", now=NOW, message="Because of this.\n\nAnd that."
                )
                assert moved is not None
        await count_calls(tx, int(time.time()), "daemon")

    change(served.database, work)
    return ids


@pytest.mark.parametrize(("scheme", "lang"), LOOKS)
@pytest.mark.parametrize("who", ["adam", "ann", "olga"])
def test_every_page_is_accessible_and_fits(
    browser: Browser, served: Served, pages: dict[str, str], who: str, scheme: Literal["light", "dark"], lang: str
) -> None:
    context = browser.new_context(locale=lang, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    paths = ["/portal/products", "/portal/products/gold", "/portal/products/asked"]
    if who == "olga":
        sign_in(page, served, who, "/console")
        paths = ["/console/products", "/console/products/new", "/console/products/gold", "/console/products/gone"]
        paths += [
            "/console/subscriptions",
            "/console/subscriptions?state=every",
            "/console/subscriptions?state=expired",
        ]
        paths += [f"/console/subscriptions/{one}" for one in pages.values()]
        paths += [f"/console/subscriptions/{pages['active']}/keys", f"/console/subscriptions/{pages['cancel']}/keys"]
    else:
        sign_in(page, served, who, "/portal")
        paths += [
            "/portal/subscriptions",
            *(f"/portal/subscriptions/{one}" for one in list(pages.values())[: 5 if who == "adam" else 1]),
        ]
    for path in paths:
        page.goto(f"{served.url}{path}")
        judge(page)
        expect(page.locator("html")).to_have_attribute("lang", lang)
    context.close()


@pytest.mark.parametrize("lang", ["en", "de"])
def test_the_programs_that_would_be_refused_are_listed(browser: Browser, served: Served, lang: str) -> None:
    context = browser.new_context(locale=lang, reduced_motion="reduce", viewport={"width": 320, "height": 800})
    page = context.new_page()
    sign_in(page, served, "olga", "/console/products/open")
    page.locator("#key_use-required").check()
    page.locator("main form button.primary").first.click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("link", name="Daemon", exact=True)).to_be_visible()
    expect(page.locator("#keys-now")).not_to_be_checked()
    judge(page)
    context.close()


def test_subscribing_by_keyboard_alone(page: Page, served: Served) -> None:
    sign_in(page, served, "adam", "/portal/products/gold")
    name, accept = page.locator("#name"), page.locator("#terms-accepted")
    name.focus()
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    judge(page)
    expect(name).to_have_value("By keyboard")
    page.get_by_role("alert").get_by_role("link").press("Enter")
    page.keyboard.press("Tab")
    expect(accept).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Subscribed")
    judge(page)
    keys = page.locator(".once code", has_text=re.compile("^hwk_"))
    expect(keys).to_have_count(2)
    assert len(set(keys.all_text_contents())) == 2
    page.get_by_role("link", name="I have saved them").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("By keyboard")
    expect(page.get_by_role("progressbar", name="Rate")).to_have_attribute("value", "1000")
    page.locator("#overlap-secondary").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("New key")
    judge(page)
    page.get_by_role("link", name="I have saved").press("Enter")
    page.locator("#confirm").focus()
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("cancelled")


def test_a_request_is_made_and_approved_without_script(browser: Browser, served: Served) -> None:
    context = browser.new_context(locale="en", java_script_enabled=False)
    page = context.new_page()
    sign_in(page, served, "adam", "/portal/products/asked")
    page.locator("#name").fill("Without script")
    page.get_by_role("button", name="Ask for this subscription").click()
    expect(page.get_by_role("status").first).to_contain_text("Your request was sent")
    address = page.url.split("?")[0]
    context.clear_cookies()
    sign_in(page, served, "olga", "/console/subscriptions")
    page.get_by_role("link", name="Without script").click()
    page.get_by_label("Message to the customer").fill("Welcome.")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status").first).to_contain_text("Approved")
    context.clear_cookies()
    sign_in(page, served, "adam", address.removeprefix(served.url))
    expect(page.get_by_text("Welcome.")).to_be_visible()
    page.get_by_role("button", name="Make primary key").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New key")
    context.close()
