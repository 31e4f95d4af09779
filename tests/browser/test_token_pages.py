"""Chromium on Get a token and in the token inspector, with script and without."""

import base64
import json
import re
import subprocess
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.attacks.asking import daemon_token
from tests.browser.copying import copied
from tests.browser.judging import judge
from tests.browser.test_try_it import HOSTILE, JWT, enter
from tests.server import Served
from tests.world import PASSWORD, SECRET


@pytest.fixture(autouse=True)
def clipboard(context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])


def open_page(page: Page, served: Served, path: str, name: str = "ann") -> None:
    page.goto(f"{served.url}/sign-in?next={path}")
    enter(page, name)
    page.wait_for_url(f"**{path}")


def made(**claims: object) -> str:
    """A token of nobody's."""
    parts = ({"alg": "ES256", "kid": "k", "typ": "at+jwt"}, claims)
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts), "x"])


def test_one_click_for_oneself(page: Page, served: Served) -> None:
    open_page(page, served, "/portal/token")
    page.get_by_role("button", name="Get a token", exact=True).click()
    expect(page.locator("[data-state=valid]")).to_be_visible()
    line = copied(page.get_by_role("button", name="Copy with token"))
    done = subprocess.run(["bash", "-c", f"{line} -s"], capture_output=True, text=True, check=True, timeout=30)
    assert len(json.loads(done.stdout)["items"]) == 3
    page.get_by_text("Show the token").click()
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Inspect this token").click()
    expect(opened.value.locator(".verdict-line")).to_have_text("The Customer API accepts this token")
    expect(opened.value).to_have_url(f"{served.url}/portal/inspector#verdict")


def test_a_program_sends_its_request_from_the_page(page: Page, served: Served) -> None:
    open_page(page, served, "/portal/token")
    form = page.locator("form[data-flow=program]")
    form.get_by_role("button", name="Send it from this page").click()
    expect(form.get_by_role("alert")).to_contain_text("Enter the secret first")
    form.get_by_label("Client secret").fill("wrong")
    form.get_by_role("button", name="Send it from this page").click()
    expect(form.locator(".lesson")).to_contain_text("client id or secret is wrong")
    form.get_by_label("Client secret").fill(SECRET)
    form.get_by_label("profile.write").uncheck()
    form.get_by_label("Client id").press("Enter")
    expect(form.get_by_role("heading", name="The answer")).to_be_focused()
    expect(form.locator(".params")).to_contain_text("units.read profile.read")
    assert not JWT.search(page.content())
    assert JWT.fullmatch(copied(form.get_by_role("button", name="Copy the access token")))
    line = copied(form.get_by_role("button", name="Copy with the secret"))
    done = subprocess.run(["bash", "-c", f"{line} -s"], capture_output=True, text=True, check=True, timeout=30)
    assert json.loads(done.stdout)["scope"] == "units.read profile.read"
    assert SECRET not in page.locator("body").inner_text()
    assert SECRET not in page.url
    with page.expect_popup() as opened:
        form.get_by_role("button", name="Inspect this token").click()
    expect(opened.value.locator(".verdict-line")).to_have_text("The Customer API accepts this token")


def test_a_technical_account_and_why_it_is_deprecated(page: Page, served: Served) -> None:
    open_page(page, served, "/portal/token")
    section = page.locator("#account")
    expect(section).to_contain_text("deprecated")
    expect(section).to_contain_text("The way out keeps everything else")
    form = section.locator("form")
    form.get_by_label("Password of the technical account").fill(PASSWORD)
    form.get_by_role("button", name="Send it from this page").click()
    expect(form.get_by_role("heading", name="The answer")).to_be_visible()
    form.get_by_label("Technical account", exact=True).fill("nobody")
    form.get_by_role("button", name="Send it from this page").click()
    expect(form.locator(".lesson")).to_contain_text("don’t match")


def test_page_and_server_write_the_same_request(page: Page, served: Served) -> None:
    open_page(page, served, "/portal/token")
    query = {"flow": "account", "client_id": f"a'b $c{HOSTILE}", "username": "x\\'\"`y`", "scope_units.read": "yes"}
    address = f"{served.url}/portal/token?{urlencode(query)}"
    page.goto(address)
    expect(page.locator("#account [data-curl]")).to_contain_text("$c")
    written = [page.locator(f"#{flow} [data-curl]").inner_text() for flow in ("program", "account")]
    html = page.context.request.get(address).text()
    page.evaluate("(html) => { window.plain = new DOMParser().parseFromString(html, 'text/html'); }", html)
    served_by = [
        page.evaluate(f"plain.querySelector('#{flow} [data-curl]').textContent") for flow in ("program", "account")
    ]
    assert written == served_by
    expect(page.locator("main img")).to_have_count(0)
    assert page.title() != "run"


def test_a_token_is_decoded_as_it_is_pasted_and_leaves_the_page_on_demand(page: Page, served: Served) -> None:
    open_page(page, served, "/portal/inspector")
    token = daemon_token(served)
    asked: list[Request] = []
    # The browser asks for the icon of the tab when it has time.
    page.on("request", lambda request: asked.append(request) if "/static/mark.svg" not in request.url else None)
    field = page.get_by_label("Token", exact=True)
    field.fill(f"Authorization: Bearer {token[:300]}\n{token[300:]}")
    decoded = page.locator("#decoded")
    expect(decoded).to_contain_text("Decoded in this page, verified by nobody")
    expect(decoded).to_contain_text("This decides which units it opens.")
    expect(decoded).to_contain_text(re.compile(r"ends in (1 h|59 min \d+ s)"))
    assert asked == []
    page.get_by_label("Unit id").fill("US-c-b-10")
    page.get_by_role("button", name="Verify on the server").click()
    expect(page.locator(".verdict-line")).to_have_text("The Customer API accepts this token")
    expect(page.locator("#verdict")).to_be_focused()
    expect(page.locator(".unit-answer")).to_contain_text("No, it does not open US-c-b-10")
    expect(decoded).to_be_hidden()
    assert [one.method for one in asked] == ["POST"]
    assert token[:300] in field.input_value()
    assert "eyJ" not in page.url
    field.fill(token[:-4])
    expect(page.locator("#verdict")).to_be_empty()
    page.get_by_role("button", name="Verify on the server").click()
    expect(page.locator(".reasons")).to_contain_text("The signature does not fit")
    page.get_by_role("button", name="Clear").click()
    expect(field).to_have_value("")
    expect(page.locator("#verdict")).to_be_empty()
    expect(decoded).to_be_hidden()


@pytest.mark.parametrize(
    ("pasted", "words"),
    [("secret", "This has no dots"), ("a.b", "three parts"), ("a.b.c.d.e", "five parts"), ("a.b.c", "no JSON")],
)
def test_what_is_no_token_is_told_in_the_page_and_by_the_server_alike(
    page: Page, served: Served, pasted: str, words: str
) -> None:
    page.goto(f"{served.url}/portal/inspector")
    page.get_by_label("Token", exact=True).fill(pasted)
    expect(page.locator("#mistakes")).to_contain_text(words)
    page.get_by_role("button", name="Verify on the server").click()
    expect(page.locator("#problems")).to_contain_text(words)
    expect(page.locator("#problems")).to_be_focused()


def test_hostile_tokens_are_text(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/portal/inspector")
    token = made(**{HOSTILE: HOSTILE, "exp": 10**300, "nbf": -(10**15), "iat": HOSTILE, "nested": {"a": [HOSTILE]}})
    page.get_by_label("Token", exact=True).fill(token)
    expect(page.locator("#decoded")).to_contain_text(HOSTILE)
    page.get_by_label("Unit id").fill(HOSTILE)
    page.get_by_role("button", name="Verify on the server").click()
    expect(page.locator("#verdict")).to_contain_text(HOSTILE)
    expect(page.locator("main img, main script")).to_have_count(0)
    assert page.title() != "run"


def test_without_script(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    open_page(page, served, "/portal/token")
    expect(page.get_by_text("Without it, send the request with curl")).to_be_visible()
    expect(page.locator("button:visible", has_text="Send it from this page")).to_have_count(0)
    form = page.locator("form[data-flow=program]")
    form.get_by_label("profile.write").uncheck()
    form.get_by_role("button", name="Show the request").click()
    expect(page.locator("#program [data-curl]")).to_contain_text("scope=units.read profile.read'")
    page.goto(f"{served.url}/portal/inspector")
    page.get_by_label("Token", exact=True).fill(daemon_token(served))
    page.get_by_label("Unit id").fill("US-c-a-10")
    page.get_by_role("button", name="Verify on the server").click()
    expect(page.locator(".verdict-line")).to_have_text("The Customer API accepts this token")
    expect(page.get_by_text("Yes, it opens US-c-a-10.")).to_be_visible()
    expect(page.get_by_label("Token", exact=True)).to_have_value("")
    page.goto(f"{served.url}/portal/try")
    expect(page.get_by_text("The console runs in the page")).to_be_visible()
    expect(page.get_by_role("button", name="Send request")).to_be_hidden()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en", "de"])
def test_the_pages_are_accessible_and_fit(page: Page, served: Served, scheme: str, locale: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    open_page(page, served, "/portal/token")
    page.goto(f"{served.url}/portal/token?ui_locales={locale}")
    form = page.locator("form[data-flow=program]")
    form.locator("[data-secret]").fill(SECRET)
    form.locator("button.primary").click()
    expect(form.locator(".params")).to_be_visible()
    other = page.locator("form[data-flow=account]")
    other.locator("[data-secret]").fill("wrong")
    other.locator("button.primary").click()
    expect(other.locator(".lesson")).to_be_visible()
    judge(page)
    page.goto(f"{served.url}/portal/inspector?ui_locales={locale}")
    for token in (made(exp=1), daemon_token(served)):
        page.locator("#token").fill(token)
        expect(page.locator("#decoded")).to_be_visible()
        expect(page.locator("#verdict")).to_be_empty()
        judge(page)
        page.locator("#unit").fill("US-c-a-10")
        page.locator("#inspect .primary").click()
        expect(page.locator(".verdict-line")).to_be_visible()
        judge(page)
