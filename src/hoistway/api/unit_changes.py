"""Changes of the units that the token's customer may see, for programs that keep a copy of them."""

from hashlib import sha256

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.bodies import UnitChange, UnitChanges
from hoistway.api.guard import admit
from hoistway.api.paging import conditional, read_page
from hoistway.api.problems import Problem, bad_request
from hoistway.api.units import SCOPE, unit_body
from hoistway.engine import Engine
from hoistway.protocol.jwt import BadToken, b64url, unb64url
from hoistway.store.db import Reader
from hoistway.store.members import limits_of
from hoistway.store.seen import Reach
from hoistway.store.unit_changes import Place, changes_since
from hoistway.store.unit_revisions import revisions_now

_NOT_OURS = "since is not one that this operation gave: begin without it."


def _write(place: Place, sight: str) -> str:
    return b64url(msgspec.json.encode([place.revision, place.after, sight]))


def _read(since: str) -> tuple[Place, str]:
    """Raises Problem."""
    try:
        revision, after, sight = msgspec.json.decode(unb64url(since), type=tuple[int, str, str])
    except (BadToken, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise bad_request(_NOT_OURS) from error
    if not 0 <= revision < 2**62 or len(after) > 200 or "\x00" in after:
        raise bad_request(_NOT_OURS)
    return Place(revision, after), sight


async def _sight(db: Reader, reach: Reach) -> str:
    """What the copy depends on: the customer, and the units that a limited membership opens. When it changes, the copy
    can't be updated and has to be read anew."""
    opens: list[object] = [reach.customer_id, reach.limited_to]
    if reach.limited_to is not None:
        sites, units = await limits_of(db, reach.customer_id, reach.limited_to)
        opens += [sorted(sites), sorted(units)]
    return b64url(sha256(msgspec.json.encode(opens)).digest()[:9])


def _begin_again(because: str) -> Problem:
    detail = f"{because}: call this operation without since, read the whole list of units, and go on from there."
    return Problem(410, "changes-gone", "Changes are gone", detail)


async def list_unit_changes(engine: Engine, request: Request) -> Response:
    """GET /api/v1/units/changes"""
    caller = await admit(engine, request, SCOPE)
    params, limit, _ = read_page(request, frozenset(), "since")
    sight, now = await _sight(engine.db, caller.reach), await revisions_now(engine.db)
    end, since = Place(now.revision + 1), params.get("since")
    if since is None:
        page = UnitChanges([], _write(end, sight), more=False)
        return conditional(request, msgspec.json.encode(page), {"cache-control": "private, no-cache"})
    place, seen = _read(since)
    if seen != sight:
        raise _begin_again("What the token may see is not what it was")
    if place.revision <= now.forgotten:
        raise _begin_again("Removals since then are forgotten")
    changes = await changes_since(engine.reads, caller.reach, place, upto=now.revision, most=limit + 1)
    more, changes = len(changes) > limit, changes[:limit]
    if more:
        end = Place(changes[-1].revision, changes[-1].unit_id)
    items = [
        UnitChange(one.unit_id, "removed" if one.unit is None else "written", None if one.unit is None else unit_body(one.unit))
        for one in changes
    ]  # fmt: skip
    body = msgspec.json.encode(UnitChanges(items, _write(end, sight), more))
    return conditional(request, body, {"cache-control": "private, no-cache"})
