"""Chromium on the pages of applications and requests: accessible in both themes, widths and languages, by keyboard alone,
without script; forms keep what was typed."""

import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.judging import judge
from tests.browser.keyboard import press_until
from tests.browser.signing_in import sign_in
from tests.engines import drop_database, fresh_database
from tests.portal.asking import PRODUCTION, approved, asked, decide, granted, made_secret, operator, visitor
from tests.server import Served, populate, serving

WEB = {"type": "web", "redirect_uris": "https://app.example/cb"}
LEGACY = {"flows_implicit": "yes", "reason": "The kiosks of 2016 know nothing else."}
Scheme = Literal["light", "dark"]


class Office:
    """A customer with applications of each kind, and a request under way."""

    def __init__(self, served: Served) -> None:
        adam, ann = visitor(served, "adam"), visitor(served, "ann")
        self.sandbox = granted(adam, **WEB, name="Tried out", purpose="Shows lifts.", **LEGACY)
        made_secret(adam, self.sandbox)
        made_secret(adam, self.sandbox, "90")
        self.production = approved(served, adam, **WEB, name="In production", purpose="Shows our lifts to all.")
        self.daemon = granted(adam, type="daemon", redirect_uris="", name="Nightly")
        self.request = asked(ann, **{**PRODUCTION, **WEB, **LEGACY, "name": "In production2"})
        olga = operator(served)
        decide(olga, self.request, "ask", "Which kiosks?\nAnd until when?")
        self.waiting = asked(ann, **{**PRODUCTION, **WEB, "name": "Waiting"})

    def address(self, path: str) -> str:
        return path.format(
            sandbox=self.sandbox, production=self.production, daemon=self.daemon, request=self.request,
            waiting=self.waiting,
        )  # fmt: skip


# On one engine: judging a page in Chromium takes seconds, and the pages' rows are tested on both elsewhere.
@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    url = fresh_database("sqlite", populate)
    with serving(url) as server:
        yield server
    drop_database(url)


@pytest.fixture(scope="module")
def office(served: Served) -> Office:
    return Office(served)


PAGES = (
    ("bob", "/portal/applications"),
    ("adam", "/portal/applications"),
    ("adam", "/portal/applications?closed=yes"),
    ("adam", "/portal/applications/new"),
    ("adam", "/portal/applications/{sandbox}"),
    ("adam", "/portal/applications/{production}"),
    ("adam", "/portal/applications/{daemon}"),
    ("ann", "/portal/applications/{production}"),
    ("ann", "/portal/requests/{request}"),
    ("olga", "/console/requests"),
    ("olga", "/console/requests?show=rejected"),
    ("olga", "/console/requests/{request}"),
)


@pytest.fixture(scope="module", params=["en", "de"])
def signed(
    request: pytest.FixtureRequest, browser: Browser, served: Served, office: Office
) -> Iterator[dict[str, Page]]:
    """A page of each person, signed in once a language."""
    pages: dict[str, Page] = {}
    for name in sorted({name for name, _ in PAGES}):
        context = browser.new_context(locale=request.param)
        pages[name] = context.new_page()
        sign_in(pages[name], served, name, "/console" if name == "olga" else "/portal")
    yield pages
    for page in pages.values():
        page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "path"), PAGES)
def test_every_page_is_accessible_and_fits(
    signed: dict[str, Page], served: Served, office: Office, name: str, path: str, scheme: Scheme
) -> None:
    page = signed[name]
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(served.url + office.address(path))
    judge(page)


def test_the_whole_form_by_keyboard_with_a_mistake_on_the_way(page: Page, served: Served) -> None:
    """Nothing typed is lost; the summary has the focus and leads to the field; the reasons stood there while typing."""
    sign_in(page, served, "adam")
    page.goto(f"{served.url}/portal/applications/new")
    press_until(page, "#environment-sandbox")
    press_until(page, "#name")
    page.keyboard.type("By keyboard")
    press_until(page, "#type-web")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#type-single-page")).to_be_checked()
    press_until(page, "#redirect_uris")
    page.keyboard.type("https://good.example/cb\nhttp://evil.example/cb")
    live = page.locator(".live")
    expect(live).to_contain_text("Line 2")
    expect(live).to_contain_text("use https")
    press_until(page, "#purpose")
    page.keyboard.type("Kept as it is: <b>&amp;</b>")
    press_until(page, "summary:text('Older flows')")
    page.keyboard.press("Enter")
    press_until(page, "#flows-implicit")
    page.keyboard.press("Space")
    press_until(page, "main form button.primary")
    page.keyboard.press("Enter")

    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("use https")
    expect(alert).to_contain_text("Say why")
    expect(page.locator("#name")).to_have_value("By keyboard")
    expect(page.locator("#type-single-page")).to_be_checked()
    expect(page.locator("#redirect_uris")).to_have_value("https://good.example/cb\nhttp://evil.example/cb")
    expect(page.locator("#purpose")).to_have_value("Kept as it is: <b>&amp;</b>")
    expect(page.locator("#flows-implicit")).to_be_checked()
    expect(page.locator("#reason")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#redirect_uris")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("https://good.example/cb")
    expect(live).to_contain_text("Every address can be registered")
    press_until(page, "#flows-implicit")
    page.keyboard.press("Space")
    press_until(page, "main form button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("notice_app_granted"))
    expect(page.get_by_role("status").first).to_contain_text("Granted")
    expect(page.get_by_role("heading", level=1)).to_have_text("By keyboard")


def test_a_secret_is_made_copied_and_revoked_by_keyboard(browser: Browser, served: Served, office: Office) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"], locale="en")
    page = context.new_page()
    sign_in(page, served, "adam")
    page.goto(f"{served.url}/portal/applications/{office.daemon}")
    press_until(page, "form[action$='/secrets'] button")
    page.keyboard.press("Enter")
    shown = page.locator("#secret code")
    expect(shown).to_have_text(re.compile("^hws_[A-Za-z0-9]{40}$"))
    value = shown.inner_text()
    press_until(page, "#secret button.copy")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == value
    press_until(page, "summary:text('Revoke hws_')")
    page.keyboard.press("Enter")
    press_until(page, "input[name=confirm]")
    page.keyboard.type("hws_none")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not how the secret begins")
    field = page.locator("input[name=confirm]")
    expect(field).to_be_visible()
    expect(field).to_have_value("hws_none")
    judge(page)
    field.fill(value[:8])
    field.press("Enter")
    page.wait_for_url(re.compile("notice_app_secret_revoked"))
    expect(page.locator("main")).to_contain_text("No secret yet")
    context.close()


def test_a_decision_by_keyboard(page: Page, served: Served, office: Office) -> None:
    sign_in(page, served, "olga", "/console")
    page.goto(f"{served.url}/console/requests")
    press_until(page, f"a[href='/console/requests/{office.waiting}']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/console/requests/{office.waiting}")
    press_until(page, "#decision-approve")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#decision-reject")).to_be_checked()
    press_until(page, "main form button.primary")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator("#decision-reject")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("Name a host of yours.")
    press_until(page, "main form button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("notice_queue_rejected"))
    expect(page.locator(".thread")).to_contain_text("Name a host of yours.")


@pytest.fixture
def scriptless(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(java_script_enabled=False, locale="en")
    yield made
    made.close()


def test_without_script(scriptless: BrowserContext, served: Served, office: Office) -> None:
    page = scriptless.new_page()
    sign_in(page, served, "adam")
    page.goto(f"{served.url}/portal/applications/new")
    page.locator("#name").fill("Without script")
    page.locator("#redirect_uris").fill("https://*.example/cb")
    page.get_by_role("button", name="Request application").click()
    expect(page.get_by_role("alert")).to_contain_text("stars are no patterns")
    expect(page.locator("#name")).to_have_value("Without script")
    page.locator("#redirect_uris").fill("https://app.example/cb")
    page.get_by_role("button", name="Request application").click()
    page.wait_for_url(re.compile("notice_app_granted"))
    page.get_by_role("button", name="Make a secret").click()
    expect(page.locator("#secret code")).to_have_text(re.compile("^hws_"))
    expect(page.locator("button.copy:visible")).to_have_count(0)
    page.locator("#logo").set_input_files({"name": "a.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"})
    page.get_by_role("button", name="Upload logo").click()
    expect(page.get_by_role("alert")).to_contain_text("no PNG, WebP or JPEG")
    assert office.sandbox


def test_a_logo_is_drawn_on_the_page_and_where_people_consent(page: Page, served: Served, office: Office) -> None:
    sign_in(page, served, "adam")
    page.goto(f"{served.url}/portal/applications/{office.production}")
    picture = page.evaluate(
        "() => { const c = document.createElement('canvas'); c.width = c.height = 64; const d = c.getContext('2d');"
        " d.fillStyle = '#1f5fbf'; d.fillRect(8, 8, 48, 48); return c.toDataURL('image/png').split(',')[1]; }"
    )
    page.locator("#logo").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b64decode(picture)})
    page.get_by_role("button", name="Upload logo").click()
    page.wait_for_url(re.compile("notice_app_look_reviewed"))
    page.locator("#consent_text").fill("So that you see your lifts.")
    page.get_by_role("button", name="Save text").click()
    page.wait_for_url(re.compile("notice_app_look_reviewed"))
    judge(page)
    waiting = page.locator("section[aria-labelledby=look] .warning a")
    expect(waiting).to_have_count(2)
    waits = waiting.evaluate_all("(all) => all.map((one) => one.pathname)")
    boss = operator(served)
    for path in waits:
        assert decide(boss, path.rpartition("/")[2], "approve").status_code == 303
    page.reload()
    drawn = "(image) => image.decode().then(() => image.naturalWidth)"
    assert page.locator("main img.logo").evaluate(drawn) == 64
    judge(page)
    query = (
        f"response_type=code&client_id={office.production}&redirect_uri=https://app.example/cb&scope=openid%20units.read"
        f"&code_challenge={'x' * 43}&code_challenge_method=S256"
    )
    page.goto(f"{served.url}/oauth2/authorize?{query}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Allow access?")
    assert page.locator("main img.logo").evaluate(drawn) == 64
    expect(page.locator("main")).to_contain_text("So that you see your lifts.")
    judge(page)
