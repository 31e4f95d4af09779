"""How somebody proved who they are: methods (`amr`, https://www.rfc-editor.org/rfc/rfc8176) and what they amount to (`acr`)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from hoistway.protocol.numbers import read_whole

ONE: Final = "urn:hoistway:acr:one"
MFA: Final = "urn:hoistway:acr:mfa"
PHISHING_RESISTANT: Final = "phr"
"""https://openid.net/specs/openid-connect-eap-acr-values-1_0.html"""
ACR_VALUES: Final = (ONE, MFA, PHISHING_RESISTANT)
"""The weakest first."""
METHODS: Final = ("pwd", "otp", "hwk", "swk", "user", "mfa")
"""Those that we write, in the order in which they are written."""


FACTORS: Final = frozenset({"otp", "hwk", "swk"})
"""Something that a person has."""


def level_of(amr: Iterable[str]) -> int:
    """0 where nothing is known, 1 for one factor, 2 for two, 3 for a passkey that verified its user."""
    known = frozenset(amr)
    if not known:
        return 0
    if "mfa" not in known:
        return 1
    return 3 if known & {"hwk", "swk"} else 2


def acr_of(amr: Iterable[str]) -> str | None:
    level = level_of(amr)
    return ACR_VALUES[level - 1] if level else None


def level_wanted(acr_values: str | None) -> int:
    """The level of the first value that we know (OpenID Connect Core section 3.1.2.1: in order of preference); 0 where
    there is none."""
    known = (word for word in (acr_values or "").split() if word in ACR_VALUES)
    return ACR_VALUES.index(found) + 1 if (found := next(known, None)) else 0


def joined(*some: Iterable[str]) -> tuple[str, ...]:
    """All of these methods, in one order."""
    every = {method for methods in some for method in methods}
    return tuple(method for method in METHODS if method in every)


def read_amr(text: str | None) -> tuple[str, ...]:
    """As a column holds them; empty for what began before they were stored."""
    return tuple((text or "").split())


def lacks(claims: Mapping[str, object], acr: str | None, max_age: int | None, now: int) -> str | None:
    """What a person's token lacks of what an API requires, "acr" or "max_age"; None where nothing (RFC 9470 section 3).
    Technical accounts sign in without factors, so their tokens lack nothing."""
    if claims.get("service_account") or (acr is None and max_age is None):
        return None
    amr = claims.get("amr")
    methods: Sequence[str] = amr if isinstance(amr, list) else ()
    if acr is not None and level_of(methods) < level_wanted(acr):
        return "acr"
    signed_in = claims.get("auth_time")
    if max_age is not None and (not isinstance(signed_in, int) or signed_in + max_age < now):
        return "max_age"
    return None


def read_max_age(text: str) -> int | None:
    return read_whole(text, 0, 999_999_999)
