"""Checks the registered claims of a verified token.

https://www.rfc-editor.org/rfc/rfc7519#section-4.1
"""

from collections.abc import Mapping

from hoistway.protocol.jwt import BadToken


def check_times(claims: Mapping[str, object], now: int, *, leeway: int = 0) -> None:
    """RFC 7519 §4.1.4 and §4.1.5, in seconds. A token without `exp` is refused. Raises BadToken."""
    expires = _time(claims, "exp")
    if expires is None:
        raise BadToken("no exp")
    if now >= expires + leeway:
        raise BadToken("expired")
    not_before = _time(claims, "nbf")
    if not_before is not None and now < not_before - leeway:
        raise BadToken("not yet valid")


def check_audience(claims: Mapping[str, object], audiences: frozenset[str]) -> None:
    """RFC 7519 §4.1.3: one of ours must be among those of the token. Raises BadToken."""
    given = claims.get("aud")
    named = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    if not any(isinstance(audience, str) and audience in audiences for audience in named):
        raise BadToken("another audience")


def check_issuer(claims: Mapping[str, object], issuers: frozenset[str]) -> None:
    """RFC 7519 §4.1.1. Raises BadToken."""
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or issuer not in issuers:
        raise BadToken("another issuer")


def _time(claims: Mapping[str, object], name: str) -> int | float | None:
    value = claims.get(name)
    if value is None:
        return None
    # True is an int to Python, not to RFC 7519 §2 (NumericDate).
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadToken(f"{name} is not a number")
    return value
