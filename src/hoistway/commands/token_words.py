"""A token's claims, and the reasons against it, in English, in the words of the portal's inspector."""

from collections.abc import Mapping
from typing import Any

from hoistway.protocol.explain import Reason, Unreadable, moment, span
from hoistway.web.portal_words.tokens.inspect_claims import EN as CLAIMS
from hoistway.web.portal_words.tokens.inspect_reasons import EN as REASONS

TIMES = frozenset({"exp", "iat", "nbf", "auth_time"})
# Reasons that the portal shows elsewhere, or not at all.
OWN = {
    "scope": "It lacks the scope {scope}; it has: {held}.",
    "scope_do": "Ask for the scope when getting the token, and see that the application may have it.",
    "family_revoked": "Its family was revoked at {at}: {because}.",
    "family_revoked_do": "Sign in again, or send the password again.",
    "family_ended": "Its family ended at {at}, {ago} ago.",
    "family_ended_do": "Sign in again, or send the password again.",
    "family_unknown": "Its family is not in the database: it ended more than seven days ago, or the database is another.",
    "family_unknown_do": "Sign in again, or send the password again.",
    "used_before": "It is generation {generation}, and the living one is {living}.",
    "used_before_do": "Keep the newest one of each answer: using an older one ends the whole family.",
}


def worded(reason: Reason) -> dict[str, str]:
    """`code` is for programs and does not change; the sentences are for people."""
    key = f"inspect_reason_{reason.code}"
    because, do = (
        (OWN[reason.code], OWN[f"{reason.code}_do"]) if reason.code in OWN else (REASONS[key], REASONS[f"{key}_do"])
    )
    return {"code": reason.code, "because": because.format(**reason.names), "do": do.format(**reason.names)}


def unreadable(said: Unreadable) -> str:
    return CLAIMS[f"inspect_unreadable_{said.code}"]


def explained(part: str, values: Mapping[str, Any], now: int) -> list[dict[str, str]]:
    """Claim by claim, in the token's order; `part` is "header" or "claim"."""
    rows = []
    for name, value in values.items():
        shown = str(value)
        if name in TIMES and isinstance(value, int):
            shown = (
                f"{moment(value)}, {span(now - value)} ago"
                if value <= now
                else f"{moment(value)}, in {span(value - now)}"
            )
        words = CLAIMS.get(f"inspect_{part}_{name}", CLAIMS[f"inspect_{part}_other"])
        rows.append({"name": name, "value": shown, "words": words})
    return rows
