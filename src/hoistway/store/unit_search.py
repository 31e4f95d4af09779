"""Finds units for operators among millions, by the beginning of a number, by address or by customer, ordered by id.

Each way reads a range of an index; none reads the whole table of units.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Column, bindparam, select

from hoistway.protocol.text import cleaned
from hoistway.store.db import Database, Statement
from hoistway.store.search import Found, SomeFound, search
from hoistway.store.site_search import LAST, search_sites, usual_cases
from hoistway.store.sites import SITES
from hoistway.store.unit_access import UNIT_ACCESS
from hoistway.store.units import UNITS

PLACES: Final = 20
"""How many sites, and how many customers, a word may name; and of one number's beginning the first NUMBERS units are looked at."""
NUMBERS: Final = 500
MOST: Final = 60
_U, _A, _S = UNITS.c, UNIT_ACCESS.c, SITES.c
_AFTER: BindParameter[str] = bindparam("after")
_LOW: BindParameter[str] = bindparam("low")
_HIGH: BindParameter[str] = bindparam("high")


def _of(column: Column[Any], unit: Column[Any]) -> Statement[str]:
    """The units of one site or customer."""
    return Statement(
        lambda: select(unit).where(column == bindparam("of"), unit > _AFTER).order_by(unit).limit(bindparam("most")),
        str,
    )


def _by_number(column: Column[Any], unit: Column[Any]) -> Statement[str]:
    return Statement(
        lambda: select(unit).where(column >= _LOW, column < _HIGH).order_by(column).limit(bindparam("most")), str
    )


IDS: Final = Statement(
    lambda: select(_U.id).where(_U.id >= _LOW, _U.id < _HIGH, _U.id != _AFTER).order_by(_U.id).limit(bindparam("most")),
    str,
)
OF: Final = {"site": _of(_U.site_id, _U.id), "customer": _of(_A.customer_id, _A.unit_id)}
NUMBERED: Final = (
    _by_number(_U.serial_number, _U.id),
    _by_number(_A.customer_equipment_number, _A.unit_id),
)
FIRST: Final = Statement(lambda: select(_U.id).where(_U.id > _AFTER).order_by(_U.id).limit(bindparam("most")), str)
_SLOTS: Sequence[BindParameter[str]] = [bindparam(f"id_{slot}") for slot in range(MOST)]
LINES: Final = Statement(
    lambda: select(
        _U.id, _U.id.label("title"), _U.equipment_type.label("note"), _U.disabled_at,
        (_S.name + ", " + _S.street + ", " + _S.city).label("place"), _U.serial_number.label("extra"),
    )
    .select_from(UNITS.join(SITES, _S.id == _U.site_id))
    .where(_U.id.in_(_SLOTS)),
    Found,
)  # fmt: skip


async def _lines(db: Database, ids: Sequence[str]) -> list[Found]:
    if not ids:
        return []
    slots = {f"id_{slot}": ids[slot] if slot < len(ids) else ids[0] for slot in range(MOST)}
    return sorted(await db.all(LINES, slots), key=lambda line: line.id)


async def _numbered(db: Database, typed: str, after: str, most: int) -> tuple[set[str], bool]:
    """By the beginning of the unit's id, its serial number, or the customer's own number for it."""
    found: set[str] = set()
    cut = False
    # A single range with one beginning: otherwise the engines walk the index from its start.
    for low in usual_cases(typed):
        ends = {"low": low, "high": low + LAST}
        found.update(await db.all(IDS, {**ends, "low": max(low, after), "after": after, "most": most}))
        for statement in NUMBERED:
            ids = await db.slow(statement, {**ends, "most": NUMBERS + 1})
            cut = cut or len(ids) > NUMBERS
            found.update(unit for unit in ids if unit > after)
    return found, cut


async def units_of(db: Database, kind: str, row_id: str, *, after: str = "", most: int = 50) -> list[Found]:
    """`kind` is site or customer."""
    return await _lines(db, await db.slow(OF[kind], {"of": row_id, "after": after, "most": min(most, MOST)}))


async def search_units(db: Database, text: str, *, after: str = "", most: int = 50, places: bool = True) -> SomeFound:
    """Up to `most` (of MOST) units after the id `after`. With `places`, also looks for sites by name and address, and
    for customers."""
    typed, most = cleaned(text), min(most, MOST)
    if not typed:
        return SomeFound(await _lines(db, await db.all(FIRST, {"after": after, "most": most})), cut=False)
    found, cut = await _numbered(db, typed, after, most)
    if places:
        sites = await search_sites(db, typed, most=PLACES + 1)
        customers = await search(db, "customers", typed, most=PLACES + 1)
        cut = cut or sites.cut or max(len(sites.lines), len(customers)) > PLACES
        for kind, rows in (("site", sites.lines), ("customer", customers)):
            for row in rows[:PLACES]:
                found.update(await db.all(OF[kind], {"of": row.id, "after": after, "most": most}))
    return SomeFound(await _lines(db, sorted(found)[:most]), cut)
