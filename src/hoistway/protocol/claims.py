"""Judges the registered claims of a verified token (https://www.rfc-editor.org/rfc/rfc9068#section-4)."""

from collections.abc import Mapping
from typing import Any

from hoistway.protocol.jwt import BadToken


def check_times(claims: Mapping[str, Any], now: int, *, leeway: int = 0) -> None:
    """RFC 7519 sections 4.1.4 and 4.1.5. Raises BadToken."""
    exp, nbf = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(exp, int) or not isinstance(nbf, int):
        raise BadToken("exp or nbf is not a number")
    if exp <= now - leeway:
        raise BadToken("expired")
    if nbf > now + leeway:
        raise BadToken("not valid yet: compare the clocks")


def check_issuer(claims: Mapping[str, Any], issuers: frozenset[str]) -> None:
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or issuer not in issuers:
        raise BadToken("issued by another server")


ACCESS_TYPES = frozenset({"at+jwt", "jwt"})
ID_TYPES = frozenset({"jwt"})


def is_access_token(kind: str, claims: Mapping[str, Any]) -> bool:
    """`kind` is the type in the header. On the standard paths it decides (RFC 9068 section 4). On B2C-shaped paths,
    whose tokens name their policy, both kinds of token have the type JWT. There an access token is recognised by its
    client_id, which our ID tokens don't have."""
    return kind == "at+jwt" or ("tfp" in claims and isinstance(claims.get("client_id"), str))


def check_access_token(kind: str, claims: Mapping[str, Any]) -> None:
    """Raises BadToken."""
    if not is_access_token(kind, claims):
        raise BadToken("this is another kind of token")


def check_id_token(kind: str, claims: Mapping[str, Any]) -> None:
    """Raises BadToken."""
    if is_access_token(kind, claims):
        raise BadToken("this is another kind of token")


def audiences_of(claims: Mapping[str, Any]) -> frozenset[str]:
    aud = claims.get("aud")
    if isinstance(aud, str):
        return frozenset({aud})
    return frozenset(word for word in aud if isinstance(word, str)) if isinstance(aud, list) else frozenset()


def check_audience(claims: Mapping[str, Any], audience: str) -> None:
    """RFC 7519 section 4.1.3. Raises BadToken."""
    if audience not in audiences_of(claims):
        raise BadToken("meant for another API (aud)")


def account_in(claims: Mapping[str, Any]) -> Any:
    """The id of the account that one of our own tokens is about: `sub` may be a sentence, where old programs expect one."""
    return claims.get("oid", claims.get("sub"))
