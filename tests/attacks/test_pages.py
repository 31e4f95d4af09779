"""The hosted pages: nobody else's form, frame or script."""

import httpx2
import pytest

from tests.attacks.asking import CHALLENGE
from tests.flows.browser import Person, answer_of, hidden
from tests.server import Served
from tests.world import CALLBACK, PASSWORD, TENANT_NAME

ASK = {"scope": "openid", **CHALLENGE}
SESSION = "hoistway_session"
EVIL = "https://evil.example"
SCRIPTS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'<svg/onload=x>",
    "</textarea><b>",
]


def is_signed_in(person: Person) -> bool:
    return "code" in answer_of(person.authorize("spa", prompt="none", **ASK).headers["location"])


def credentials(page: httpx2.Response, **changes: str) -> dict[str, str]:
    form = {"ticket": hidden(page.text, "ticket"), "csrf": hidden(page.text, "csrf")}
    return {**form, "username": "ann@example.com", "password": PASSWORD, **changes}


def test_the_password_is_never_sent_on(served: Served) -> None:
    """Row 9: from the form with a ticket, without one, and where the answer goes to the application."""
    person = Person(served)
    page = person.authorize("spa", **ASK)
    reply = person.http.post("/sign-in", data=credentials(page))
    while reply.headers["location"].startswith("/"):
        assert reply.status_code == 303
        assert PASSWORD not in reply.headers["location"]
        reply = person.http.get(reply.headers["location"])
    assert reply.status_code == 303
    assert reply.headers["location"].startswith(CALLBACK)
    other = Person(served)
    alone = other.http.post("/sign-in", data=credentials(other.get("/sign-in"), ticket=""))
    assert (alone.status_code, alone.headers["location"]) == (303, "/")


def test_the_session_id_changes_at_sign_in(served: Served) -> None:
    """Row 35: a planted id becomes no session, a second sign-in ends the first, signing out ends it on the server."""
    person = Person(served)
    planted = "A" * 43
    person.http.cookies.set(SESSION, planted, domain="127.0.0.1")
    page = person.authorize("spa", **ASK)
    first = person.http.post("/sign-in", data=credentials(page)).cookies[SESSION]
    person.http.cookies.clear()
    second_person = Person(served)
    second_person.http.cookies.set(SESSION, first, domain="127.0.0.1")
    assert is_signed_in(second_person)
    page = second_person.authorize("spa", prompt="login", **ASK)
    second = second_person.http.post("/sign-in", data=credentials(page)).cookies[SESSION]
    assert len({planted, first, second}) == 3
    for old in (planted, first):
        thief = Person(served)
        thief.http.cookies.set(SESSION, old, domain="127.0.0.1")
        assert not is_signed_in(thief)
    last = Person(served)
    last.http.cookies.set(SESSION, second, domain="127.0.0.1")
    assert is_signed_in(last)
    page = last.get("/oauth2/logout")
    last.submit("/oauth2/logout", page)
    thief = Person(served)
    thief.http.cookies.set(SESSION, second, domain="127.0.0.1")
    assert not is_signed_in(thief)


FORGED = [({"csrf": ""}, {}), ({"csrf": "x" * 43}, {}), ({}, {"origin": EVIL}), ({}, {"origin": "http://127.0.0.1:1"})]


def assert_no_effect(reply: httpx2.Response) -> None:
    assert reply.status_code == 400
    assert not {"location", "set-cookie"} & set(reply.headers)


@pytest.mark.parametrize(("form", "headers"), FORGED)
def test_a_forged_sign_in(served: Served, form: dict[str, str], headers: dict[str, str]) -> None:
    """Row 36: with the right password, so that the victim would work in the attacker's account."""
    person = Person(served)
    page = person.authorize("spa", **ASK)
    assert_no_effect(person.http.post("/sign-in", data=credentials(page, **form), headers=headers))
    assert not is_signed_in(person)


def test_a_sign_in_with_the_attackers_own_form(served: Served) -> None:
    """Row 36: the token is bound to the browser's cookie."""
    page = Person(served).authorize("spa", **ASK)
    victim = Person(served)
    assert_no_effect(victim.http.post("/sign-in", data=credentials(page)))
    victim.get("/sign-in")
    assert_no_effect(victim.http.post("/sign-in", data=credentials(page)))
    assert not is_signed_in(victim)


@pytest.mark.parametrize(("form", "headers"), FORGED)
def test_a_forged_consent(served: Served, form: dict[str, str], headers: dict[str, str]) -> None:
    """Row 36."""
    person = Person(served)
    page = person.sign_in(person.authorize("partner", **ASK), "few")
    sent = {"ticket": hidden(page.text, "ticket"), "csrf": hidden(page.text, "csrf"), "decision": "allow", **form}
    assert_no_effect(person.http.post("/interaction", data=sent, headers=headers))
    silent = person.authorize("partner", prompt="none", **ASK)
    assert answer_of(silent.headers["location"])["error"] == "consent_required"


def test_what_the_attacker_did_in_their_browser_is_nobody_elses(served: Served) -> None:
    """Row 36: a ticket of another browser brings the request alone: who allowed, signed in or chose there did it for themselves."""
    attacker, victim = Person(served), Person(served)
    asks = attacker.sign_in(attacker.authorize("partner", prompt="consent", **ASK), "ann")
    victim.sign_in(victim.get("/sign-in"), "ann")
    agreed = {"ticket": hidden(asks.text, "ticket"), "csrf": hidden(asks.text, "csrf"), "decision": "allow"}
    address = attacker.http.post("/interaction", data=agreed).headers["location"]
    assert 'value="allow"' in victim.http.get(address).text
    fresh = attacker.authorize("spa", prompt="login", **ASK)
    address = attacker.http.post("/sign-in", data=credentials(fresh)).headers["location"]
    assert 'name="password"' in victim.http.get(address).text
    chooser, member = Person(served), Person(served)
    choice = chooser.sign_in(chooser.authorize("spa", prompt="select_account", **ASK), "both")
    chosen = {"ticket": hidden(choice.text, "ticket"), "csrf": hidden(choice.text, "csrf"), "customer": "c-b"}
    address = chooser.http.post("/interaction", data=chosen).headers["location"]
    member.sign_in(member.get("/sign-in"), "both")
    assert 'value="c-a"' in member.http.get(address).text
    page = victim.http.post("/interaction", data=agreed)
    assert page.status_code == 400
    assert 'value="allow"' in page.text
    for decision in ("deny", "other"):
        assert_no_effect(victim.http.post("/interaction", data={**agreed, "decision": decision}))
    for headers in ({"origin": EVIL}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}):
        for path in ("/sign-in", "/interaction"):
            assert_no_effect(victim.http.post(path, data=credentials(fresh), headers=headers))


@pytest.mark.parametrize(("form", "headers"), FORGED)
@pytest.mark.parametrize("decision", ["deny", "other"])
def test_a_forged_cancel(served: Served, form: dict[str, str], headers: dict[str, str], decision: str) -> None:
    """Row 36."""
    person = Person(served)
    page = person.authorize("spa", **ASK)
    sent = {"ticket": hidden(page.text, "ticket"), "csrf": hidden(page.text, "csrf"), "decision": decision, **form}
    assert_no_effect(person.http.post("/interaction", data=sent, headers=headers))


@pytest.mark.parametrize(("form", "headers"), FORGED)
def test_a_forged_sign_out(served: Served, form: dict[str, str], headers: dict[str, str]) -> None:
    """Row 36: without any token there is only the question, with a wrong one an error; the person stays signed in."""
    person = Person(served)
    person.code("spa", "ann")
    page = person.get("/oauth2/logout")
    sent = {"ticket": hidden(page.text, "ticket"), "csrf": hidden(page.text, "csrf"), **form}
    reply = person.http.post("/oauth2/logout", data=sent, headers=headers)
    assert reply.status_code == (200 if form.get("csrf") == "" else 400)
    assert not {"location", "set-cookie"} & set(reply.headers)
    assert is_signed_in(person)


def pages(served: Served) -> dict[str, httpx2.Response]:
    """One of each kind."""
    person, many = Person(served), Person(served)
    sign_in = person.authorize("partner", **ASK)
    return {
        "sign-in": sign_in,
        "refused": Person(served).get("/sign-in"),
        "b2c": person.authorize("spa", path=f"/{TENANT_NAME}/B2C_1_SignIn/oauth2/v2.0/authorize", **ASK),
        "consent": person.sign_in(sign_in, "few"),
        "choose": many.sign_in(many.authorize("spa", **ASK), "both"),
        "error": person.authorize("evil", **ASK),
        "portal": person.get("/portal"),
        "form_post": person.authorize("spa", response_mode="form_post", **ASK),
        "sign-out": person.get("/oauth2/logout"),
        "signed-out": Person(served).get("/oauth2/logout"),
        "nothing": person.http.get("/nothing", headers={"accept": "text/html"}),
        "method": person.http.delete("/sign-in"),
    }


def test_no_page_in_a_frame(served: Served) -> None:
    """Row 37: and no script that we did not serve."""
    for name, page in pages(served).items():
        assert page.headers["content-type"].startswith("text/html"), name
        policy = page.headers["content-security-policy"].split("; ")
        assert "frame-ancestors 'none'" in policy, name
        assert "script-src 'self'" in policy, name
        assert "base-uri 'none'" in policy, name
        assert page.headers["x-frame-options"] == "DENY", name
        assert page.headers["x-content-type-options"].split(",")[0] == "nosniff", name
        assert " style=" not in page.text, name
        assert "postMessage" not in page.text, name


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_script_from_a_parameter(served: Served, script: str) -> None:
    """Row 38: login_hint, user name, state in a form, client_id, redirect_uri, scope, prompt, the path, Accept-Language."""
    person = Person(served)
    sign_in = person.authorize("spa", login_hint=script, ui_locales=script, **ASK)
    failed = person.http.post("/sign-in", data=credentials(sign_in, username=script))
    Person.sign_in(person, person.authorize("spa", **ASK), "ann")
    form = person.authorize("spa", response_mode="form_post", **{**ASK, "state": script})
    wrong = person.authorize("spa", response_mode="form_post", **{**ASK, "scope": script, "state": script})
    pages = [
        sign_in,
        failed,
        form,
        wrong,
        person.authorize(script, **ASK),
        person.authorize("spa", redirect_uri=f"{CALLBACK}{script}", **ASK),
        person.get("/oauth2/logout", state=script, post_logout_redirect_uri=script, id_token_hint=script),
        person.get("/interaction", ticket=script),
        person.http.get(f"/{script}", headers={"accept": "text/html", "accept-language": script}),
        person.get("/sign-in", **{script: script}),
    ]
    for page in pages:
        assert page.headers["content-type"].startswith("text/html"), page.text
        assert page.headers["x-content-type-options"].split(",")[0] == "nosniff"
        assert script not in page.text
        assert "<b>" not in page.text
    assert "code" in form.text
    assert "&lt;" in form.text
