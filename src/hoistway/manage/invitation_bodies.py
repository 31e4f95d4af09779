"""Bodies about invitations, copies of what is held about people, passwords of technical accounts, and owners of applications
(docs/adr/0017-answers-and-document.md).
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from hoistway.accounts.inviting import Invitation as InvitationRow
from hoistway.api.bodies import said
from hoistway.manage.bodies import CreatedAt, Instant, NextCursor, moment, optional_moment
from hoistway.manage.people_bodies import Role
from hoistway.store.service_accounts import Secret

_ADDRESS = said("To which the letter goes; of a new account the user name.", "kim@example.com")
_ROLE = said("What the person may do there.", "member")
_SITES = said("Sites that it opens; with no sites and no units it opens all.", ["s-1"])
_UNITS = said("Units that it opens beside those of the sites.", ["US-1377515"])
_LANGUAGE = said("Of the letter.", "en")
Language = Literal["en", "de"]
Which = Literal["first", "second"]


class Invitation(Struct):
    """A place for whoever reads the mails of the address. The link is in the letter alone."""

    id: Annotated[str, said("Sorts by time.", "01994c9a-52a1-7b86-8f3e-3d3f6f0a7c11")]
    customer_id: Annotated[str, said("Where the place is.", "c-1")]
    address: Annotated[str, _ADDRESS]
    role: Annotated[Role, _ROLE]
    sites: Annotated[list[str], _SITES]
    units: Annotated[list[str], _UNITS]
    language: Annotated[Language, _LANGUAGE]
    created_at: CreatedAt
    expires_at: Annotated[Instant, said("Until when the link of the last letter works.", "2026-02-06T13:35:09Z")]


class InvitationPage(Struct):
    """Those that can still be accepted, the oldest first."""

    items: list[Invitation]
    next_cursor: NextCursor


class NewInvitation(Struct, forbid_unknown_fields=True):
    """An earlier one of the same address to the customer ends."""

    address: Annotated[str, _ADDRESS]
    role: Annotated[Role, _ROLE] | UnsetType = UNSET
    sites: Annotated[list[str], _SITES] | UnsetType = UNSET
    units: Annotated[list[str], _UNITS] | UnsetType = UNSET
    language: Annotated[Language, _LANGUAGE] | UnsetType = UNSET


def invitation_body(one: InvitationRow) -> Invitation:
    role: Any = one.given.role
    language: Any = "de" if one.given.lang == "de" else "en"
    return Invitation(
        one.link.id, one.customer.id, one.given.address, role, list(one.given.sites), list(one.given.units), language,
        moment(one.link.created_at), moment(one.link.expires_at),
    )  # fmt: skip


_HELD: Any = Meta(
    description="What docs/people.md lists.",
    extra_json_schema={"type": "object"},
    examples=[{"version": 1, "account": {}}],
)


class Copy(Struct):
    """For the person; each one is in the audit trail."""

    held: Annotated[msgspec.Raw, _HELD]


class AccountPassword(Struct):
    """Not the password: that is shown once."""

    which: Annotated[Which, said("Two may work at a time.", "first")]
    created_at: CreatedAt
    expires_at: Annotated[Instant | None, said("When it ends; null for one without an end.", None)]


class AccountPasswordList(Struct):
    """Those that work."""

    items: list[AccountPassword]


class NewPassword(Struct, forbid_unknown_fields=True):
    lifetime_days: Annotated[int, said("90, 180 or 365; without an end where it is left out.", 90)] | UnsetType = UNSET


class PasswordMade(Struct):
    which: Annotated[Which, said("Which place it has.", "second")]
    password: Annotated[str | None, said("Shown this once; null in a dry run.", "x" * 20)]
    expires_at: Annotated[Instant | None, said("When it ends; null for one without an end.", None)]


class NewOwner(Struct, forbid_unknown_fields=True):
    customer_id: Annotated[str, said("Who is to own it.", "c-2")]


def password_body(one: Secret) -> AccountPassword:
    which: Any = one.which
    return AccountPassword(which, moment(one.changed_at), optional_moment(one.expires_at))
