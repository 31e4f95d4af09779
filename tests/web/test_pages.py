"""Hosted pages: nothing a stranger names becomes markup, a header or a link; both languages say the same."""

import re
from pathlib import Path
from string import Formatter

import pytest
from msgspec.structs import replace
from starlette.responses import Response

from hoistway.web.colours import contrast, shade
from hoistway.web.pages import (
    DARK,
    LIGHT,
    Brand,
    ChooseCustomer,
    Consent,
    CustomerChoice,
    ErrorPage,
    FormPost,
    Leaving,
    Pages,
    ScopeLine,
    SignedOut,
    SignIn,
    SignOut,
    static_file,
)
from hoistway.web.policy import csp_source
from hoistway.web.templates.filters import date, exact, instant, iso, safe_href
from hoistway.web.words import DE, EN, Lang

WEB = Path(__file__).parents[2] / "src/hoistway/web"
EVIL = "\"'><script>alert(1)</script>{{7*7}}{0}{x}\u202e"
PAGES = Pages.load(Brand(name=EVIL, support="help@lifts.example"), "1.0")
SIGN_IN = SignIn("/sign-in", "ticket", "csrf", "en", application="Cockpit", username="ida")
NAMES = (
    "sign_in", "refused", "throttled", "expired", "unavailable", "choose", "employee", "consent", "consent_bare",
    "sign_out", "signed_out", "form_post", "leaving", "error_400", "error_403", "error_404", "error_429", "error_503",
)  # fmt: skip


def render(name: str, lang: Lang = "en", evil: str = EVIL) -> Response:
    """Every page with a hostile value in every place that can hold one."""
    form = SignIn("/a", evil, evil, lang, evil, evil, evil, None, 290, "/reset")
    if name in ("refused", "throttled", "expired", "unavailable"):
        return PAGES.sign_in(replace(form, error=name), 400)  # a Literal, from the list above
    if name.startswith("error_"):
        return PAGES.error(ErrorPage(lang, evil, evil, evil, 1), int(name[6:]))
    choices = (CustomerChoice(evil, evil, 3, evil, home=True), CustomerChoice("c", "C", None, "member", home=False))
    choose = ChooseCustomer("/a", evil, evil, lang, evil, evil, choices)
    consent = Consent(
        "/a", evil, evil, lang, evil, evil, evil, (ScopeLine(evil, evil),), True, evil, revoke_href="/apps"
    )
    pages = {
        "sign_in": lambda: PAGES.sign_in(form),
        "choose": lambda: PAGES.choose_customer(choose),
        "employee": lambda: PAGES.choose_customer(replace(choose, employee=True, error="refused", customers=())),
        "consent": lambda: PAGES.consent(consent),
        "consent_bare": lambda: PAGES.consent(
            replace(consent, customer=None, scopes=(), offline=False, revoke_href=None, returns_to=None)
        ),
        "sign_out": lambda: PAGES.sign_out(SignOut("/a", evil, lang, evil, evil)),
        "signed_out": lambda: PAGES.signed_out(SignedOut(lang, evil, "javascript:alert(1)", evil)),
        "leaving": lambda: PAGES.leaving(Leaving("https://rp.example/", lang, evil, evil)),
        "form_post": lambda: PAGES.form_post(FormPost("https://rp.example/cb", ((evil, evil),), lang)),
    }
    return pages[name]()


def html(response: Response) -> str:
    return bytes(response.body).decode()


def policy(response: Response) -> dict[str, list[str]]:
    parts = [part.split() for part in response.headers["content-security-policy"].split(";")]
    assert len(parts) == len({part[0] for part in parts}), "a directive twice"
    return {part[0]: part[1:] for part in parts}


@pytest.mark.parametrize("lang", ["en", "de"])
@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_stay_text(name: str, lang: Lang) -> None:
    text = html(render(name, lang))
    assert "<script>" not in text
    assert "javascript:" not in text
    assert "{{7*7}}" in text, "an unfilled template would have shown 49"
    assert f'<html lang="{lang}">' in text
    assert re.search(r"<title>[^<]+</title>", text)
    assert text.count("<h1>") == text.count("<main>") == 1


@pytest.mark.parametrize("name", NAMES)
def test_every_page_forbids_framing_script_and_storing(name: str) -> None:
    response = render(name)
    rules = policy(response)
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == ["'none'"]
    assert rules["script-src"] == rules["style-src"] == ["'self'"]
    assert rules.get("form-action") == (None if name == "form_post" else ["'self'"])
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-store"
    # It would cut a sign-in pop-up from the window that opened it, which applications of the installed base use.
    assert "cross-origin-opener-policy" not in response.headers


@pytest.mark.parametrize("name", NAMES)
def test_pages_work_under_their_own_policy(name: str) -> None:
    text = html(render(name, evil="plain"))
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
    assert all(re.search(r'src="/static/[\w.]+\?v=[0-9a-f]{16}"', tag) for tag in re.findall(r"<script[^>]*>", text))
    assert re.findall(r"<script[^>]*>([^<]*)</script>", text).count("") == text.count("<script")
    for name_, tag in re.findall(r'"/static/([\w.]+)\?v=([0-9a-f]+)"', text):
        assert PAGES.static(name_), name_
        assert PAGES.static(name_)[2] == f'"{tag}"'  # type: ignore[index]


def test_no_template_has_inline_script_or_style_or_an_escape_hatch() -> None:
    for file in (WEB / "templates").rglob("*.html"):
        source = file.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|\|\s*safe|Markup|autoescape|javascript:", source), file.name
        assert not re.search(r"<script(?![^>]*\ssrc=)", source), file.name
        assert not re.search(r'(href|src|action)="(https?:)?//', source), file.name


@pytest.mark.parametrize(
    "target",
    [
        "", "*", "https:", "http:", "https://*", "https://*.example", "https://a.example; script-src *",
        "'unsafe-inline'", "https://a.example\r\nSet-Cookie: a=b", "https://a.example\n",
        "https://a.example script-src",
        "javascript:", "data:", "https://a.example/path", "https://u@a.example", "https://a.example,b", "https://ä.example",
        "ftp://a", "https://a.example:port", "com.example.app:/callback", "COM:\n", "//a.example",
    ],
)  # fmt: skip
def test_frames_that_are_no_origin_are_left_out(target: str) -> None:
    assert csp_source(target) is None
    framed = PAGES.form_post(FormPost("https://rp.example/cb", (), "en", frame_ancestors=target))
    assert policy(framed)["frame-ancestors"] == ["'none'"]
    assert framed.headers["x-frame-options"] == "DENY"


def test_frames_that_silent_renewal_needs() -> None:
    for target in ("https://rp.example", "https://rp.example:8443", "http://127.0.0.1:49152"):
        assert csp_source(target) == target
    assert csp_source("http://[::1]:49152") == "http:"


def test_a_form_that_leads_out_holds_nobodys_redirects_and_reaches_ourselves_alone() -> None:
    """Chromium holds the redirects after a form to form-action, an application's own too."""
    choose = ChooseCustomer("/interaction", "t", "c", "en", "Cockpit", "Ida", (), leads_out=True, employee=True)
    consent = Consent("/interaction", "t", "c", "en", "Cockpit", "Ida", None, (), offline=False, leads_out=True)
    for page in (
        PAGES.sign_in(replace(SIGN_IN, leads_out=True)),
        PAGES.choose_customer(choose),
        PAGES.consent(consent),
        PAGES.sign_out(SignOut("/oauth2/logout", "c", "en", "Ida", "t", leads_out=True)),
    ):
        assert "form-action" not in policy(page)
        actions = re.findall(r"""(?:form)?action=["']?([^"'\s>]+)""", html(page))
        assert actions
        assert set(actions) <= {"/sign-in", "/interaction", "/oauth2/logout", "/language"}


def test_a_page_that_asks_before_it_leads_away() -> None:
    page = Leaving("https://a.example/?x=1&y=2", "en", EVIL, "a.example")
    assert policy(PAGES.leaving(page))["form-action"] == ["'self'"]
    assert 'href="https://a.example/?x=1&amp;y=2"' in html(PAGES.leaving(page))
    sent = html(PAGES.leaving(replace(page, fields=(("state", EVIL),))))
    assert "<script type" in sent
    assert "form_post.js" not in sent, "it would go on by itself"
    assert "javascript:" not in html(PAGES.leaving(replace(page, href="javascript:alert(1)")))
    with pytest.raises(ValueError, match="redirect URI"):
        PAGES.leaving(replace(page, href="javascript:alert(1)", fields=(("state", "x"),)))


def test_signing_out_asks_before_it_leads_away() -> None:
    page = html(PAGES.signed_out(SignedOut("en", return_href="https://a.example/", place="a.example")))
    assert "<bdi>a.example</bdi>" in page
    assert 'href="https://a.example/"' in page


def test_form_post_may_be_framed_by_the_one_origin_it_names() -> None:
    response = PAGES.form_post(FormPost("https://rp.example/cb", (("code", "c"),), "en", "https://rp.example"))
    assert policy(response)["frame-ancestors"] == ["https://rp.example"]
    assert "x-frame-options" not in response.headers
    assert '<input type="hidden" name="code" value="c">' in html(response)
    assert '<button class="primary">' in html(response), "works without script"


@pytest.mark.parametrize("action", ["javascript:alert(1)", "data:text/html,x", "/cb", "https://a.example/ b", "x:/y"])
def test_form_post_goes_to_web_addresses_only(action: str) -> None:
    with pytest.raises(ValueError, match="redirect URI"):
        PAGES.form_post(FormPost(action, (), "en"))


@pytest.mark.parametrize(
    "url",
    ["JavaScript:alert(1)", "java\tscript:1", "//evil.example", "/\\evil.example", "\\\\e", " https://a", "a/b", ""],
)
def test_links_that_run_script_or_leave_by_a_trick_are_not_drawn(url: str) -> None:
    assert safe_href(url) is None
    text = html(PAGES.sign_in(replace(SIGN_IN, reset_href=url)))
    assert EN["forgot"] not in text


def test_sign_in_names_its_fields_and_keeps_the_user_name() -> None:
    refused = PAGES.sign_in(replace(SIGN_IN, error="refused"), 400)
    text = html(refused)
    assert re.findall(r'<input[^>]* name="(\w+)"', text) == [
        "ticket", "csrf", "username", "password", "ticket", "csrf",
    ]  # fmt: skip
    assert 'autocomplete="username webauthn"' in text
    assert 'autocomplete="current-password"' in text
    assert 'value="ida"' in text
    assert re.search(r'role="alert" tabindex="-1" autofocus', text)
    assert text.count("autofocus") == 1
    assert refused.status_code == 400
    assert not re.search(r'name="password"[^>]*value=', text)


def test_throttled_says_when_to_come_back() -> None:
    response = PAGES.sign_in(replace(SIGN_IN, error="throttled", wait_seconds=61), 429)
    assert response.headers["retry-after"] == "61"
    assert "Try again in 2 minutes." in html(response)


def test_choosing_and_consent_name_their_fields() -> None:
    text = html(render("choose", evil="x"))
    assert '<button name="customer" value="x"' in text
    assert 'id="customer"' not in text
    assert '<input id="customer" name="customer"' in html(render("employee", evil="x"))
    assert re.findall(r'name="decision" value="(\w+)"', html(render("consent"))) == ["allow", "deny", "other"]


def test_both_languages_have_the_same_sentences_with_the_same_names() -> None:
    assert EN.keys() == DE.keys()
    for key in EN:
        names = [{field for _, field, _, _ in Formatter().parse(table[key]) if field} for table in (EN, DE)]
        assert names[0] == names[1], key
        assert DE[key].strip(), key


def test_every_sentence_is_used() -> None:
    sources = "".join(file.read_text() for file in (WEB / "templates").rglob("*.html"))
    built = re.compile(
        r"role_|error_(request|forbidden|missing|throttled|server)|refused|throttled|expired|unavailable|because_|password_missing|factor_(wrong|expired|refused)"
        r"|reset_(missing|expired)|new_password_(same|expired|unavailable|hint_(8|15))|invite_(no_name|name_taken|sign_in_first|passkey_refused|company)"
        r"|(password_set|account_ready|address_back)(_lead)?$|invite_as_"
        r"|provider_(away|wrong|busy|cancelled|expired|unverified|elsewhere|taken|beside|not_allowed|disabled)(_do)?$"
    )
    assert [key for key in EN if f"t.{key} " not in sources + " " and not re.search(rf"t\.{key}\b", sources)
            and not built.match(key)] == []  # fmt: skip


@pytest.mark.parametrize("accent", ["#ffff00", "#000000", "#ffffff", "#1f5fbf", "#ff0000", "#808080"])
def test_any_accent_is_readable_in_both_themes(accent: str) -> None:
    for surface in (LIGHT, DARK):
        assert contrast(shade(accent, surface), surface) >= 4.5


def test_an_accent_is_a_colour_and_nothing_else() -> None:
    with pytest.raises(ValueError, match="#rrggbb"):
        Brand(accent="red;} body{display:none")


def test_static_files_are_the_folder_and_nothing_else() -> None:
    assert static_file("pages.css") is not None
    for name in ("../pages.py", "/etc/passwd", "", ".", "templates/page.html", "brand.css"):
        assert static_file(name) is None
    assert PAGES.static("brand.css") is not None


# What reads a clock or writes a date in Python: filters.py for pages, and what is no page's text.
OTHER_DATES = {"figures.py", "spreadsheet.py", "replies.py", "send.py"}


def test_dates_are_written_in_one_place() -> None:
    """form.html knows the one form and what the script turns into the reader's zone; filters.py writes it."""
    templates = WEB / "templates"
    others = [file.read_text() for file in templates.rglob("*.html") if file.name != "form.html"]
    assert len(others) > 50
    pattern = re.compile(r"<time|\| *(iso|exact|instant|date|day)\b|fig\.(day|hour)|strftime|UTC\b")
    assert [found[0] for text in others if (found := pattern.search(text))] == []
    assert (templates / "form.html").read_text().count("<time") == 3
    rooms = [WEB.parent / room for room in ("web", "portal", "console", "account", "endpoints", "mail")]
    python = [file for room in rooms for file in room.rglob("*.py")]
    writing = {file.name for file in python if re.search(r"strftime|fromtimestamp|isoformat", file.read_text())}
    assert writing == OTHER_DATES | {"filters.py"}


def test_one_instant_in_its_forms() -> None:
    at = 1_769_780_109
    assert (iso(at), instant(at)) == ("2026-01-30 13:35:09Z", "2026-01-30 13:35 UTC")
    assert (exact(at), date(at)) == ("2026-01-30 13:35:09 UTC", "2026-01-30")
    page = PAGES.error(ErrorPage("en", "invalid_request", "x", "c", at), 400).body
    assert b'<time datetime="2026-01-30 13:35:09Z" title="2026-01-30 13:35:09 UTC" data-zone="second">' in page
