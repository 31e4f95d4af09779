"""The bodies of the API's requests and answers. One definition is both encoded and described
(https://jcristharif.com/msgspec/jsonschema.html, docs/adr/0017-answers-and-document.md).

The name of a struct is the name of its schema. `said` gives each member its description and an example for the
document.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from hoistway.store.floors import Floor

REFERENCE = "#/components/schemas/{name}"


def said(description: str, example: Any, **more: Any) -> Meta:
    return Meta(description=description, examples=[example], **more)


def seconds(description: str, example: int) -> Meta:
    """Times and counts of calls, described as 64-bit numbers for programs that would use 32 bits."""
    return said(description, example, extra_json_schema={"format": "int64"})


# Already JSON, in the form that store/floors gives it; decoding it for each unit would cost more than the rest of a
# page.
_LIST_OF_FLOORS = msgspec.json.schema_components([list[Floor]], ref_template=REFERENCE)[0][0]
_FLOORS: Any = Meta(
    extra_json_schema=_LIST_OF_FLOORS,
    examples=[[{"id": "1", "marking": "G", "level": 0}, {"id": "2", "marking": "1", "level": 3200}]],
)


class Address(Struct, rename="camel", gc=False):
    """Where a unit is."""

    site_id: Annotated[str, said("Id of the site.", "s-1")]
    name: Annotated[str, said("Name of the building.", "Harbour House")]
    street: Annotated[str, said("Street and number.", "1 Quay")]
    postal_code: Annotated[str, said("Postal code.", "20457")]
    city: Annotated[str, said("City.", "Hamburg")]
    country: Annotated[str, said("ISO 3166-1 alpha-2.", "DE")]


class Site(Address, rename="camel", gc=False):
    """A building with units that the token may see."""

    unit_count: Annotated[int, said("Units there that the token sees.", 12)]


class Unit(Struct, rename="camel", gc=False):
    """Attributes have the names under which lift data is published elsewhere, too."""

    unit_id: Annotated[str, said("Country and number.", "US-1377515")]
    equipment_type: Annotated[Literal["elevator", "escalator"], said("What it is.", "elevator")]
    controller_number: Annotated[str | None, said("ERP or job number.", "C-20417")]
    controller_type: Annotated[str | None, said("For example TAC20, TAC32, E.COR.", "TAC32")]
    controller_description: Annotated[str | None, said("In words.", None)]
    car_type: Annotated[str | None, said("single, double or twin.", "single")]
    capacity: Annotated[int | None, said("kg", 1000)]
    contract_speed: Annotated[float | None, said("m/s", 1.6)]
    serial_number: Annotated[str | None, said("The maker's.", "S-1")]
    customer_equipment_number: Annotated[str | None, said("The customer's own number.", "A-1")]
    floors: Annotated[msgspec.Raw, _FLOORS]
    role: Annotated[Literal["owner", "manager"], said("What the token's customer is to this unit.", "owner")]
    last_update: Annotated[datetime, said("When this data last changed, UTC.", "2026-01-30T13:35:09Z", tz=True)]
    site: Address


_Next = Annotated[str | None, said("For the next page; null on the last one.", "WyJVUy0xMzc3NTE1IiwieHh4eHh4eHgiXQ")]


class UnitPage(Struct, gc=False):
    items: list[Unit]
    next_cursor: _Next


class UnitChange(Struct, rename="camel", gc=False):
    """A unit as it is now, or the fact that it is no longer visible."""

    unit_id: Annotated[str, said("Country and number.", "US-1377515")]
    change: Annotated[Literal["written", "removed"], said("removed: take it out of the copy.", "written")]
    unit: Annotated[Unit | None, said("null where it was removed.", None)]


class UnitChanges(Struct, gc=False):
    """Oldest first."""

    items: list[UnitChange]
    next_since: Annotated[
        str, said("Send it as `since` next time, also where there is no more now.", "WzQyLCIiLCJ4Il0")
    ]
    more: Annotated[bool, said("There is more now.", False)]


class SitePage(Struct, gc=False):
    items: list[Site]
    next_cursor: _Next


class Customer(Struct):
    id: Annotated[str, said("Id of the customer.", "c-1")]
    name: Annotated[str | None, said("Its name.", "Harbour Estates")]


_Id = Annotated[
    str, said("Stable UUID of the user, or id of the technical account.", "0b5f6a0e-6d0c-4f0e-9a55-0d7c54a5b1f2")
]
_USERNAME = said("Sign-in name.", "kim@example.com")
_NAME = said("Display name.", "Kim Example")
_EMAILS = said("E-mail addresses, the first is the main one.", ["kim@example.com"])
_FLAGS = said("Words such as employee.", [])
_At = seconds("Seconds since 1970-01-01T00:00:00Z.", 1769780109)


# Checked after surrounding white space is removed.
_LENGTH = {"minLength": 1, "maxLength": 200}


class Me(Struct):
    """Who a token is about; members are null where a third party's token lacks the scope for them."""

    id: _Id
    kind: Annotated[Literal["user", "service_account"], said("Who is behind the token.", "user")]
    name: Annotated[str | None, _NAME]
    username: Annotated[str | None, _USERNAME]
    emails: Annotated[tuple[str, ...] | None, _EMAILS]
    flags: Annotated[tuple[str, ...] | None, _FLAGS]
    employee: Annotated[bool | None, said("Whether the flags hold employee.", False)]
    customer: Customer
    acting: Annotated[bool, said("Whether an employee acts for the customer without being its member.", False)]
    acting_for: Annotated[str | None, said("Then the customer's id.", None)]
    unit_count: Annotated[int, said("Units that this token sees.", 42)]
    scopes: Annotated[list[str], said("Scopes of the token.", ["openid", "profile.read", "units.read"])]
    client_id: Annotated[str, said("The application that got the token.", "5a1d9c1e-52a1-4b86-8f3e-3d3f6f0a7c11")]
    issued_at: Annotated[int, _At]
    expires_at: Annotated[int, _At]


class User(Struct):
    """The token's own user."""

    id: _Id
    username: Annotated[str, _USERNAME]
    name: Annotated[str, _NAME]
    emails: Annotated[tuple[str, ...], _EMAILS]
    flags: Annotated[tuple[str, ...], _FLAGS]
    locale: Annotated[str | None, said("en, de or not chosen.", "en")]


class Profile(Struct, forbid_unknown_fields=True):
    """What people may change about themselves; a member that is left out stays as it is."""

    name: (
        Annotated[str, said("New display name, printable characters.", "Kim Example", extra_json_schema=_LENGTH)]
        | UnsetType
    ) = UNSET
    locale: (
        Annotated[Literal["en", "de"] | None, said("Language of the hosted pages; null means none is chosen.", "en")]
        | UnsetType
    ) = UNSET


class Limit(Struct):
    calls: Annotated[int, seconds("Calls that a window allows.", 100)]
    period_seconds: Annotated[int, seconds("Length of a window.", 60)]
    used: Annotated[int, seconds("Calls counted in the window in hand.", 3)]
    remaining: Annotated[int, seconds("Calls that are left in it.", 97)]
    reset_seconds: Annotated[int, seconds("Seconds until the next window.", 42)]
    resets_at: Annotated[int, seconds("When that is, in seconds since 1970-01-01T00:00:00Z.", 1769780160)]


class Product(Struct):
    id: Annotated[str, said("Id of the product.", "standard")]
    name: Annotated[str, said("Its name.", "Standard")]
    name_de: Annotated[str, said("Its name in German; the same where it has no other.", "Standard")]


class Limits(Struct):
    """Which limits apply, and what is left of them."""

    customer_id: Annotated[str, said("The token's customer.", "c-1")]
    subscription_id: Annotated[
        str | None,
        said(
            "The key's subscription; null without a key: then calls count for the customer.",
            "01994c9a-52a1-7b86-8f3e-3d3f6f0a7c11",
        ),
    ]
    product: Annotated[
        Product | None, Meta(description="The product whose limits hold; null where nothing is limited.")
    ]
    key_required: Annotated[bool, said("Whether the product needs a key.", False)]
    rate: Annotated[Limit | None, Meta(description="Calls in a short time (429 beyond); null is no limit.")]
    quota: Annotated[Limit | None, Meta(description="Calls in a long time (403 beyond); null is no limit.")]


_URI = {"format": "uri"}


class Problem(Struct):
    """A refusal (RFC 9457)."""

    type: Annotated[
        str,
        said(
            "Which kind of problem: the page that explains it; x-problem-types lists them.",
            "https://id.example.com/portal/guides/errors#bad-request",
            extra_json_schema=_URI,
        ),
    ]
    title: Annotated[str, said("The kind in words.", "Bad request")]
    status: Annotated[int, said("The HTTP status.", 400)]
    detail: Annotated[str, said("What to do about it.", "limit must be a whole number from 1 to 1000.")]
    correlation_id: Annotated[
        str,
        said("Name it when you ask for help: the log has it too.", "3f0c9a52-7f0e-4c39-a6f5-8a8f5a0a8c55"),
    ]


class Turned(Struct, rename="camel"):
    """A refusal because of a key or a limit, in the format of Azure API Management."""

    status_code: Annotated[int, said("The HTTP status.", 429)]
    message: Annotated[
        str,
        said("What is wrong with the key, or when to come back.", "Rate limit is exceeded. Try again in 26 seconds."),
    ]


def _members(struct: type[Struct]) -> list[tuple[str, Any, Any]]:
    hints = struct.__annotations__
    names = zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True)
    return [(encoded, hints[name] | UnsetType, UNSET) for name, encoded in names]


# 401 and 403 can have either form, but generated clients read one type for each status, whatever its media type.
Refusal = msgspec.defstruct("Refusal", [*_members(Problem), *_members(Turned)])
EVERY: tuple[type[Struct], ...] = (
    Unit, UnitPage, UnitChange, UnitChanges,
    Address, Floor, Site, SitePage, Me, Customer, User, Profile, Limits, Product, Limit, Problem, Turned, Refusal,
)  # fmt: skip
