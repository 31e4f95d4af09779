"""Chromium in the try-it console: both flows, renewal, what is taught, and where a token never is."""

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace
from playwright.sync_api import BrowserContext, Page, Route, expect

from hoistway.portal.own_application import CLIENT_ID
from hoistway.store.clients import find_client, put_client
from hoistway.store.db import Writer
from tests.browser.copying import copied
from tests.browser.judging import judge
from tests.browser.keyboard import press_until
from tests.server import Served, change
from tests.world import PASSWORD, allowed

HOSTILE = "\"'><img src=x onerror=\"document.title='run'\"></template><script>document.title='run'</script>{{7*7}}"
JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")


async def _allow_implicit(tx: Writer) -> None:
    found = await find_client(tx, CLIENT_ID)
    assert found is not None
    await put_client(tx, replace(found, exceptions=allowed("implicit")))


@pytest.fixture(scope="module", autouse=True)
def implicit(served: Served) -> None:
    """The portal's own application is allowed the implicit flow."""
    with ThreadPoolExecutor(1) as apart:  # the browser has this thread's event loop
        apart.submit(change, served.database, _allow_implicit).result()


@pytest.fixture(autouse=True)
def clipboard(context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])


def enter(page: Page, name: str) -> None:
    page.get_by_label("User name").fill(f"{name}@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def open_console(page: Page, served: Served, operation: str = "listUnits", name: str | None = "ann") -> None:
    path = f"/portal/try/{operation}"
    if name is None:
        page.goto(served.url + path)
        return
    page.goto(f"{served.url}/sign-in?next={path}")
    enter(page, name)
    page.wait_for_url(f"**{path}")


def get_token(page: Page) -> None:
    page.get_by_role("button", name="Get a token", exact=True).click()
    valid(page)


def valid(page: Page) -> None:
    expect(page.locator("[data-state=valid]")).to_be_visible()


def send(page: Page, status: str = "200 OK") -> None:
    """The answer before this one stays on the page until the next has come."""
    with page.expect_response("**/api/v1/**"):
        page.get_by_role("button", name="Send request").click()
    expect(page.locator(".try-answer")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("[data-status]")).to_contain_text(status)


def check_refused(page: Page, code: str) -> None:
    expect(page.locator("#token-panel .lesson-code")).to_have_text(code)


def test_code_with_pkce_and_a_call(page: Page, served: Served) -> None:
    open_console(page, served)
    get_token(page)
    expect(page.locator("[data-countdown]")).to_have_text(re.compile(r"^(1:00:00|59:\d\d)$"))
    expect(page.locator("[data-about]")).to_have_text("for Ann, customer Customer c-a")
    page.get_by_text("How this token came about").click()
    steps = page.locator("[data-steps]")
    expect(steps).to_be_visible()
    for word in ("code_challenge_method", "S256", "prompt", "code_verifier", "authorization_code", "state, iss"):
        expect(steps).to_contain_text(word)
    expect(steps).to_contain_text("Checked by this page: iss, aud, nonce")
    assert not JWT.search(steps.inner_text())
    send(page, "200 OK, 10 items")
    assert "US-c-a-10" in page.locator("[data-body-shown]").inner_text()
    assert re.fullmatch(r"[0-9a-f-]{36}", page.locator("[data-correlation] code").inner_text())
    assert re.match(r"first byte after \d+ ms, complete after \d+ ms, \d", page.locator("[data-timing]").inner_text())
    page.get_by_text("The request as it was sent").click()
    sent = page.locator("[data-sent]")
    expect(sent).to_be_visible()
    expect(sent).to_have_text(re.compile(r"^GET /api/v1/units HTTP/1\.1.*Authorization: Bearer eyJ", re.DOTALL))
    assert not JWT.search(sent.inner_text())
    page.get_by_text("Headers of the answer").click()
    expect(page.locator("[data-headers]")).to_be_visible()
    expect(page.locator("[data-headers]")).to_contain_text("x-correlation-id")


def test_the_curl_line_does_the_same(page: Page, served: Served) -> None:
    open_console(page, served)
    get_token(page)
    page.locator("[data-name=text]").fill("it's & x")
    page.locator("[data-name=If-None-Match]").fill('"etag"')
    curl = page.locator("[data-curl]")
    expect(curl).to_contain_text("etag")
    expect(curl).to_contain_text("$TOKEN")
    assert not JWT.search(curl.inner_text())
    page.locator("[data-name=text]").fill("House 1 of")
    expect(curl).to_contain_text("House")
    line = copied(page.get_by_role("button", name="Copy with token", exact=True))
    done = subprocess.run(["bash", "-c", f"{line} -s"], capture_output=True, text=True, check=True, timeout=30)
    assert len(json.loads(done.stdout)["items"]) == 5


def test_the_implicit_flow(page: Page, served: Served) -> None:
    open_console(page, served)
    page.get_by_text("Flow and scopes").click()
    page.get_by_label("Implicit flow (deprecated)").check()
    expect(page.locator("#try-flow-implicit-hint")).to_contain_text("Switched on for the portal until 2096")
    get_token(page)
    page.get_by_text("How this token came about").click()
    steps = page.locator("[data-steps]")
    expect(steps).to_be_visible()
    expect(steps).to_contain_text("id_token token")
    expect(steps).to_contain_text("Checked by this page: state, iss, aud, nonce, signature, at_hash")
    text = steps.inner_text()
    assert "code_verifier" not in text
    assert not JWT.search(text)
    send(page, "200 OK, 10 items")


def test_an_operation_with_a_path_and_one_with_a_body(page: Page, served: Served) -> None:
    open_console(page, served, "readUnit")
    send(page)  # gets the token itself
    assert '"unitId": "US-c-a-10"' in page.locator("[data-body-shown]").inner_text()
    page.goto(f"{served.url}/portal/try/updateUser")
    page.locator("[data-body]").fill('{"locale": "de"}')
    send(page)
    assert '"locale": "de"' in page.locator("[data-body-shown]").inner_text()
    page.goto(f"{served.url}/portal/try/updateUser?ui_locales=en")
    page.locator("[data-body]").fill('{"locale": null}')
    send(page)
    assert '"locale": null' in page.locator("[data-body-shown]").inner_text()
    page.locator("[data-body]").fill('{"locale": "xx"}')
    send(page, "400 Bad Request")
    page.locator("[data-body]").fill('{"locale": "en"}')
    send(page)


def test_a_stranger_signs_in_in_a_window_and_chooses_a_customer(page: Page, served: Served) -> None:
    open_console(page, served, name=None)
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Sign in and get a token").click()
    window = opened.value
    enter(window, "both")
    with window.expect_event("close"):
        window.get_by_role("button", name="Customer c-b").click()
    valid(page)
    send(page, "200 OK, 10 items")
    assert "US-c-b-10" in page.locator("[data-body-shown]").inner_text()


def test_a_window_that_is_closed_is_told_and_another_person_is_never_taken(page: Page, served: Served) -> None:
    open_console(page, served)
    page.context.clear_cookies()
    other = page.context.new_page()
    open_console(other, served, name="bob")
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Get a token", exact=True).click()
    expect(opened.value.get_by_label("User name")).to_have_value("ann@example.com")
    opened.value.close()
    expect(page.locator("#token-panel .lesson")).to_contain_text("closed before it answered")
    check_refused(page, "popup_closed")
    expect(page.locator("[data-state=none]")).to_be_visible()


def test_a_blocked_window_can_be_opened_by_hand(page: Page, served: Served) -> None:
    page.add_init_script("window.reallyOpen = window.open; window.open = () => null")
    open_console(page, served, name=None)
    page.get_by_role("button", name="Sign in and get a token").click()
    expect(page.locator("#token-panel .lesson")).to_contain_text("did not let this page open")
    here = page.get_by_role("link", name="Sign in on this page instead")
    expect(here).to_have_attribute("href", "/sign-in?next=%2Fportal%2Ftry%2FlistUnits")
    page.evaluate("() => { window.open = window.reallyOpen; }")
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Open the sign-in window").click()
    enter(opened.value, "ann")
    valid(page)


def test_renewal_in_a_frame_and_the_end_without_a_session(page: Page, served: Served) -> None:
    page.clock.install()
    open_console(page, served)
    get_token(page)
    page.get_by_text("Show the token").click()
    expect(page.locator("[data-token]")).to_have_text(JWT)
    first = page.locator("[data-token]").inner_text()
    page.clock.fast_forward("59:01")
    expect(page.locator("[data-token]")).not_to_have_text(first)
    expect(page.locator("[data-said]")).to_have_text("Token renewed")
    expect(page.locator("[data-countdown]")).to_have_text(re.compile(r"^(1:00:00|59:\d\d)$"))
    page.context.clear_cookies()
    page.clock.fast_forward("59:01")
    expect(page.locator("#token-panel .lesson")).to_contain_text("Nobody is signed in any more")
    valid(page)
    page.clock.fast_forward("01:00")
    expect(page.locator("[data-state=expired]")).to_be_visible()
    assert not JWT.search(page.content())


def test_forgetting(page: Page, served: Served) -> None:
    open_console(page, served)
    get_token(page)
    page.get_by_text("Show the token").click()
    expect(page.locator("[data-token]")).to_have_text(JWT)
    assert JWT.search(page.content())
    page.get_by_role("button", name="Forget token").click()
    expect(page.locator("[data-state=none]")).to_be_visible()
    assert not JWT.search(page.content())
    expect(page.get_by_role("button", name="Get a token", exact=True)).to_be_focused()


def test_errors_are_taught_and_the_last_answer_stays_meanwhile(page: Page, served: Served) -> None:
    open_console(page, served)
    send(page, "200 OK, 10 items")
    page.locator("[data-name=limit]").fill("0")

    def late(route: Route) -> None:
        expect(page.locator("[data-status]")).to_contain_text("200 OK, 10 items")
        expect(page.locator(".try-answer")).to_have_attribute("aria-busy", "true")
        route.continue_()

    page.route("**/api/v1/units?limit=0", late)
    send(page, "400 Bad Request")
    lesson = page.locator("[data-taught] .lesson")
    expect(lesson).to_contain_text("not a parameter, a header or the body")
    expect(lesson).to_contain_text("limit must be a whole number from 1 to 1000.")
    expect(lesson.get_by_role("link")).to_have_attribute("href", "/portal/guides/errors#bad-request")
    page.locator("[data-name=limit]").fill("3")
    send(page, "200 OK, 3 items")
    expect(lesson).to_have_count(0)
    page.get_by_role("button", name="Next page").click()
    expect(page.locator("[data-body-shown]")).to_contain_text("US-c-a-13")


def test_a_missing_scope_is_taught(page: Page, served: Served) -> None:
    open_console(page, served)
    page.get_by_text("Flow and scopes").click()
    page.get_by_label("units.read").uncheck()
    send(page, "403 Forbidden")
    expect(page.locator("[data-taught] .lesson")).to_contain_text("Choose the scope under")
    for name in ("profile.read", "profile.write"):
        page.get_by_label(name).uncheck()
    page.get_by_role("button", name="Get a token", exact=True).click()
    expect(page.locator("#token-panel .lesson")).to_contain_text("Choose at least one scope")


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ({"statusCode": 429, "message": "Rate limit is exceeded. Try again in 26 seconds."}, 429, "Too many calls"),
        ({"statusCode": 403, "message": "Out of call volume quota."}, 403, "quota of the subscription is used up"),
        ({"statusCode": 401, "message": "Access denied due to missing subscription key."}, 401, "carried none"),
        ({"statusCode": 401, "message": "Access denied due to invalid subscription key."}, 401, "key is unknown"),
        ({"type": "about:blank"}, 500, "Something failed on the server"),
    ],
)
def test_answers_of_limits_and_faults_are_taught(
    page: Page, served: Served, answer: dict[str, object], status: int, words: str
) -> None:
    open_console(page, served)
    page.route("**/api/v1/units", lambda route: route.fulfill(status=status, json=answer))
    page.get_by_role("button", name="Send request").click()
    expect(page.locator("[data-taught] .lesson")).to_contain_text(words)


def test_a_server_that_does_not_answer(page: Page, served: Served) -> None:
    open_console(page, served)
    get_token(page)
    page.route("**/api/v1/units", lambda route: route.abort())
    page.get_by_role("button", name="Send request").click()
    expect(page.locator("[data-taught] .lesson")).to_contain_text("No answer came")


def test_by_keyboard_alone(page: Page, served: Served) -> None:
    open_console(page, served)
    press_until(page, "[data-get]")
    page.keyboard.press("Enter")
    valid(page)
    press_until(page, "[data-name=limit]")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(page.locator("[data-status]")).to_contain_text("200 OK, 2 items")


def test_a_token_is_in_no_storage_history_or_address(page: Page, served: Served) -> None:
    for flow in ("Authorization code with PKCE (recommended)", "Implicit flow (deprecated)"):
        open_console(page, served)
        page.get_by_text("Flow and scopes").click()
        page.get_by_label(flow).check()
        get_token(page)
        send(page)
        kept = page.evaluate(
            "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href, history.state,"
            " performance.getEntries(), window.name])"
        )
        assert not JWT.search(kept)
        assert not JWT.search(json.dumps(page.context.storage_state()))
        assert page.url.endswith("/portal/try/listUnits")
        page.go_back()
        assert not JWT.search(page.url)
        page.go_forward()
        expect(page).to_have_url(f"{served.url}/portal/try/listUnits")
        assert not JWT.search(page.content())
        page.context.clear_cookies()


def test_hostile_values_are_text(page: Page, served: Served) -> None:
    open_console(page, served)
    for name in ("site", "text", "limit", "cursor"):
        page.locator(f"[data-name={name}]").fill(HOSTILE)
    page.locator("[data-key]").fill("k'\"<b>")
    send(page, "401 Unauthorized")
    expect(page.locator("[data-taught] .lesson")).to_contain_text("key is unknown")
    page.locator("[data-key]").fill("")
    send(page, "400 Bad Request")
    page.route(
        "**/api/v1/units*", lambda route: route.fulfill(status=400, json={"type": f"#{HOSTILE}", "detail": HOSTILE})
    )
    send(page, "400")
    expect(page.locator(".lesson-detail")).to_have_text(HOSTILE)
    expect(page.locator("#try img, #try script")).to_have_count(0)
    assert page.title() != "run"


@pytest.mark.parametrize(
    "wrong", ["state=forged&iss={iss}&code=x", "state={state}&iss=https://evil.example&code=x", "state={state}&code=x"]
)
def test_an_answer_to_another_request_is_thrown_away(page: Page, served: Served, wrong: str) -> None:
    open_console(page, served)

    def forge(route: Route) -> None:
        state = re.search(r"[?&]state=([^&]+)", route.request.url)
        assert state is not None
        answer = wrong.format(state=state[1], iss=served.url)
        route.fulfill(status=303, headers={"location": f"/portal/try/callback#{answer}"})

    page.route("**/oauth2/authorize?*", forge)
    page.get_by_role("button", name="Get a token", exact=True).click()
    expect(page.locator("#token-panel .lesson")).to_contain_text("It was thrown away")
    check_refused(page, "forged")


def test_a_page_of_another_origin_gets_and_sends_nothing(context: BrowserContext, served: Served) -> None:
    page = context.new_page()  # one whose breaches of policies are meant
    page.goto(served.home)
    heard = page.evaluate(
        """async (base) => {
            const heard = [];
            addEventListener("message", (event) => heard.push(event.data));
            const opened = open(`${base}/portal/try/callback#state=s&access_token=t&iss=${base}`);
            const frame = document.createElement("iframe");
            frame.src = `${base}/portal/try/callback#state=s&access_token=t`;
            document.body.append(frame);
            await new Promise((resolve) => { frame.onload = resolve; });
            await new Promise((resolve) => setTimeout(resolve, 1000));
            opened.close();
            return heard;
        }""",
        served.url,
    )
    assert heard == []
    with page.expect_popup() as opened:
        page.evaluate("(base) => { window.console_ = open(`${base}/portal/try`) }", served.url)
    console = opened.value
    console.wait_for_load_state()
    page.evaluate("console_.postMessage({ kind: 'hoistway-answer', answer: { state: 's', access_token: 't' } }, '*')")
    expect(console.locator("[data-state=none]")).to_be_visible()


def test_the_callback_alone_keeps_nothing(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/portal/try/callback#state=s&access_token=eyJa.b.c")
    page.wait_for_url(f"{served.url}/portal/try/callback")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign-in is done")
    assert "eyJa" not in page.content()
    judge(page)


def test_another_address_of_the_same_server_is_told(page: Page, served: Served) -> None:
    page.goto(f"{served.url.replace('127.0.0.1', 'localhost')}/portal/try")
    page.get_by_role("button", name="Sign in and get a token").click()
    expect(page.locator("#token-panel .lesson")).to_contain_text("another address")
    expect(page.locator(".lesson-detail")).to_contain_text(served.url)


def test_the_reference_has_the_console_and_is_light(page: Page, served: Served) -> None:
    weights: list[int] = []
    page.on("requestfinished", lambda request: weights.append(request.sizes()["responseBodySize"]))
    page.goto(f"{served.url}/portal/reference/listUnits")
    expect(page.locator("#try[data-operation=listUnits]")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert sum(weights) < 150_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en", "de"])
def test_the_console_is_accessible_and_fits(page: Page, served: Served, scheme: str, locale: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    open_console(page, served)
    page.goto(f"{served.url}/portal/try/listUnits?ui_locales={locale}")
    judge(page)
    page.locator("[data-get]").click()
    valid(page)
    for details in page.locator(".token-panel details:visible").all():
        details.evaluate("(one) => { one.open = true }")
    page.locator("[data-name=limit]").fill("x")
    page.locator("[data-send]").click()
    expect(page.locator("[data-taught] .lesson")).to_be_visible()
    for details in page.locator(".try-answer details").all():
        details.evaluate("(one) => { one.open = true }")
    judge(page)
    page.goto(f"{served.url}/portal/reference/readUnit?ui_locales={locale}")
    judge(page)
