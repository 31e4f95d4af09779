"""Which customers see a unit, and as what, as operators give it (docs/adr/0034-things.md)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from hoistway.protocol.ids import CustomerId, FamilyId, UnitId
from hoistway.store.db import Reader, Writer
from hoistway.store.related import related
from hoistway.store.seen import Reach
from hoistway.store.unit_access import UnitAccess, find_seen_unit, put_access, remove_access
from hoistway.store.unit_revisions import next_revision
from hoistway.store.units import find_unit
from hoistway.things.accounts import lock_named_customer
from hoistway.things.making import Entry, Linking, Misfit, Unfit, words
from hoistway.things.unit_rows import ROLES

_OPTIONS: Final = tuple((role, role) for role in ROLES)


class Access(Struct, frozen=True):
    """`role` is one of ROLES; `number` is the customer's own one for the unit."""

    role: str
    number: str = ""


def check_role(value: str) -> str:
    """Raises Misfit."""
    if value not in ROLES:
        raise Misfit("make_choose")
    return value


async def access_of(db: Reader, unit_id: str) -> list[tuple[CustomerId, Access]]:
    found = []
    for line in await related(db, "customers_of_unit", unit_id):
        seen = await find_seen_unit(db, Reach(CustomerId(line.id)), UnitId(unit_id))
        number = "" if seen is None else seen.customer_equipment_number or ""
        found.append((CustomerId(line.id), Access(str(line.note), number)))
    return found


async def give(tx: Writer, unit_id: str, values: Mapping[str, Any], _now: int) -> None:
    """Raises Unfit."""
    customer = await lock_named_customer(tx, values["customer"])
    # From here on nobody else can move the unit until this transaction ends.
    await next_revision(tx)
    unit = await find_unit(tx, UnitId(unit_id))
    if unit is None:
        raise Unfit("customer", "make_no_unit", id=unit_id)
    number = values["number"] or None
    await put_access(tx, [UnitAccess(customer.id, unit.id, values["role"], unit.site_id, unit.equipment_type, number)])


async def end(tx: Writer, unit_id: str, customer_id: CustomerId, now: int) -> Sequence[FamilyId]:
    """Raises Unfit where the customer does not see the unit."""
    if not await remove_access(tx, customer_id, UnitId(unit_id), now):
        raise Unfit("customer", "make_no_access")
    return ()


ACCESS: Final = Linking(
    "units",
    "unit",
    (
        Entry("customer", "make_place_customer", check=words()),
        Entry("role", "make_role", lambda row: row.role, check_role, "choose", _OPTIONS, begins=ROLES[0]),
        Entry("number", "make_own_number", lambda row: row.number, words(100, least=0), required=False),
    ),
    access_of,
    give,
    end,
    ("unit.granted", "unit.revoked"),
)
