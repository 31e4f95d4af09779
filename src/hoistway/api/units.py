"""Units that the token's customer may see."""

from datetime import UTC, datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.bodies import Address, Unit, UnitPage
from hoistway.api.guard import admit
from hoistway.api.paging import conditional, page_of, page_reply, read_page, write_cursor
from hoistway.api.problems import bad_request, not_found
from hoistway.engine import Engine
from hoistway.protocol.ids import UnitId
from hoistway.protocol.text import composed
from hoistway.store.seen import SeenUnit
from hoistway.store.unit_access import find_seen_unit, seen_units
from hoistway.store.unit_pages import Page

FILTERS = frozenset({"site", "type", "text"})
SCOPE = "units.read"
LONGEST_KEPT = 500


def unit_body(unit: SeenUnit) -> Unit:
    """By position, because keyword arguments would double the cost of a page. tests/api/test_units gives each attribute
    another value, so a swap would be noticed."""
    return Unit(
        unit.id,
        unit.equipment_type,  # type: ignore[arg-type]  # the import knows two
        unit.controller_number,
        unit.controller_type,
        unit.controller_description,
        unit.car_type,
        unit.capacity_kg,
        unit.contract_speed_mps,
        unit.serial_number,
        unit.customer_equipment_number,
        msgspec.Raw(unit.floors.encode()),
        unit.role,  # type: ignore[arg-type]  # and two roles
        datetime.fromtimestamp(unit.updated_at, UTC),
        Address(unit.site_id, unit.site_name, unit.street, unit.postal_code, unit.city, unit.country),
    )


async def list_units(engine: Engine, request: Request) -> Response:
    """GET /api/v1/units"""
    caller = await admit(engine, request, SCOPE)
    params, limit, after = read_page(request, FILTERS)
    kind, text = params.get("type"), params.get("text")
    if params.has("type") and kind not in {"elevator", "escalator"}:
        raise bad_request("type must be elevator or escalator.")
    if text is not None and len(text) > 100:
        raise bad_request("text may have at most 100 characters.")

    async def make() -> Page:
        rows = await seen_units(
            engine.reads, caller.reach, after=after, most=limit + 1, site=params.get("site"), type=kind, text=text
        )
        cursor = write_cursor(request, rows[limit - 1].id, params, FILTERS) if len(rows) > limit else None
        return page_of(UnitPage([unit_body(row) for row in rows[:limit]], cursor), cursor)

    # Pages of limited memberships have no revision, and searches by text are seldom repeated.
    is_kept = caller.reach.limited_to is None and text is None and len(request.scope["query_string"]) <= LONGEST_KEPT
    customer = caller.reach.customer_id
    page = await (engine.unit_pages.get(engine.db, customer, tuple(params.items()), make) if is_kept else make())
    return page_reply(engine, request, page, params)


async def read_unit(engine: Engine, request: Request) -> Response:
    """GET /api/v1/units/{unit_id}"""
    caller = await admit(engine, request, SCOPE)
    unit_id = request.path_params["unit_id"]
    if len(unit_id) > 100 or "\x00" in unit_id:
        raise not_found()
    unit = await find_seen_unit(engine.reads, caller.reach, UnitId(unit_id))
    if unit is None and (as_stored := composed(unit_id)) != unit_id:
        unit = await find_seen_unit(engine.reads, caller.reach, UnitId(as_stored))
    if unit is None:
        raise not_found()
    return conditional(request, msgspec.json.encode(unit_body(unit)), {"cache-control": "private, no-cache"})
