"""Hostile names, messages, purposes and consent texts everywhere they are shown: words, never markup."""

import unicodedata

import pytest

from tests.attacks.asking import CHALLENGE
from tests.flows.browser import Person
from tests.portal.asking import PRODUCTION, asked, decide, granted, operator, visitor
from tests.server import Served

NAMES = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{ 7654321 * 7654321 }}${7654321*7654321}",
    "</textarea><svg/onload=alert(1)>",
    "javascript:alert(1)//",
    "%s %(name)s {name} {application}",
)
BAD = ("<script>alert", "<img src=x", "<svg/onload", "</textarea><svg", str(7654321**2))


def harmless(page: str, name: str) -> None:
    for piece in BAD:
        place = page.find(piece)
        assert place < 0, f"{name} in {page[max(0, place - 80) : place + 80]}"


@pytest.mark.parametrize("name", NAMES)
def test_hostile_words_stay_words(served: Served, name: str) -> None:
    ann, adam, olga = visitor(served, "ann"), visitor(served, "adam"), operator(served)
    uris = "https://app.example/cb?x=%3Cscript%3E"
    web = {"type": "web", "redirect_uris": uris}
    client_id = granted(ann, **web, name=name, purpose=name)
    legacy = {"flows_implicit": "yes", "reason": name * 2}
    request_id = asked(ann, **{**PRODUCTION, **web, **legacy, "name": name, "purpose": name * 2})
    decide(olga, request_id, "ask", name)
    assert ann.post(f"/portal/requests/{request_id}", do="answer", text=name).status_code == 303
    here = f"/portal/applications/{client_id}"
    assert ann.post(f"{here}/look", consent_text=name).status_code == 303
    for one, path in (
        (ann, "/portal/applications"), (ann, here), (ann, f"/portal/requests/{request_id}"), (adam, here),
        (ann, f"/portal/applications/new?from={client_id}"), (ann, f"/portal/applications/new?again={request_id}"),
        (olga, "/console/requests"), (olga, f"/console/requests/{request_id}"),
        (olga, f"/console/applications/{client_id}"), (olga, "/console/applications"),
    ):  # fmt: skip
        assert one.get(path).status_code == 200, path
        harmless(one.page, name)
    person = Person(served)
    page = person.authorize(client_id, scope="openid units.read", redirect_uri=uris, **CHALLENGE)
    harmless(page.text, name)
    harmless(person.sign_in(page, "ann").text, name)
    ann.post(f"/portal/requests/{request_id}", do="withdraw")


@pytest.mark.parametrize("name", NAMES)
def test_hostile_words_in_forms_with_mistakes(served: Served, name: str) -> None:
    ann = visitor(served, "ann")
    form = {"environment": name, "name": name * 3, "type": name, "redirect_uris": name, "purpose": name}
    reply = ann.post("/portal/applications/new", **form)
    assert reply.status_code == 422
    harmless(reply.text, name)
    live = ann.post("/portal/applications/check", type=name, redirect_uris=name)
    assert live.headers["content-type"] == "application/json"
    assert live.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["می‌خواهم", "क्‍ष त्र", "👩‍👩‍👧 lifts", "山田　太郎", "mu\u0308nchen"])
def test_a_name_is_written_as_people_write_it(served: Served, name: str) -> None:
    """RFC 8264 to 8266: joiners where letters join, every space as one, letters and accents as one character."""
    ann = visitor(served, "ann")
    ann.get(f"/portal/applications/{granted(ann, type='web', redirect_uris='https://a.example/', name=name)}")
    assert unicodedata.normalize("NFC", name.replace("　", " ")) in ann.page


@pytest.mark.parametrize(
    "name", ["a\u0000bcd", "line\u2028break", "right\u202eleft", "zero\u200bwidth", "x\u200dyz", "tag\U000e0061"]
)
def test_a_name_holds_nothing_that_can_not_be_seen(served: Served, name: str) -> None:
    ann = visitor(served, "ann")
    form = {**PRODUCTION, "environment": "sandbox", "name": name}
    reply = ann.post("/portal/applications/new", **form)
    if name.split() == ["line", "break"]:
        ann.get(reply.headers["location"])
        assert "line break" in ann.page, "white space is one space"
    else:
        assert reply.status_code in {400, 422}
