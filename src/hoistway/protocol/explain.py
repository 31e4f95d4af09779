"""Explains a token, and finds every reason in the token itself why the API would refuse it
(https://www.rfc-editor.org/rfc/rfc9068#section-4).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from hoistway.protocol.claims import audiences_of, is_access_token
from hoistway.protocol.jwt import KEYS_IN_HEADERS, LONGEST, BadToken, VerifyingKey, read_unverified, verify

ACCESS_TOKEN = "at+jwt"
# As tokens/refresh writes them.
_REFRESH = re.compile(r"[A-Za-z0-9_-]{20,40}\.[1-9][0-9]{0,11}\.[A-Za-z0-9_-]{43}")
_OPAQUE = re.compile(r"[A-Za-z0-9_~+/=-]+")


class Reason(Struct, frozen=True):
    """Why a call with the token is refused. `code` is the end of a key in web/portal_words/tokens/inspect_reasons,
    `names` are the values for the names in braces of that sentence."""

    code: str
    names: Mapping[str, str]


class Readable(Struct, frozen=True):
    """A token that can be read. `signed` is True where one of this server's published keys proves that nothing in it
    was changed."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signed: bool
    reasons: tuple[Reason, ...]

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(str(self.claims.get("scope", "")).split())


class Unreadable(Struct, frozen=True):
    """A text that is no JSON Web Token; `code` says what it looks like, as in Reason."""

    code: str


class Expected(Struct, frozen=True):
    """What this server would accept. `base_url` None means that the issuer is not judged. `audience` is the API's, or
    None where the API is disabled."""

    keys: Mapping[str, VerifyingKey]
    base_url: str | None
    audience: str | None


def is_issuer_of(base_url: str, issuer: object) -> bool:
    """True for the issuer of the standard paths, and for that of a tenant below the same address."""
    return isinstance(issuer, str) and (issuer == base_url or issuer.startswith(f"{base_url}/"))


def moment(seconds: int) -> str:
    """2026-01-30 13:35:09 UTC; the number itself where it is beyond the calendar."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def span(seconds: int) -> str:
    """The two largest units, as symbols that need no translation: 3 d 4 h."""
    parts: list[str] = []
    left = abs(seconds)
    for symbol, length in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count or (symbol == "s" and not parts):
            parts.append(f"{count} {symbol}")
    return " ".join(parts[:2])


def tidy(pasted: str) -> str:
    """Removes what is often copied along with a token: the word Bearer, quotation marks, line breaks."""
    text = re.sub(r"\s+", "", re.sub(r"^\s*(authorization:)?\s*bearer\s+", "", pasted, flags=re.IGNORECASE))
    return text.strip("\"'")


def _unreadable(text: str) -> Unreadable:
    parts = text.count(".") + 1
    if len(text) > LONGEST:
        return Unreadable("too_long")
    if _REFRESH.fullmatch(text):
        return Unreadable("refresh_token")
    if parts == 5:
        return Unreadable("encrypted")
    if parts == 1 and _OPAQUE.fullmatch(text):
        return Unreadable("opaque")
    return Unreadable("no_json" if parts == 3 else "no_parts")


def _reason(code: str, **names: str) -> Reason:
    return Reason(code, names)


def _signature(token: str, header: Mapping[str, Any], keys: Mapping[str, VerifyingKey]) -> Reason | None:
    """Makes the same checks as `jwt.verify`, and tells the outcome of each."""
    kid, kind = header.get("kid"), header.get("typ")
    key = keys.get(kid) if isinstance(kid, str) else None
    if any(name in header for name in KEYS_IN_HEADERS):
        return _reason("own_key")
    if key is None:
        return _reason("unknown_key", kid=str(kid))
    if header.get("alg") != key.alg:
        return _reason("algorithm", alg=str(header.get("alg")), expected=key.alg)
    if not isinstance(kind, str):
        return _reason("kind", typ=str(kind))
    try:
        verify(token, keys, typ=frozenset({kind.lower().removeprefix("application/")}))
    except BadToken:
        return _reason("signature")
    return None


def _kind(header: Mapping[str, Any], claims: Mapping[str, Any]) -> Reason | None:
    kind = str(header.get("typ")).lower().removeprefix("application/")
    if kind in {ACCESS_TOKEN, "jwt"} and is_access_token(kind, claims):
        return None
    return _reason("id_token") if kind == "jwt" else _reason("kind", typ=str(header.get("typ")))


def _times(claims: Mapping[str, Any], now: int) -> Reason | None:
    exp, nbf = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(exp, int) or not isinstance(nbf, int):
        return _reason("times")
    if exp <= now:
        return _reason("expired", at=moment(exp), ago=span(now - exp))
    return _reason("not_yet", at=moment(nbf), left=span(nbf - now)) if nbf > now else None


def _issuer(claims: Mapping[str, Any], base_url: str | None) -> Reason | None:
    if base_url is None or is_issuer_of(base_url, claims.get("iss")):
        return None
    return _reason("issuer", issuer=str(claims.get("iss")), expected=base_url)


def _audience(claims: Mapping[str, Any], audience: str | None) -> Reason | None:
    if audience is None:
        return _reason("api_disabled")
    if audience in audiences_of(claims):
        return None
    return _reason("audience", audience=" ".join(sorted(audiences_of(claims))) or "–", expected=audience)


def explain(token: str, expected: Expected, now: int) -> Readable | Unreadable:
    """Every reason that the token itself gives. Whether the account, the application and the customer that it names
    still exist is checked elsewhere."""
    try:
        header, claims = read_unverified(token)
    except BadToken:
        return _unreadable(token)
    refused = _signature(token, header, expected.keys)
    addressed = (_issuer(claims, expected.base_url), _audience(claims, expected.audience))
    found = (refused, _kind(header, claims), _times(claims, now), *addressed)
    # Each code only once: a token without a type fails two checks with the same one.
    reasons = {reason.code: reason for reason in found if reason is not None}
    return Readable(header, claims, refused is None, tuple(reasons.values()))
