"""Why a sign-in with a provider came to nothing, for the person, the trail and the log."""

from typing import Literal

Cause = Literal[
    "away",
    "wrong",
    "cancelled",
    "expired",
    "unverified",
    "elsewhere",
    "taken",
    "not_allowed",
    "disabled",
    "busy",
]
"""Each has its sentence in web/words: `provider_` and the word."""


class NotSignedIn(Exception):
    """The text is for the operator and the customer's administrator. It holds no secret and no token, but may quote a
    word that the provider said."""

    def __init__(self, cause: Cause, text: str) -> None:
        self.cause: Cause = cause
        super().__init__(text)
