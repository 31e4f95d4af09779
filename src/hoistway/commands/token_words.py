"""What each claim of a token means, in words (https://www.iana.org/assignments/jwt/jwt.xhtml, docs/specs.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

WORDS = {
    "iss": "issued by", "sub": "user id", "oid": "user id, as programs of the installed base read it", "aud": "meant for",
    "exp": "expires", "iat": "issued", "nbf": "valid from", "auth_time": "signed in", "client_id": "application",
    "azp": "application", "customer": "customer: decides which units are visible", "scope": "scopes", "scp": "API scopes",
    "jti": "id of this token", "grant_id": "what it came from: a refresh token family ends all its tokens",
    "name": "name", "email": "e-mail", "emails": "e-mails", "employee": "whether an employee of the operator",
    "acting_for": "an employee acts for this customer", "tfp": "policy", "ver": "version of B2C tokens",
    "service_account": "a technical account, no person", "preferred_username": "user name", "tid": "tenant",
    "nonce": "the application's own value: binds the token to its request", "sid": "session",
    "at_hash": "binds the access token", "alg": "signature algorithm", "kid": "signing key", "typ": "kind of token",
}  # fmt: skip
TIMES = {"exp", "iat", "nbf", "auth_time"}
LATEST = 253_402_300_799


@dataclass(frozen=True, slots=True)
class Explained:
    claim: str
    value: str
    words: str


def span(seconds: int) -> str:
    """A length of time, in its two largest units."""
    parts = []
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def moment(at: int, now: int) -> str:
    """With its distance from `now`."""
    shown = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"{shown}, {span(now - at)} ago" if at <= now else f"{shown}, in {span(at - now)}"


def is_time(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LATEST


def explain(claims: Mapping[str, Any], now: int) -> list[Explained]:
    """Claim by claim, in the token's order."""
    rows = []
    for name, value in claims.items():
        shown = moment(value, now) if name in TIMES and is_time(value) else str(value)
        rows.append(Explained(name, shown, WORDS.get(name, "not used by this server")))
    return rows
