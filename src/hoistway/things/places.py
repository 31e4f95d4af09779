"""A person's place in a customer: role, and which units it opens, as operators give it (docs/adr/0034-things.md)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from hoistway.accounts.places import end_place, give_place
from hoistway.accounts.roles import OnlyAdministrator
from hoistway.protocol.ids import CustomerId, FamilyId, SiteId, UnitId, UserId
from hoistway.store.db import Reader, Writer
from hoistway.store.members import limits_of
from hoistway.store.memberships import Membership, lock_membership
from hoistway.store.related import related
from hoistway.store.sites import find_site
from hoistway.store.units import find_unit
from hoistway.things.accounts import lock_named_customer
from hoistway.things.making import Entry, Linking, Misfit, Unfit, words

ROLES: Final = ("member", "administrator")
MOST_IDS: Final = 500
_ROLE_OPTIONS: Final = tuple((role, role) for role in ROLES)


class Place(Struct, frozen=True):
    """`sites` and `units` are empty where the place opens all units of the customer."""

    role: str
    sites: tuple[SiteId, ...] = ()
    units: tuple[UnitId, ...] = ()


def check_role(value: str) -> str:
    """Raises Misfit."""
    if value not in ROLES:
        raise Misfit("make_choose")
    return value


def check_ids(value: str) -> tuple[str, ...]:
    """Ids with blanks or line breaks between them. Raises Misfit."""
    found = tuple(dict.fromkeys(value.split()))
    if len(found) > MOST_IDS or any(len(one) > 200 for one in found):
        raise Misfit("make_too_many_ids", most=MOST_IDS)
    return found


ENTRIES: Final = (
    Entry("customer", "make_place_customer", check=words()),
    Entry("role", "make_role", lambda row: row.role, check_role, "choose", _ROLE_OPTIONS, begins="member"),
    Entry(
        "sites",
        "make_reach_sites",
        lambda row: "\n".join(row.sites),
        check_ids,
        "area",
        hint="make_reach_hint",
        required=False,
    ),
    Entry("units", "make_reach_units", lambda row: "\n".join(row.units), check_ids, "area", required=False),
)


async def places_of(db: Reader, user_id: str) -> list[tuple[CustomerId, Place]]:
    """By customer, ordered by its id."""
    found = []
    for line in await related(db, "customers_of_user", user_id):
        sites, units = await limits_of(db, CustomerId(line.id), UserId(user_id))
        found.append((CustomerId(line.id), Place(str(line.note), tuple(sites), tuple(units))))
    return found


async def give(tx: Writer, user_id: str, values: Mapping[str, Any], now: int) -> None:
    """Makes the place, or changes it. Raises Unfit."""
    customer = await lock_named_customer(tx, values["customer"])
    before = await lock_membership(tx, UserId(user_id), customer.id)
    sites, units = values["sites"], values["units"]
    await check_known(tx, sites, units)
    joined_at = now if before is None else before.created_at
    row = Membership(UserId(user_id), customer.id, values["role"], "some" if sites or units else "all", joined_at)
    try:
        await give_place(tx, row, sites, units, now=now)
    except OnlyAdministrator as error:
        raise Unfit("role", "make_only_administrator") from error


async def check_known(tx: Writer, sites: Sequence[SiteId], units: Sequence[UnitId]) -> None:
    """Raises Unfit."""
    for site in sites:
        if await find_site(tx, site) is None:
            raise Unfit("sites", "make_no_site", id=site)
    for unit in units:
        if await find_unit(tx, unit) is None:
            raise Unfit("units", "make_no_unit", id=unit)


async def end(tx: Writer, user_id: str, customer_id: CustomerId, now: int) -> list[FamilyId]:
    """Raises Unfit where there is no place, or nobody else administers the customer."""
    await lock_named_customer(tx, customer_id)
    if await lock_membership(tx, UserId(user_id), customer_id) is None:
        raise Unfit("customer", "make_no_place")
    try:
        return await end_place(tx, UserId(user_id), customer_id, now)
    except OnlyAdministrator as error:
        raise Unfit("role", "make_only_administrator") from error


PLACES: Final = Linking("users", "user", ENTRIES, places_of, give, end, ("membership.changed", "membership.removed"))
