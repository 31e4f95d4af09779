"""From asking for an application to the first units read with it, over HTTP on both engines."""

import re

import pytest

from hoistway.web.portal_words import PORTAL_WORDS
from tests.attacks.asking import bearer, post
from tests.portal.asking import (
    PRODUCTION,
    approved,
    ask,
    asked,
    decide,
    granted,
    made_secret,
    operator,
    said,
    tokens,
    visitor,
)
from tests.server import Served
from tests.world import ALL, SCOPES


def test_the_whole_path(served: Served) -> None:
    """A member asks, has a sandbox id at once, signs in through it; production is asked about, answered, approved, used."""
    ann = visitor(served, "ann")
    client_id = granted(ann)
    ann.get(f"/portal/applications/{client_id}?notice=notice_app_granted")
    assert "Granted. The application works now" in ann.page
    assert "Sandbox: simulated data" in ann.page
    units = bearer(served, tokens(served, client_id, "ann")["access_token"]).json()["items"]
    assert {unit["unitId"][:8] for unit in units} == {"SANDBOX-"}

    ann.get(f"/portal/applications/new?from={client_id}")
    assert 'value="production" checked' in ann.page
    request_id = asked(ann, name="Harbour dashboard live")
    olga = operator(served)
    assert "Harbour dashboard live" in olga.page
    assert decide(olga, request_id, "ask", "Who will use it?").headers["location"].endswith("notice_queue_asked")
    olga.get("/console/requests")
    assert "Harbour dashboard live" not in olga.page
    olga.get("/console/requests?show=asked")
    assert "Harbour dashboard live" in olga.page

    ann.get(f"/portal/requests/{request_id}")
    assert "Question to you" in ann.page
    assert ann.post(f"/portal/requests/{request_id}", do="answer", text="Our caretakers.").status_code == 303
    olga.get(f"/console/requests/{request_id}")
    words = said(olga.page)
    assert words.index("Shows our lifts") < words.index("Who will use it?") < words.index("Our caretakers.")
    assert decide(olga, request_id, "approve", "Welcome.").headers["location"].endswith("notice_queue_approved")
    ann.get(f"/portal/requests/{request_id}")
    assert "Welcome." in ann.page
    link = re.search(r"/portal/applications/([0-9a-f-]{36})", ann.page)
    assert link is not None
    assert link[1] != client_id
    assert len(bearer(served, tokens(served, link[1], "ann")["access_token"]).json()["items"]) == 10


def test_a_daemon_in_the_sandbox_and_then_in_production(served: Served) -> None:
    """With a technical account of its own on each side."""
    adam = visitor(served, "adam")
    daemon = {"type": "daemon", "redirect_uris": "", "name": "Nightly export"}
    for client_id, count in ((granted(adam, **daemon), 12), (approved(served, adam, **daemon), 10)):
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": made_secret(adam, client_id),
        }
        reply = post(served, **form)
        assert reply.status_code == 200, reply.text
        assert len(bearer(served, reply.json()["access_token"]).json()["items"]) == count


def test_what_an_application_may_do_follows_from_what_was_granted(served: Served) -> None:
    adam = visitor(served, "adam")
    adam.get(f"/portal/applications/{granted(adam)}")
    words = said(adam.page)
    assert "units.read" in words
    assert "profile.write" not in words, "nothing is changed from the sandbox"
    adam.get(f"/portal/applications/{approved(served, adam)}")
    assert all(scope in said(adam.page) for scope in (*ALL, *SCOPES))


@pytest.mark.parametrize("lang", ["en", "de"])
@pytest.mark.parametrize(
    ("kind", "uri", "reason"),
    [
        ("web", "http://app.example/cb", "http"),
        ("web", "https://*.example/cb", "star"),
        ("web", "https://app.example/cb#x", "fragment"),
        ("web", "https://ann:pw@app.example/cb", "user"),
        ("web", "https://app.example/a/../cb", "path"),
        ("web", "https://app.example/%2e%2e/cb", "path"),
        ("web", "https://app.example/a b", "characters"),
        ("web", "https:///cb", "host"),
        ("web", "javascript:alert(1)", "scheme"),
        ("web", "app.example/cb", "scheme"),
        ("web", "https://app.example:99999/cb", "invalid"),
        ("web", "com.example.app:/cb", "native"),
        ("single-page", "com.example.app:/cb", "native"),
        ("mobile", "myapp:/cb", "reversed"),
        ("web", f"https://app.example/{'x' * 2000}", "long"),
    ],
)
def test_each_bad_redirect_url_is_refused_with_its_reason(
    served: Served, lang: str, kind: str, uri: str, reason: str
) -> None:
    """By the page, which keeps what was typed, and while it is typed."""
    ann, words = visitor(served, "ann", lang), PORTAL_WORDS["de" if lang == "de" else "en"]
    good = "https://good.example/cb"
    reply = ask(ann, type=kind, redirect_uris=f"{good}\n{uri}", name="Keeps what was typed")
    assert reply.status_code == 422
    sentence = words["uri_refused"].partition("{uri}")[0].format(line=2)
    assert sentence in said(reply.text)
    assert words[f"uri_{reason}"] in said(reply.text)
    assert "Keeps what was typed" in reply.text
    assert good in reply.text
    assert f'value="{kind}" checked' in reply.text
    live = ann.post("/portal/applications/check", type=kind, redirect_uris=f"{good}\n{uri}")
    assert live.headers["content-type"] == "application/json"
    assert len(live.json()["problems"]) == 1
    assert words[f"uri_{reason}"] in live.json()["problems"][0]


@pytest.mark.parametrize(
    ("kind", "uri"),
    [
        ("web", "https://app.example/cb?tenant=1"),
        ("web", "http://localhost:3000/cb"),
        ("single-page", "http://127.0.0.1:5173/cb"),
        ("desktop", "http://127.0.0.1/cb"),
        ("mobile", "com.example.app:/cb"),
    ],
)
def test_a_good_redirect_url_is_granted(served: Served, kind: str, uri: str) -> None:
    ann = visitor(served, "ann")
    ann.get(f"/portal/applications/{granted(ann, type=kind, redirect_uris=uri)}")
    assert uri in ann.page


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"name": "ab"}, "wish_wrong_name"),
        ({"name": "x" * 61}, "wish_wrong_name"),
        ({"name": "tele\u202ephone"}, "wish_wrong_name"),
        ({"type": "server"}, "wish_wrong_type"),
        ({"redirect_uris": ""}, "wish_needs_address"),
        ({"type": "web", "redirect_uris": " \n "}, "wish_needs_address"),
        ({"type": "daemon"}, "wish_daemon_address"),
        ({"redirect_uris": "\n".join(f"https://app.example/{n}" for n in range(21))}, "wish_many_addresses"),
        ({"environment": "production", "purpose": "short"}, "wish_wrong_purpose"),
        ({"purpose": "x" * 2001}, "wish_too_long"),
        ({"flows_client_credentials": "yes"}, "wish_unfit_client_credentials"),
        ({"type": "daemon", "redirect_uris": "", "flows_code": "yes"}, "wish_unfit_code"),
        ({"type": "mobile", "flows_implicit": "yes", "reason": "we have no other way"}, "wish_unfit_implicit"),
        ({"flows_password": "yes", "reason": "we have no other way"}, "wish_unfit_password"),
        (
            {"type": "daemon", "redirect_uris": "", "flows_password": "yes", "reason": "we have no other way"},
            "wish_no_password_in_sandbox",
        ),
        ({"flows_implicit": "yes"}, "wish_wrong_reason"),
    ],
)
def test_each_mistake_in_the_form_is_named(served: Served, changes: dict[str, str], key: str) -> None:
    reply = ask(visitor(served, "ann"), **changes)
    assert reply.status_code == 422
    beginning = re.split(r"\{", PORTAL_WORDS["en"][key])[0]
    assert beginning in said(reply.text)
    assert 'role="alert"' in reply.text


def test_the_same_form_sent_again_makes_nothing_new(served: Served) -> None:
    bob = visitor(served, "bob")
    for form in (PRODUCTION, {**PRODUCTION, "environment": "sandbox"}):
        places, token = set(), bob.token("/portal/applications/new")
        for _ in range(3):
            reply = bob.http.post("/portal/applications/new", data={"csrf": token, **form})
            assert reply.status_code == 303
            places.add(reply.headers["location"].partition("?")[0])
        assert len(places) == 1


def test_the_number_of_a_form_is_of_use_to_nobody_else(served: Served) -> None:
    """It hangs on the browser too: another person with the same number is refused."""
    ann, bob = visitor(served, "ann"), visitor(served, "bob")
    form = {"csrf": ann.token("/portal/applications/new"), **PRODUCTION}
    replies = [one.http.post("/portal/applications/new", data=form) for one in (bob, ann)]
    assert [reply.status_code for reply in replies] == [400, 303]


def test_a_request_is_taken_back(served: Served) -> None:
    ann, olga = visitor(served, "ann"), operator(served)
    request_id = asked(ann, name="Taken back")
    ann.get(f"/portal/requests/{request_id}")
    assert ann.post(f"/portal/requests/{request_id}", do="withdraw").status_code == 303
    ann.get(f"/portal/requests/{request_id}")
    assert "Withdrawn" in ann.page
    assert "Ask again with changes" in ann.page
    reply = olga.post(f"/console/requests/{request_id}", decision="approve", text="")
    assert reply.status_code == 422
    assert "Somebody else decided meanwhile" in reply.text
    ann.get("/portal/applications?closed=yes")
    assert "Taken back" in ann.page
    ann.get(f"/portal/applications/new?again={request_id}")
    assert "Taken back" in ann.page
    assert ann.post(f"/portal/requests/{request_id}", do="answer", text="Please.").status_code == 404


def test_a_rejection_says_why(served: Served) -> None:
    ann, olga = visitor(served, "ann"), operator(served)
    request_id = asked(ann, name="Not like this")
    assert decide(olga, request_id, "reject").status_code == 422
    assert decide(olga, request_id, "reject", "Name a host of yours.").status_code == 303
    ann.get(f"/portal/requests/{request_id}")
    assert "Rejected" in ann.page
    assert "Name a host of yours." in ann.page


def test_no_customer_fills_the_queue(served: Served) -> None:
    one = visitor(served, "both")
    one.post("/portal/customer", customer="c-b")
    last = None
    for number in range(22):
        last = ask(one, **{**PRODUCTION, "name": f"Request {number}"})
        if last.status_code == 422:
            break
    assert last is not None
    assert "wait for an answer, or withdraw one" in last.text
    one.get("/portal/applications")
    assert one.page.count("In review") <= 20
