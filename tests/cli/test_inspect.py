"""`hoistway token inspect` names every reason, and the API agrees: what it calls refused is refused, what accepted is read."""

import asyncio
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hoistway import clock as real
from hoistway.authn.client import secret_digest
from hoistway.commands.token_words import OWN
from hoistway.protocol.ids import ClientId
from hoistway.protocol.jwt import b64url
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.open import open_database
from hoistway.store.revocations import add_revocation
from hoistway.tokens.keyring import Keyring, rotate_key
from hoistway.tokens.vault import Vault
from hoistway.web.portal_words.tokens.inspect_reasons import EN as REASONS
from tests.attacks.asking import bearer, daemon_token, part, parts_of, password, refresh
from tests.cli.conftest import Managed
from tests.cli.running import answer, point_at, run
from tests.flows.browser import Person
from tests.server import MASTER_KEY, change
from tests.world import API_URI, SECRET

Claims = dict[str, Any]


@pytest.fixture
def claims(managed: Managed) -> Claims:
    """Of a good access token of the daemon's."""
    return parts_of(daemon_token(managed.served))[1]


@pytest.fixture
def sign(managed: Managed) -> Callable[..., str]:
    """Signs whatever claims with the server's own key."""

    async def opened() -> Keyring:
        db = await open_database(managed.served.database)
        keyring = Keyring(Vault(MASTER_KEY))
        await keyring.load(db, managed.clock.at)
        await db.close()
        return keyring

    keyring = asyncio.run(opened())
    return lambda claims, typ="at+jwt", alg="ES256": keyring.sign(alg, claims, typ)


def codes(token: str, *more: str) -> list[str]:
    """Of the refusals; an empty list where the token is accepted."""
    said = json.loads(run("token", "inspect", token, "--json", *more, code=1).stdout)
    assert said["accepted"] is False
    assert all(reason["because"] for reason in said["refused_because"])
    return [reason["code"] for reason in said["refused_because"]]


def api_refuses(managed: Managed, token: str) -> bool:
    return bearer(managed.served, token).status_code in {401, 403}


def test_a_good_token_is_explained_claim_by_claim(managed: Managed, claims: Claims, sign: Callable[..., str]) -> None:
    token = sign(claims)
    said = answer("token", "inspect", token)
    assert (said["accepted"], said["refused_because"]) == (True, [])
    assert [row["name"] for row in said["explained"]] == ["alg", "kid", "typ", *claims]
    assert all("Not " not in row["words"] for row in said["explained"])
    assert next(row["value"] for row in said["explained"] if row["name"] == "exp").endswith("in 1 h")
    assert bearer(managed.served, token).status_code == 200
    text = run("token", "inspect", "-", input=f"{token}\n").stdout
    assert "The API customer-api accepts it." in text
    assert "decides which units it opens" in text
    assert answer("token", "inspect", token, "--scope", "units.read")["accepted"]


@pytest.mark.parametrize("name", ["ann", "both"])
def test_tokens_of_people_are_accepted_where_the_api_reads_them(managed: Managed, name: str) -> None:
    token = Person(managed.served).tokens("spa", name, "openid units.read", customer="c-a")["access_token"]
    assert answer("token", "inspect", token)["accepted"]
    assert bearer(managed.served, token).status_code == 200


CHANGED: tuple[tuple[str, Callable[[Claims, int], Claims]], ...] = (
    ("expired", lambda _, now: {"exp": now}),
    ("not_yet", lambda _, now: {"nbf": now + 90, "iat": now + 90}),
    ("times", lambda _, __: {"exp": "tomorrow"}),
    ("audience", lambda _, __: {"aud": "https://other.example"}),
    ("audience", lambda claims, __: {"aud": claims["client_id"]}),
    ("issuer", lambda _, __: {"iss": "https://other.example"}),
    ("application_unknown", lambda _, __: {"client_id": "nobody"}),
    ("account_unknown", lambda _, __: {"sub": "nobody", "oid": "nobody"}),
    ("customer_unknown", lambda _, __: {"customer": "nowhere"}),
    ("no_place", lambda _, __: {"customer": "c-b"}),
    ("environment", lambda _, __: {"customer": "sandbox"}),
    ("scope", lambda _, __: {"scope": "openid"}),
)


@pytest.mark.parametrize(("code", "changes"), CHANGED)
def test_a_changed_claim(
    managed: Managed, claims: Claims, sign: Callable[..., str], code: str, changes: Callable[[Claims, int], Claims]
) -> None:
    token = sign(claims | changes(claims, managed.clock.at))
    found = codes(token)
    # A customer that is not there, or not the account's, is two faults or three at once.
    assert code in found if "customer" in changes(claims, 0) else found == [code]
    assert api_refuses(managed, token)


SWITCHED = (
    ("application_disabled", "app", "daemon"),
    ("account_disabled", "service-account", "sa-a"),
    ("customer_disabled", "customer", "c-a"),
    ("api_disabled", "api", "customer-api"),
)


@pytest.mark.parametrize(("code", "noun", "thing"), SWITCHED)
def test_what_was_disabled(
    managed: Managed, claims: Claims, sign: Callable[..., str], code: str, noun: str, thing: str
) -> None:
    token = sign(claims)
    answer(noun, "disable", thing)
    try:
        assert codes(token) == [code]
        assert api_refuses(managed, token)
    finally:
        answer(noun, "enable", thing)
        if noun == "app":
            again = ClientSecret("again", ClientId(thing), secret_digest(SECRET), "again", 1)
            change(managed.served.database, lambda tx: add_secret(tx, again))
        # By the clock of the machine or of the test; what is given in the next seconds still counts as given before.
        managed.clock.at = max(managed.clock.at, real.now()) + 5
    if noun == "api":
        assert answer("token", "inspect", token)["accepted"]
    else:
        assert codes(token) == ["ended"], "enabling brings nothing back"
        assert api_refuses(managed, token)


def test_all_reasons_are_named_at_once(managed: Managed, claims: Claims, sign: Callable[..., str]) -> None:
    wrong = {
        "exp": 1,
        "iss": "https://other.example",
        "aud": "x",
        "client_id": "y",
        "sub": "z",
        "oid": "z",
        "customer": "w",
        "scope": "",
    }
    token = sign(claims | wrong, "JWT")
    assert codes(token[:-6] + "AAAAAA") == [
        "signature", "id_token", "expired", "issuer", "audience", "scope", "application_unknown", "customer_unknown",
        "account_unknown",
    ]  # fmt: skip


def test_a_scope_that_the_request_needs(managed: Managed, claims: Claims, sign: Callable[..., str]) -> None:
    assert codes(sign(claims | {"scope": "profile.read"}), "--scope", "units.read") == ["scope"]
    assert "another" in run("token", "inspect", sign(claims), "--api", "another", code=1).stderr


def test_signatures_and_keys(managed: Managed, claims: Claims, sign: Callable[..., str]) -> None:
    token = sign(claims)
    header, body, signature = token.split(".")
    assert codes(f"{header}.{part(claims | {'customer': 'c-b'})}.{signature}")[0] == "signature"
    none = f"{part({'alg': 'none', 'typ': 'at+jwt'})}.{body}."
    assert codes(none) == ["unknown_key"]
    other = f"{part({'alg': 'ES256', 'typ': 'at+jwt', 'kid': 'es256-99-zz'})}.{body}.{signature}"
    assert codes(other) == ["unknown_key"]
    kid = parts_of(token)[0]["kid"]
    confused = f"{part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': kid})}.{body}.{b64url(b'x' * 64)}"
    assert codes(confused) == ["algorithm"]
    own = f"{part({'alg': 'ES256', 'typ': 'at+jwt', 'kid': kid, 'jwk': {}})}.{body}.{signature}"
    assert codes(own) == ["own_key"]
    assert all(api_refuses(managed, bad) for bad in (none, other, confused, own))


def test_a_key_that_was_removed(managed: Managed, claims: Claims, sign: Callable[..., str]) -> None:
    """Not the one that the module's other tests need."""
    token = sign(claims, alg="RS256")

    async def rotate() -> None:
        db = await open_database(managed.served.database)
        await rotate_key(db, Vault(MASTER_KEY), "RS256", managed.clock.at - 10**6, lead=0)
        await db.close()

    asyncio.run(rotate())
    assert codes(token) == ["unknown_key"]
    # The server hears of it within five seconds, and until then signs the next test's token with it.
    kid = str(parts_of(token)[0]["kid"])
    for _ in range(100):
        if kid not in httpx2.get(f"{managed.served.url}/oauth2/jwks").text:
            break
        time.sleep(0.1)


@pytest.mark.parametrize(("claim", "code"), [("jti", "revoked"), ("grant_id", "grant_revoked")])
def test_what_was_revoked(managed: Managed, claim: str, code: str) -> None:
    token = password(managed.served, "daemon-b", scope=API_URI).json()["access_token"]
    revoked_id, now = str(parts_of(token)[1][claim]), managed.clock.at
    assert answer("token", "inspect", token)["accepted"]
    change(managed.served.database, lambda tx: add_revocation(tx, revoked_id, now=now, expires_at=now + 60))
    assert codes(token) == [code]


def test_a_password_that_was_changed(managed: Managed) -> None:
    token = Person(managed.served).tokens("spa", "few", "openid units.read")["access_token"]
    managed.clock.turn(1)
    answer("user", "reset-password", "u-few")
    assert codes(token) == ["password_changed"]
    assert api_refuses(managed, token)


def test_an_id_token_is_not_for_the_api(managed: Managed) -> None:
    token = Person(managed.served).tokens("spa", "ann", "openid units.read")["id_token"]
    said = json.loads(run("token", "inspect", token, "--json", code=1).stdout)["refused_because"]
    assert said[0]["code"] == "id_token"
    assert "ID token" in said[0]["because"]


@pytest.mark.usefixtures("managed")
@pytest.mark.parametrize("text", ["-nAbC_d", "--AbC", "-h"])
def test_a_text_that_begins_with_a_dash_is_one(text: str) -> None:
    """As a random token does now and then."""
    assert "This has no dots" in run("token", "inspect", text, code=1).stderr


def test_refresh_tokens(managed: Managed) -> None:
    served, clock = managed.served, managed.clock
    first = Person(served).tokens("spa", "ann", "openid offline_access units.read")["refresh_token"]
    said = answer("token", "inspect", first)
    assert (said["kind"], said["generation"], said["accepted"]) == ("refresh token", 1, True)
    assert said["family"]["subject_id"] == "u-ann"
    second = refresh(served, first).json()["refresh_token"]
    assert codes(first) == ["used_before"]
    answer("user", "disable", "u-ann")
    assert codes(second) == ["family_revoked", "account_disabled"]
    assert refresh(served, second).status_code == 400
    answer("user", "enable", "u-ann")
    assert codes(second) == ["family_revoked", "ended"]
    clock.at = max(clock.at, real.now()) + 5
    second = Person(served).tokens("spa", "ann", "openid offline_access units.read")["refresh_token"]
    clock.turn(15 * 86_400)
    assert codes(second) == ["family_ended"]
    clock.turn(-15 * 86_400)
    clock.turn(1)
    answer("user", "reset-password", "u-ann")
    assert codes(second) == ["family_revoked", "password_changed"]
    assert "password was replaced" in run("token", "inspect", second, code=1).stdout


def test_without_its_url_the_issuer_is_not_judged(
    managed: Managed, claims: Claims, sign: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(monkeypatch, managed.served.database)
    said = run("token", "inspect", sign(claims | {"iss": "https://other.example"}), "--json")
    assert "HOISTWAY_BASE_URL" in said.stderr


def test_a_forged_token_writes_nothing_but_text(managed: Managed) -> None:
    """What somebody else wrote is shown in a terminal that would obey it."""
    claims = {"iss": "x\u001b[2J", "sub": "y\n", "a\u0007": 1}
    token = f"{part({'alg': 'ES256', 'typ': 'at+jwt'})}.{part(claims)}.x"
    said = run("token", "inspect", token, code=1).output
    assert "x\\x1b[2J" in said
    assert not {character for character in said if not character.isprintable()} - {"\n"}


@pytest.mark.parametrize(("text", "words"), [("no token", "dots"), ("a.b.c", "JSON"), ("a.b.c.d.e", "encrypted")])
def test_what_is_no_token_is_said(managed: Managed, text: str, words: str) -> None:
    assert words in run("token", "inspect", "-", input=text, code=1).stderr


def test_the_document_names_every_code() -> None:
    text = (Path(__file__).parent.parent.parent / "docs" / "operating.md").read_text(encoding="utf-8")
    named = text.partition("**A token that is refused.**")[2].partition("Give it")[0]
    words = {code.removeprefix("inspect_reason_") for code in REASONS} | OWN.keys()
    assert set(re.findall(r"`([a-z]+(?:_[a-z]+)*)`", named)) == {code for code in words if not code.endswith("_do")}
