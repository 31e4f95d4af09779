"""Bodies about people and their places (docs/adr/0017-answers-and-document.md)."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Struct, UnsetType

from hoistway.api.bodies import said
from hoistway.manage.bodies import CreatedAt, DisabledAt, NextCursor, moment, optional_moment
from hoistway.store.users import User as UserRow
from hoistway.things.places import Place

_NAME = said("As others see it.", "Kim Example")
_USERNAME = said("Sign-in name.", "kim@example.com")
_EMAILS = said("E-mail addresses, the first is the main one.", ["kim@example.com"])
_HOME = said("The customer at which the person begins; null for none.", "c-1")


class User(Struct):
    """No password is ever read back."""

    id: Annotated[str, said("Stable UUID.", "0b5f6a0e-6d0c-4f0e-9a55-0d7c54a5b1f2")]
    username: Annotated[str, _USERNAME]
    name: Annotated[str, _NAME]
    emails: Annotated[list[str], _EMAILS]
    flags: Annotated[list[str], said("Words such as employee, and roles of the operator's people.", [])]
    customer_id: Annotated[str | None, _HOME]
    created_at: CreatedAt
    disabled_at: DisabledAt


class UserPage(Struct):
    items: list[User]
    next_cursor: NextCursor


class NewUser(Struct, forbid_unknown_fields=True):
    """Begins without a password, which the person chooses by a link that is mailed; with a place in the customer, as a member."""

    username: Annotated[str, _USERNAME]
    name: Annotated[str, _NAME]
    emails: (
        Annotated[list[str], said("The user name, where it is an address and this is left out.", ["kim@example.com"])]
        | UnsetType
    ) = UNSET
    customer_id: Annotated[str, _HOME] | UnsetType = UNSET


class UserChange(Struct, forbid_unknown_fields=True):
    """A member that is left out stays as it is."""

    name: Annotated[str, _NAME] | UnsetType = UNSET
    emails: Annotated[list[str], _EMAILS] | UnsetType = UNSET


def user_body(row: UserRow) -> User:
    return User(
        row.id, row.username, row.name, list(row.emails), list(row.flags), row.home_customer_id, moment(row.created_at),
        optional_moment(row.disabled_at),
    )  # fmt: skip


_SITES = said("Sites that it opens; with no sites and no units it opens all.", ["s-1"])
_UNITS = said("Units that it opens beside those of the sites.", ["US-1377515"])
Role = Literal["member", "administrator"]


class Membership(Struct):
    customer_id: Annotated[str, said("Where the person has the place.", "c-1")]
    role: Annotated[Role, said("What the person may do there.", "member")]
    sites: Annotated[list[str], _SITES]
    units: Annotated[list[str], _UNITS]


class MembershipList(Struct):
    """By customer."""

    items: list[Membership]


class MembershipChange(Struct, forbid_unknown_fields=True):
    """The whole of it: what is left out is as at the beginning."""

    role: Annotated[Role, said("What the person may do there; member where it is left out.", "member")] | UnsetType = (
        UNSET
    )
    sites: Annotated[list[str], _SITES] | UnsetType = UNSET
    units: Annotated[list[str], _UNITS] | UnsetType = UNSET


def membership_body(customer_id: str, row: Place) -> Membership:
    role: Any = row.role
    return Membership(customer_id, role, list(row.sites), list(row.units))
