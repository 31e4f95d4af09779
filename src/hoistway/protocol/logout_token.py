"""Logout tokens: made for applications, and judged where a provider sends one
(https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken).
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from hoistway.protocol.jwt import BadToken
from hoistway.protocol.provider_token import LONGEST_SUBJECT, OLDEST, SKEW, check_audience, check_clocks
from hoistway.protocol.text import is_plain

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
TYPE: Final = "logout+jwt"
LIFETIME: Final = 120
"""Seconds (section 2.4)."""
REMEMBERED: Final = OLDEST + 2 * SKEW
"""Seconds for which the id of a token is remembered: a token is refused for its age by then."""
_LONGEST_ID: Final = 1024


class Notice(Struct, frozen=True):
    """What a provider says has ended: its session `sid`, everything of the person `subject`, or both."""

    sid: str | None
    subject: str | None
    token_id: str


def logout_claims(issuer: str, audience: str, subject: str | None, sid: str, token_id: str, now: int) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": token_id,
        "sid": sid,
        "events": {EVENT: {}},
    }
    return claims if subject is None else {**claims, "sub": subject}


def check_logout_token(claims: Mapping[str, Any], issuer: str, client_id: str, now: int) -> Notice:
    """Section 2.6; the signature holds. Raises BadToken."""
    if claims.get("iss") != issuer:
        raise BadToken("issued by another provider")
    check_audience(claims, client_id)
    # Servers of before the final text leave exp out; iat bounds the age in any case.
    check_clocks(claims if "exp" in claims else {**claims, "exp": now + LIFETIME}, now)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise BadToken("it tells of no logout (events)")
    if "nonce" in claims:
        raise BadToken("it is an ID token, or could be taken for one (nonce)")
    sid, subject = _text(claims, "sid", _LONGEST_ID), _text(claims, "sub", LONGEST_SUBJECT)
    if sid is None and subject is None:
        raise BadToken("it names neither a session (sid) nor a person (sub)")
    token_id = _text(claims, "jti", _LONGEST_ID)
    if token_id is None:
        raise BadToken("it has no id (jti)")
    return Notice(sid, subject, token_id)


def _text(claims: Mapping[str, Any], name: str, longest: int) -> str | None:
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= longest or not (value.isascii() and is_plain(value)):
        raise BadToken(f"{name} is no text that it could be")
    return value
