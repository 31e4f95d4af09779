"""A request as long as one may be passes every page; a longer one is refused before anybody sees a page."""

import json
from random import Random
from string import ascii_letters, digits

import pytest

from hoistway.protocol.authorize_params import LONGEST_ASK
from tests.attacks.asking import CHALLENGE
from tests.flows.browser import Person, answer_of
from tests.server import Served
from tests.world import CALLBACK, HOME, TENANT_NAME

B2C = f"/{TENANT_NAME}/B2C_1_SignIn/oauth2/v2.0/authorize"
ASK = {
    "client_id": "partner",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "openid units.read",
    "prompt": "consent select_account",
    **CHALLENGE,
}


def filled(length: int, letter: str) -> dict[str, str]:
    """A request of so many bytes as JSON, in state, nonce and login_hint."""
    asked = {**ASK, "state": letter * (4096 // len(letter.encode())), "nonce": "", "login_hint": ""}
    left = length - len(json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode())
    # Random, so that packing gains nothing.
    more = "".join(Random(left).choices(ascii_letters + digits, k=left))
    return {**asked, "nonce": more[: left // 2], "login_hint": more[left // 2 :]}


@pytest.mark.parametrize("letter", ["s", "ü", "\U0001f600"])
@pytest.mark.parametrize("path", ["/oauth2/authorize", B2C])
def test_the_longest_request_passes_every_page(served: Served, path: str, letter: str) -> None:
    """Whatever else the application sends is not carried."""
    asked = filled(LONGEST_ASK, letter)
    person = Person(served)
    page = person.authorize(path=path, **asked, id_token_hint="x" * 8000, claims="y" * 8000)
    page = person.submit("/sign-in", page, username="both@example.com", password="wrong")
    assert page.status_code == 400
    page = person.sign_in(page, "both")
    assert "Customer c-b" in page.text
    page = person.submit("/interaction", page, customer="c" * 8000)
    assert (page.status_code, "Customer c-b" in page.text) == (200, True)
    page = person.submit("/interaction", page, customer="c-b")
    reply = person.submit("/interaction", page, decision="allow")
    answer = answer_of(reply.headers["location"])
    assert answer["code"]
    assert answer["state"] == asked["state"]


@pytest.mark.parametrize("path", ["/oauth2/authorize", B2C])
def test_a_longer_one_is_refused_at_once(served: Served, path: str) -> None:
    asked = filled(LONGEST_ASK + 1, "s")
    reply = Person(served).authorize(path=path, **asked)
    assert reply.status_code == 303
    answer = answer_of(reply.headers["location"])
    assert answer["error"] == "invalid_request"
    assert str(LONGEST_ASK) in answer["error_description"]
    assert answer["state"] == asked["state"]


def test_signing_out_with_a_long_state(served: Served) -> None:
    person = Person(served)
    person.code("spa", "ann")
    to = {"client_id": "spa", "post_logout_redirect_uri": HOME}
    page = person.get("/oauth2/logout", **to, state="ü" * 1300)
    reply = person.submit("/oauth2/logout", page)
    assert answer_of(reply.headers["location"])["state"] == "ü" * 1300
    refused = person.get("/oauth2/logout", **to, state="ü" * 1400)
    assert refused.status_code == 400
    assert str(LONGEST_ASK) in refused.text
    assert refused.headers["x-correlation-id"] in refused.text
