"""What safety rests on outside of the database: each value stands in one place, and none changes by itself.

Those of the database are read back from its connections, in tests/store/test_durable.py; what files
rest on, in tests/test_on_disk.py."""

import re
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from starlette.responses import Response

from hoistway import journal
from hoistway.authn import argon2id, counting, passwords
from hoistway.authn.client_secret import new_secret
from hoistway.authn.counting import Rule
from hoistway.authn.passwords import Passwords, generate_password
from hoistway.authn.subscription_key import make_key
from hoistway.outbound import fetcher
from hoistway.portal import typed
from hoistway.protocol import jwt, params, provider_metadata, provider_token
from hoistway.protocol.ids import ClientId, SubscriptionId
from hoistway.protocol.subscription_key import PREFIX
from hoistway.server import http11, worker
from hoistway.server.listening import Listen
from hoistway.server.metrics import exporter
from hoistway.server.worker import make_server
from hoistway.settings import DAY, HOUR, Settings
from hoistway.things.known_applications import APIS
from hoistway.tokens import issue, keyring
from hoistway.web import forms, picture, shown
from hoistway.web.cookies import drop_cookie, new_value, remember, set_cookie
from hoistway.web.policy import secure_headers
from hoistway.web.replies import NO_STORE, secret_reply
from tests.certificate import make_certificate
from tests.modules import SOURCE
from tests.server import MASTER_KEY

SETTINGS = Settings("https://id.example.com", "sqlite:///none.db", MASTER_KEY)
KIB = 1024
VALUES = (
    ("memory of a password's digest, KiB", argon2id.KIBIBYTES, 19 * KIB, "the least that OWASP names for two passes"),
    ("passes of a password's digest", argon2id.TIMES, 2, "with 19 MiB"),
    ("lanes of a password's digest", argon2id.LANES, 1, "with 19 MiB"),
    ("a code", SETTINGS.code_lifetime, 60, "RFC 6749 section 4.1.2: ten minutes at the most"),
    ("an ID token", SETTINGS.id_token_lifetime, HOUR, "read at once"),
    ("an access token, unless its API says else", issue.DEFAULT_LIFETIME, HOUR, "an hour in wrong hands"),
    ("the shortest access token", keyring.SHORTEST_TOKEN, 300, "clocks differ"),
    ("the longest access token", keyring.LONGEST_TOKEN, DAY, "what is revoked is remembered as long"),
    ("a refresh token that rests", SETTINGS.refresh_idle, 14 * DAY, "docs/adr/0003-tokens.md"),
    ("a family of refresh tokens", SETTINGS.refresh_absolute, 90 * DAY, "docs/adr/0003-tokens.md"),
    ("repeating a refresh token", SETTINGS.refresh_grace, 60, "a lost answer"),
    ("repeating it from elsewhere", SETTINGS.refresh_grace_elsewhere, 10, "a thief has as long"),
    ("a session", SETTINGS.session_lifetime, 12 * HOUR, "a working day"),
    ("a hosted page", SETTINGS.ticket_lifetime, 30 * 60, "a person who looks for a password"),
    ("a form of the portal", shown.LIFETIME, 2 * DAY, "a page that was left open"),
    ("what was typed and kept", typed.LIFETIME, DAY, "the next morning"),
    ("a signing key", SETTINGS.key_lifetime, 90 * DAY, "rotation is exercised"),
    ("a key that is published before it signs", SETTINGS.key_lead, DAY, "verifiers keep key sets"),
    ("the same, however urgent", keyring.LEAST_LEAD, 15, "every process reads keys every 5 seconds"),
    ("strict transport", SETTINGS.hsts, 365 * DAY, "RFC 6797"),
    ("guesses at an account from an address", counting.PAIR, Rule(10, 30, 50), "docs/adr/0016-guessing.md"),
    ("guesses at an account", counting.ACCOUNT, Rule(10, None, 50), "docs/adr/0016-guessing.md"),
    ("guesses from an address", counting.ADDRESS, Rule(50, 300, None), "docs/adr/0016-guessing.md"),
    ("the first wait", counting.FIRST_DELAY, 60, "docs/adr/0016-guessing.md"),
    ("the longest wait", counting.LONGEST_DELAY, 5 * HOUR, "the owner comes in on the same day"),
    ("scrapers at the same time", exporter.CONNECTIONS, 32, "half of them of one address"),
    ("an address in the log, letters", journal.LONGEST_PATH, 200, "a line is read by people"),
    ("a body", forms.LIMIT, 64 * KIB, "held whole"),
    ("a head", http11.LONGEST_HEAD, 64 * KIB, "held whole"),
    ("a logo", picture.LIMIT, 64 * KIB, "held whole"),
    ("a token that is read", jwt.LONGEST, 16 * KIB, "decoded before its signature is looked at"),
    ("a parameter's value", params.LONGEST_VALUE, 8 * KIB, "kept in tickets and logs"),
    ("a password", passwords.LONGEST, KIB, "hashed whole"),
    ("what another server may answer", fetcher.MOST_BYTES, 256 * KIB, "held whole"),
    ("an exchange with another server", fetcher.SECONDS, 8.0, "a person waits for it"),
    ("clocks of providers", provider_token.SKEW, 60, "docs/adr/0032-providers.md"),
    ("the age of an ID token", provider_token.OLDEST, 600, "it was made for this sign-in"),
    ("algorithms of providers", provider_metadata.SIGNED_BY, {"RS256", "PS256", "ES256"}, "RFC 8725"),
    ("the least TLS", worker.LEAST_TLS, ssl.TLSVersion.TLSv1_2, "RFC 9325 section 3.1.1"),
    ("algorithms that sign", keyring.ALGORITHMS, ("ES256", "RS256"), "RFC 8725: none and HMAC are no signatures here"),
)
# What may be written in these files alone, so that it has one value.
ONLY_IN = {
    r"os\.fsync\(": {"on_disk.py"},
    r"\.set_cookie\(|\.delete_cookie\(": {"web/cookies.py"},
    r"samesite": {"web/cookies.py"},
    r"generate_private_key\(": {"tokens/keyring.py"},
    r"crypto_pwhash|Argon2id\(": {"authn/argon2id.py"},
    r"\$argon2id\$": {"authn/argon2id.py"},
    r"minimum_version": {"server/worker.py", "outbound/fetcher.py"},
    # A logo is no page: nothing of it runs.
    r"(?i)content-security-policy": {"web/policy.py", "portal/applications/look.py"},
    r"(?i)x-frame-options": {"web/policy.py"},
    r"(?i)b\"strict-transport-security": {"server/app.py"},
    r"journal_mode\b.*WAL": {"store/sqlite_file.py"},
    r"synchronous_commit": {"store/connections.py"},
}


@pytest.mark.parametrize(("what", "value", "right", "why"), VALUES, ids=[row[0] for row in VALUES])
def test_a_value_is_what_was_decided(what: str, value: object, right: object, why: str) -> None:
    assert value == right, f"{what}: {why}"


@pytest.mark.parametrize("pattern", ONLY_IN)
def test_it_stands_in_one_place(pattern: str) -> None:
    found = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if re.search(pattern, path.read_text(encoding="utf-8"))
    }
    assert found == ONLY_IN[pattern]


def test_digests_are_made_as_decided() -> None:
    assert Passwords(threads=1).hash_now("a password").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_keys_have_their_size() -> None:
    rsa_key, ec_key = keyring.new_private_key("RS256"), keyring.new_private_key("ES256")
    assert isinstance(rsa_key, rsa.RSAPrivateKey)
    assert (rsa_key.key_size, rsa_key.public_key().public_numbers().e) == (2048, 65537)
    assert isinstance(ec_key, ec.EllipticCurvePrivateKey)
    assert ec_key.curve.name == "secp256r1"


@pytest.mark.parametrize(
    ("made", "length"),
    [
        (lambda: new_value(), 43),
        (lambda: generate_password(), 28),
        (lambda: new_secret(ClientId("app"), 0)[1].removeprefix("hws_"), 40),
        (lambda: make_key(SubscriptionId("s"), "primary", 0)[0].removeprefix(PREFIX), 43),
    ],
    ids=["cookie", "password", "client secret", "subscription key"],
)
def test_nobody_guesses_what_is_random(made: Callable[[], str], length: int) -> None:
    assert len(made()) == length
    assert made() != made()


@pytest.mark.parametrize(
    "alter", [set_cookie, lambda reply, word, _value, *, https: drop_cookie(reply, word, https=https)]
)
@pytest.mark.parametrize("word", ["browser", "session"])
@pytest.mark.parametrize("https", [True, False])
def test_a_cookie_has_its_flags(alter: Callable[..., None], word: str, https: bool) -> None:
    reply = Response()
    alter(reply, word, new_value(), https=https)
    name, *rest = reply.headers["set-cookie"].split("; ")
    flags = {flag for flag in rest if not flag.startswith(("expires", "Max-Age"))}
    crosses = "none" if https and word == "session" else "lax"
    assert name.startswith(f"__Host-hoistway_{word}=" if https else f"hoistway_{word}=")
    assert flags == {"HttpOnly", "Path=/", f"SameSite={crosses}"} | ({"Secure"} if https else set())


@pytest.mark.parametrize("https", [True, False])
def test_the_cookie_of_the_language_has_its_flags(https: bool) -> None:
    reply = Response()
    remember(reply, "language", "de", https=https)
    flags = set(reply.headers["set-cookie"].split("; ")[1:])
    expected = {"HttpOnly", "Path=/", "SameSite=lax", f"Max-Age={365 * DAY}"}
    assert flags == expected | ({"Secure"} if https else set())


def test_a_page_says_what_it_may_do() -> None:
    assert secure_headers("'self'", None) == {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "X-Frame-Options": "DENY",
    }


def test_tokens_are_kept_by_nobody_between() -> None:
    assert NO_STORE == {"cache-control": "no-store", "pragma": "no-cache"}
    reply = secret_reply({})
    assert (reply.headers["cache-control"], reply.headers["pragma"]) == ("no-store", "no-cache")


def test_an_operator_chooses_no_longer_token() -> None:
    entry = next(entry for entry in APIS.entries if entry.name == "token_lifetime")
    assert entry.check(str(keyring.LONGEST_TOKEN)) == keyring.LONGEST_TOKEN
    for wrong in (keyring.LONGEST_TOKEN + 1, keyring.SHORTEST_TOKEN - 1):
        with pytest.raises(ValueError, match="300"):
            entry.check(str(wrong))


@pytest.mark.parametrize("least", [worker.LEAST_TLS, ssl.TLSVersion.TLSv1_3])
def test_a_server_speaks_no_older_tls(least: ssl.TLSVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another value counts too, so it is ours and not what this machine's OpenSSL does by itself."""
    monkeypatch.setattr(worker, "LEAST_TLS", least)
    certificate = make_certificate(tmp_path)
    listen = Listen("127.0.0.1", 1, tls_cert=certificate.chain, tls_key=certificate.key)
    context = make_server(SETTINGS, listen).server.config.ssl
    assert context is not None
    assert context.minimum_version == least
