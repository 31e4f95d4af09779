"""When each mail goes out, by the beginning of the names of its sentences; docs/operating.md has the same table."""

from collections.abc import Mapping
from typing import Final

EVERYWHERE: Final = frozenset({"customer_why", "hello", "message", "open", "why"})
"""Sentences of several mails."""
OCCASIONS: Final[Mapping[str, str]] = {
    "asked": "an operator asks about a request for an application",
    "approved": "a request for an application was approved",
    "rejected": "a request for an application was rejected",
    "subscription_approved": "a subscription was approved",
    "subscription_asked": "an operator asks about a subscription",
    "subscription_rejected": "a subscription was rejected",
    "subscription_suspended": "an operator suspended a subscription",
    "subscription_resumed": "an operator resumed a subscription",
    "subscription_cancelled": "an operator cancelled a subscription",
    "subscription": "with each mail about a subscription",
    "reset": "somebody asks for a new password at the sign-in page, or an operator sends the link",
    "invited": "an administrator of a customer invites somebody",
    "invited_by_staff": "a person of yours invites somebody at the console",
    "invited_by_operator": "`hoistway user invite` invites somebody",
    "password_changed": "a person's password was changed or reset",
    "new_sign_in": "a person signed in in a browser that is new for them",
    "new_address": "a person gave another e-mail address: to that address",
    "address_changed": "a person's e-mail address was changed: to the one before",
    "address_and_name_changed": "the same, where the user name changed with it",
    "address_back": "the address before was taken back: to the one that was taken away",
    "role_given": "two operators gave somebody their first role",
    "factor": "a second factor or a company's sign-in was added, removed or reset, or a recovery code was made or used",
}  # fmt: skip


def mail_of(name: str) -> str | None:
    """The key of OCCASIONS for a sentence; None for one of several mails."""
    if name in EVERYWHERE:
        return None
    return max((one for one in OCCASIONS if name == one or name.startswith(f"{one}_")), key=len)
