"""What tests of applications share: a filled form, an operator, and what a page says."""

import re
from html import unescape

import httpx2

from tests.attacks.asking import redeem
from tests.flows.browser import Person, answer_of, pkce
from tests.portal.signing_in import Visitor
from tests.server import Served
from tests.world import PASSWORD

FORM = {
    "environment": "sandbox",
    "name": "Harbour dashboard",
    "type": "single-page",
    "redirect_uris": "http://127.0.0.1:8499/callback",
}
PRODUCTION = {**FORM, "environment": "production", "purpose": "Shows our lifts to our caretakers."}


def visitor(served: Served, name: str, lang: str = "en") -> Visitor:
    return Visitor(served.url, lang).sign_in(name)


def operator(served: Served, name: str = "olga") -> Visitor:
    """Signed in; operators may belong to no customer, so the portal's own pages are not for them."""
    one = Visitor(served.url)
    one.get("/sign-in?next=/console")
    reply = one.post("/sign-in?next=/console", username=f"{name}@example.com", password=PASSWORD)
    assert (reply.status_code, reply.headers["location"]) == (303, "/console")
    one.get("/console/requests")
    return one


def ask(one: Visitor, **changes: str) -> httpx2.Response:
    """Fills in the form and sends it."""
    one.get("/portal/applications/new")
    return one.post("/portal/applications/new", **{**FORM, **changes})


def granted(one: Visitor, **changes: str) -> str:
    """The client id of a new sandbox application."""
    reply = ask(one, **changes)
    assert reply.status_code == 303, reply.text
    found = re.fullmatch(r"/portal/applications/([0-9a-f-]{36})\?notice=notice_app_granted", reply.headers["location"])
    assert found is not None, reply.headers["location"]
    return found[1]


def asked(one: Visitor, **changes: str) -> str:
    """The id of a new request for production."""
    reply = ask(one, **{**PRODUCTION, **changes})
    assert reply.status_code == 303, reply.text
    found = re.fullmatch(r"/portal/requests/([0-9a-f-]{36})\?notice=notice_app_asked", reply.headers["location"])
    assert found is not None, reply.headers["location"]
    return found[1]


def decide(one: Visitor, request_id: str, decision: str, text: str = "", **more: str) -> httpx2.Response:
    path = f"/console/requests/{request_id}"
    one.get(path)
    return one.post(path, decision=decision, text=text, **more)


def approved(served: Served, one: Visitor, **changes: str) -> str:
    """The client id of a new application in production."""
    request_id = asked(one, **changes)
    boss = operator(served)
    reply = decide(boss, request_id, "approve", until="2099-01-01" if "reason" in changes else "")
    boss.close()
    assert reply.status_code == 303, reply.text
    one.get(f"/portal/requests/{request_id}")
    found = re.search(r"/portal/applications/([0-9a-f-]{36})\"", one.page)
    assert found is not None
    return found[1]


def made_secret(one: Visitor, client_id: str, lifetime: str = "0") -> str:
    """The value, from the page that shows it once."""
    one.get(f"/portal/applications/{client_id}")
    reply = one.post(f"/portal/applications/{client_id}/secrets", lifetime=lifetime)
    assert reply.status_code == 201, reply.text
    found = re.search(r"hws_[A-Za-z0-9]{40}", reply.text)
    assert found is not None
    return found[0]


def tokens(served: Served, client_id: str, name: str, secret: str | None = None, **params: str) -> dict[str, str]:
    """Code and PKCE with consent, as somebody new."""
    person, (verifier, challenge) = Person(served), pkce()
    more = {"scope": "openid units.read", "code_challenge": challenge, "code_challenge_method": "S256", **params}
    page = person.sign_in(person.authorize(client_id, **more), name)
    reply = person.submit("/interaction", page, decision="allow")
    code = answer_of(reply.headers["location"])["code"]
    proof = {} if secret is None else {"client_secret": secret}
    answer = redeem(served, code, verifier, client_id, **proof)
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = answer.json()
    return found


def said(page: str) -> str:
    """The text of a page without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
