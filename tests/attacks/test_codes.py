"""Authorization codes: bound to client, redirect URI and verifier, and good for one redemption."""

import re

import pytest
from sqlalchemy import update

from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.families import FAMILIES
from tests.attacks.asking import (
    CHALLENGE,
    assert_refused_token,
    at_once,
    bearer,
    post,
    redeem,
    refresh,
    refusal,
)
from tests.flows.browser import Person, answer_of, hidden, pkce
from tests.server import Served, change
from tests.world import API_URI, CALLBACK, PASSWORD, SECRET, TENANT, TENANT_NAME

INVALID = (400, "invalid_grant")


@pytest.mark.parametrize(
    "change",
    [
        {"code_challenge": "", "code_challenge_method": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": ""},
        {"code_challenge_method": "s256"},
        {"code_challenge": ""},
        {"code_challenge": "x" * 42},
        {"code_challenge": "x" * 44},
        {"code_challenge": "x" * 42 + "="},
    ],
)
@pytest.mark.parametrize("client_id", ["spa", "web"])
def test_no_code_without_s256(served: Served, client_id: str, change: dict[str, str]) -> None:
    """Row 10: asked before anybody sees a sign-in page."""
    reply = Person(served).authorize(client_id, scope="openid", **{**CHALLENGE, **change})
    assert reply.status_code == 303
    assert reply.headers["location"].startswith(f"{CALLBACK}?")
    answer = answer_of(reply.headers["location"])
    assert answer["error"] == "invalid_request"
    assert "code" not in answer


def test_a_challenge_needs_its_verifier(served: Served) -> None:
    """Row 10: a challenge without a verifier at the token endpoint, also with a client secret."""
    code, verifier = Person(served).code("spa", "ann")
    assert refusal(redeem(served, code, None)) == INVALID
    assert refusal(redeem(served, code, verifier)) == INVALID
    code, _ = Person(served).code("web", "ann")
    assert refusal(redeem(served, code, None, "web", client_secret=SECRET)) == INVALID


def test_a_verifier_needs_its_challenge(served: Served) -> None:
    """Row 10: PKCE downgrade (RFC 9700 section 2.1.1), by the one client that may go without PKCE."""
    person = Person(served)
    page = person.authorize("old-web", scope="openid units.read")
    code = answer_of(person.sign_in(page, "ann").headers["location"])["code"]
    assert refusal(redeem(served, code, pkce()[0], "old-web", client_secret=SECRET)) == INVALID
    assert refusal(redeem(served, code, None, "old-web", client_secret=SECRET)) == INVALID


def test_who_may_leave_pkce_out_is_told_how(served: Served) -> None:
    """Row 10: the exception replaces PKCE by a nonce and no more; each refusal names what mends it."""
    asked = {"scope": "openid units.read", "prompt": "none"}

    def said(client_id: str, nonce: str) -> str:
        reply = Person(served).authorize(client_id, nonce=nonce, **asked)
        answer = answer_of(reply.headers["location"])
        return "" if answer["error"] == "login_required" else answer["error_description"]

    assert said("old-web", "n") == ""
    assert "nonce is required, also with the exception no_pkce" in said("old-web", "")
    assert "exception no_pkce" in said("web", "n")
    assert "turn it on in the library" in said("spa", "n")
    assert "no_pkce" not in said("spa", "n"), "there is none for a public application"


@pytest.mark.parametrize("length", [1, 42, 129])
def test_a_verifier_of_the_wrong_length(served: Served, length: int) -> None:
    """Row 11."""
    code, verifier = Person(served).code("spa", "ann")
    assert refusal(redeem(served, code, "v" * length)) == INVALID
    assert refusal(redeem(served, code, verifier)) == INVALID


@pytest.mark.parametrize("wrong", ["v" * 43, "é" * 43, " " * 43])
def test_a_failed_guess_uses_the_code_up(served: Served, wrong: str) -> None:
    """Row 11."""
    code, verifier = Person(served).code("spa", "ann")
    assert refusal(redeem(served, code, wrong)) == INVALID
    assert refusal(redeem(served, code, verifier)) == INVALID


@pytest.mark.parametrize("uri", ["", "http://127.0.0.1:8499/", f"{CALLBACK}/", "https://evil.example/"])
def test_another_redirect_uri_uses_the_code_up(served: Served, uri: str) -> None:
    """Row 11: the redirect URI is guessed too."""
    code, verifier = Person(served).code("spa", "ann")
    assert refusal(redeem(served, code, verifier, redirect_uri=uri)) == INVALID
    assert refusal(redeem(served, code, verifier)) == INVALID


def test_a_code_injected_into_another_session(served: Served) -> None:
    """Row 12: the victim's browser has its own verifier."""
    stolen, _ = Person(served).code("spa", "ann")
    _, verifier = Person(served).code("spa", "bob")
    assert refusal(redeem(served, stolen, verifier)) == INVALID


def test_a_page_of_another_browser(served: Served) -> None:
    """Row 12: a sign-in begun in one browser can't be finished in another: what was typed there is not even tried, and the
    request begins anew, as by the address of the authorization endpoint."""
    asked = {"scope": "openid", **CHALLENGE}
    page = Person(served).authorize("spa", **asked)
    victim = Person(served)
    own = victim.authorize("spa", **asked)
    form = {"ticket": hidden(page.text, "ticket"), "csrf": hidden(own.text, "csrf")}
    right = {"username": "ann@example.com", "password": PASSWORD}
    for path, fields in (("/sign-in", {**form, **right}), ("/interaction", {**form, "decision": "allow"})):
        reply = victim.http.post(path, data=fields)
        # To our own page, if anywhere.
        assert reply.headers.get("location", "/interaction?").startswith("/interaction?")
        reply = victim.follow(reply)
        assert "location" not in reply.headers
        assert 'name="password"' in reply.text, "the request comes again, and nobody was signed in"
    reply = victim.follow(victim.http.get("/interaction", params={"ticket": form["ticket"]}))
    assert 'name="password"' in reply.text
    assert victim.http.get("/account/applications").status_code == 303, "there is no session"


@pytest.mark.parametrize("thief", [{"client_id": "native"}, {"client_id": "partner", "client_secret": SECRET}])
def test_a_code_of_another_client(served: Served, thief: dict[str, str]) -> None:
    """Row 13."""
    code, verifier = Person(served).code("spa", "ann")
    assert refusal(redeem(served, code, verifier, **thief)) == INVALID


@pytest.mark.parametrize("thief", [{"client_id": "native"}, {"client_id": "partner", "client_secret": SECRET}])
def test_a_refresh_token_of_another_client(served: Served, thief: dict[str, str]) -> None:
    """Row 13: and its owner has lost nothing."""
    token = Person(served).tokens("spa", "ann", "openid offline_access")["refresh_token"]
    assert refusal(refresh(served, token, **thief)) == INVALID
    assert refresh(served, token).status_code == 200


def test_a_code_of_another_path(served: Served) -> None:
    """Row 13: a code of the standard path at the token endpoint of a B2C policy, which is another issuer."""
    code, verifier = Person(served).code("spa", "ann")
    form = {"grant_type": "authorization_code", "client_id": "spa", "code": code, "code_verifier": verifier}
    reply = post(served, f"/{TENANT_NAME}/B2C_1_SignIn/oauth2/v2.0/token", redirect_uri=CALLBACK, **form)
    assert refusal(reply) == INVALID


def test_a_code_of_another_policy(served: Served) -> None:
    """Row 13: of the same tenant, whose policies share an issuer; where it was issued it is still good."""
    policies = [f"/{TENANT_NAME}/{name}/oauth2/v2.0" for name in ("B2C_1_SignIn", "B2C_1_ROPC")]
    code, verifier = Person(served).code(
        "spa", "ann", "openid offline_access units.read", path=f"{policies[0]}/authorize"
    )
    form = {"grant_type": "authorization_code", "client_id": "spa", "code": code, "code_verifier": verifier}
    other = post(served, f"{policies[1]}/token", redirect_uri=CALLBACK, **form)
    assert refusal(other) == INVALID
    assert "AADB2C90088" in other.json()["error_description"]
    tokens = post(served, f"{policies[0]}/token", redirect_uri=CALLBACK, **form).json()
    again = {"grant_type": "refresh_token", "client_id": "spa", "refresh_token": tokens["refresh_token"]}
    stolen = post(served, f"{policies[1]}/token", **again)
    assert refusal(stolen) == INVALID
    assert "AADB2C90088" in stolen.json()["error_description"]
    assert post(served, f"{policies[0]}/token", **again).status_code == 200


ROPC = f"/{TENANT_NAME}/b2c_1_ropc/oauth2/v2.0"
STANDARD = "/oauth2/token"


@pytest.mark.parametrize(("begun", "taken"), [(f"{ROPC}/token", STANDARD), (STANDARD, f"{ROPC}/token")])
def test_a_refresh_token_stays_where_it_began(served: Served, begun: str, taken: str) -> None:
    """Row 13: the path of a policy and the standard one. The refusal names the address, where the token is still good."""
    form = {"client_id": "ropc", "scope": f"offline_access {API_URI}"}
    first = post(served, begun, grant_type="password", username="daemon-a", password=PASSWORD, **form).json()
    again = {"grant_type": "refresh_token", "client_id": "ropc", "refresh_token": first["refresh_token"]}
    reply = post(served, taken, **again)
    assert refusal(reply) == INVALID
    named = re.search(r"https?://\S+/token", reply.json()["error_description"])
    assert named is not None
    there = named[0].removeprefix(served.url)
    assert there == (STANDARD if begun == STANDARD else f"/{TENANT}/B2C_1_ROPC/oauth2/v2.0/token")
    assert post(served, there, **again).status_code == 200


def test_a_refresh_token_of_the_version_before_goes_on(served: Served) -> None:
    """Row 13: it does not say where it began."""

    async def forget(tx: Writer) -> None:
        await tx.run(Statement(lambda: update(FAMILIES).values(policy=None), nothing), {})

    form = {"grant_type": "password", "client_id": "ropc", "username": "daemon-b", "password": PASSWORD}
    first = post(served, f"{ROPC}/token", scope=f"offline_access {API_URI}", **form).json()
    change(served.database, forget)
    assert post(served, grant_type="refresh_token", client_id="ropc", refresh_token=first["refresh_token"]).is_success


def test_the_policy_for_passwords_signs_nobody_in_on_pages(served: Served) -> None:
    """Row 13: no token says that a person's code is from there."""
    reply = Person(served).authorize("spa", path=f"{ROPC}/authorize", scope="openid units.read", **CHALLENGE)
    answer = answer_of(reply.headers["location"])
    assert answer["error"] == "invalid_request"
    assert "AADB2C90088" in answer["error_description"]


def test_a_code_used_twice_revokes_what_it_gave(served: Served) -> None:
    """Row 14."""
    code, verifier = Person(served).code("spa", "ann", "openid offline_access units.read")
    first = redeem(served, code, verifier).json()
    assert bearer(served, first["access_token"]).status_code == 200
    second = refresh(served, first["refresh_token"]).json()
    assert refusal(redeem(served, code, verifier)) == INVALID
    for tokens in (first, second):
        assert_refused_token(bearer(served, tokens["access_token"]))
        assert_refused_token(bearer(served, tokens["access_token"], "/oauth2/userinfo"))
        assert refusal(refresh(served, tokens["refresh_token"])) == INVALID


def test_a_code_redeemed_many_times_at_once(served: Served) -> None:
    """Row 15."""
    code, verifier = Person(served).code("spa", "ann", "openid offline_access units.read")
    replies = at_once(50, lambda _: redeem(served, code, verifier))
    assert sorted(reply.status_code for reply in replies) == [200] + [400] * 49
    assert {refusal(reply) for reply in replies if reply.status_code != 200} == {INVALID}


def test_the_issuer_is_in_every_answer(served: Served) -> None:
    """Row 18: codes, tokens, errors, in query, fragment and form, on both kinds of path."""
    person = Person(served)
    asked = {"scope": "openid", **CHALLENGE}
    replies = [
        person.authorize("spa", prompt="none", **asked),
        person.authorize("spa", scope="openid"),
        person.authorize("spa", **{**asked, "scope": "evil"}),
        person.authorize("spa", **asked, response_mode="fragment", prompt="none"),
        person.sign_in(person.authorize("spa", **asked), "ann"),
        person.authorize("spa", **asked, response_mode="fragment"),
        person.authorize("implicit", response_type="id_token token", scope="openid units.read"),
        person.authorize("implicit", response_type="evil", scope="openid"),
    ]
    for reply in replies:
        assert answer_of(reply.headers["location"])["iss"] == served.url
    form = person.authorize("spa", **asked, response_mode="form_post")
    assert hidden(form.text, "iss") == served.url
    assert hidden(form.text, "code")
    path = f"/{TENANT_NAME}/B2C_1_SignIn/oauth2/v2.0/authorize"
    b2c = person.authorize("spa", path=path, **asked)
    assert answer_of(b2c.headers["location"])["iss"] == f"{served.url}/{TENANT}/v2.0/"
