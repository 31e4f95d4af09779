"""Chromium on the hosted pages and on an application."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.judging import judge
from tests.flows.browser import answer_of
from tests.server import Served
from tests.world import PASSWORD

SCOPE = "openid units.read"


@pytest.fixture(scope="module")
def served(served_on_both: Served) -> Served:
    return served_on_both


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return decoded


def enter(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("User name").fill(f"{name}@example.com")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def begin(page: Page, served: Served, client_id: str = "spa", **more: str) -> None:
    """From the application's own page to the first hosted page."""
    page.goto(served.home)
    with page.expect_navigation(url=f"{served.url}/**"):
        page.evaluate("(given) => begin(...given)", [served.url, client_id, {"scope": SCOPE, **more}])


def sign_in(page: Page, served: Served, client_id: str = "spa", **more: str) -> None:
    begin(page, served, client_id, **more)
    enter(page, "ann")
    page.wait_for_url(f"{served.home}callback*")


def redeem(page: Page) -> dict[str, Any]:
    done: dict[str, Any] = page.evaluate("redeemHere()")
    return done


def silent(page: Page, served: Served, client_id: str = "spa", **more: str) -> dict[str, str]:
    given = [served.url, client_id, {"scope": SCOPE, **more}]
    answer: dict[str, str] = page.evaluate("(given) => silent(...given)", given)
    return answer


def test_code_with_pkce_redeemed_by_a_page_of_another_origin(page: Page, served: Served) -> None:
    sign_in(page, served)
    done = redeem(page)
    assert claims(done["tokens"]["id_token"])["nonce"] == done["nonce"]
    given = [served.url, done["tokens"]["access_token"]]
    assert page.evaluate("(given) => units(...given)", given) == 10


def test_a_wrong_password_then_the_right_one(page: Page, served: Served) -> None:
    begin(page, served)
    enter(page, "bob", "wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("User name")).to_have_value("bob@example.com")
    enter(page, "bob")
    page.wait_for_url(f"{served.home}callback*")
    assert claims(redeem(page)["tokens"]["id_token"])["sub"] == "u-bob"


def test_choosing_a_customer(page: Page, served: Served) -> None:
    begin(page, served)
    enter(page, "both")
    page.get_by_role("button", name="Customer c-b").click()
    page.wait_for_url(f"{served.home}callback*")
    assert claims(redeem(page)["tokens"]["access_token"])["customer"] == "c-b"


@pytest.mark.parametrize(("button", "parameter"), [("Allow", "code"), ("Cancel", "error")])
def test_consent(page: Page, served: Served, button: str, parameter: str) -> None:
    begin(page, served, "partner", prompt="consent")
    enter(page, "ann")
    page.get_by_role("button", name=button).click()
    page.wait_for_url(f"{served.home}callback*")
    assert parameter in answer_of(page.url)


def test_the_implicit_flow(page: Page, served: Served) -> None:
    sign_in(page, served, "implicit", response_type="id_token token")
    answer = answer_of(page.url)
    kept = page.evaluate("JSON.parse(sessionStorage.getItem('kept'))")
    token = claims(answer["id_token"])
    half = hashlib.sha256(answer["access_token"].encode()).digest()[:16]
    assert answer["state"] == kept["state"]
    assert token["nonce"] == kept["nonce"]
    assert token["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    assert "#" in page.url
    assert "?" not in page.url
    assert page.evaluate("(given) => units(...given)", [served.url, answer["access_token"]]) == 10


def test_silent_renewal_in_a_frame(page: Page, served: Served) -> None:
    sign_in(page, served)
    answer = silent(page, served)
    done = page.evaluate("(answer) => redeem(answer)", answer)
    assert claims(done["tokens"]["id_token"])["nonce"] == done["nonce"]


def test_silent_renewal_of_the_implicit_flow(page: Page, served: Served) -> None:
    sign_in(page, served)
    answer = silent(page, served, "implicit", response_type="id_token token", login_hint="ann@example.com")
    assert claims(answer["id_token"])["sub"] == "u-ann"
    assert answer["access_token"]


def test_silent_renewal_by_form_post(page: Page, served: Served) -> None:
    sign_in(page, served)
    answer = silent(page, served, response_mode="form_post")
    assert page.evaluate("(answer) => redeem(answer)", answer)["tokens"]["access_token"]


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_silent_renewal_without_a_session(page: Page, served: Served, mode: str) -> None:
    page.goto(served.home)
    assert silent(page, served, response_mode=mode)["error"] == "login_required"


def test_an_application_signs_the_person_out(page: Page, served: Served) -> None:
    sign_in(page, served)
    hint = redeem(page)["tokens"]["id_token"]
    page.goto(f"{served.url}/oauth2/logout?id_token_hint={hint}&post_logout_redirect_uri={served.home}&state=bye")
    expect(page).to_have_url(f"{served.home}?state=bye")
    assert silent(page, served)["error"] == "login_required"


def test_a_person_signs_out_on_the_page_that_asks(page: Page, served: Served) -> None:
    sign_in(page, served)
    page.goto(f"{served.url}/oauth2/logout?post_logout_redirect_uri={served.home}")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(served.home)
    assert silent(page, served)["error"] == "login_required"


def test_without_javascript(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    challenge = "code_challenge=" + "x" * 43 + "&code_challenge_method=S256"
    asked = f"client_id=spa&redirect_uri={served.home}callback&response_type=code&scope={SCOPE}&state=st&prompt=select_account"
    page.goto(f"{served.url}/oauth2/authorize?{asked}&{challenge}")
    expect(page.locator("main button:visible")).to_have_text(["Sign in", "Cancel"])
    enter(page, "both")
    page.get_by_role("button", name="Customer c-a").click()
    page.wait_for_url(f"{served.home}callback*")
    assert "code" in answer_of(page.url)
    context.close()


def _refused(page: Page, served: Served) -> None:
    begin(page, served)
    enter(page, "nobody", "wrong")
    expect(page.get_by_role("alert")).to_be_visible()


def _choose(page: Page, served: Served) -> None:
    begin(page, served)
    enter(page, "both")


def _choose_as_employee(page: Page, served: Served) -> None:
    begin(page, served)
    enter(page, "emil")


def _consent(page: Page, served: Served) -> None:
    begin(page, served, "partner", prompt="consent", scope="openid profile email offline_access units.read")
    enter(page, "ann")


def _error(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/oauth2/authorize?client_id=nobody")


def _sign_out(page: Page, served: Served) -> None:
    sign_in(page, served)
    page.goto(f"{served.url}/oauth2/logout")


def _signed_out(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/oauth2/logout")


PAGES: dict[str, tuple[str, Callable[[Page, Served], None]]] = {
    "sign-in": ("Sign in", begin),
    "refused": ("Sign in", _refused),
    "choose": ("Choose a customer", _choose),
    "choose-employee": ("Choose a customer", _choose_as_employee),
    "consent": ("Allow access?", _consent),
    "error": ("This request can’t be completed", _error),
    "sign-out": ("Sign out?", _sign_out),
    "signed-out": ("You are signed out", _signed_out),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_accessible_and_fits(
    page: Page, served: Served, name: str, scheme: Literal["light", "dark"]
) -> None:
    heading, visit = PAGES[name]
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    visit(page, served)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    judge(page)
