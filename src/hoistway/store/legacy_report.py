"""Report on legacy flows: applications that may use the implicit flow or the password grant, and how often they did lately."""

import msgspec
from msgspec import Struct
from sqlalchemy import Table, bindparam, case, func, or_, select

from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.store.clients import CLIENTS, LegacyException
from hoistway.store.db import Database, Statement
from hoistway.store.legacy_uses import LEGACY_USES

MOST = 500


class LegacyLine(Struct, frozen=True):
    """`uses` counts those since the day that was asked for."""

    client_id: ClientId
    name: str
    customer_id: CustomerId | None
    exceptions: tuple[LegacyException, ...]
    disabled_at: int | None


class LegacyCount(Struct, frozen=True):
    client_id: ClientId
    flow: str
    uses: int
    last_used_at: int


def _line(client_id: str, name: str, customer_id: str | None, exceptions: str, disabled_at: int | None) -> LegacyLine:
    decoded = msgspec.json.decode(exceptions, type=tuple[LegacyException, ...])
    customer = None if customer_id is None else CustomerId(customer_id)
    return LegacyLine(ClientId(client_id), name, customer, decoded, disabled_at)


_C: Table = CLIENTS
_L = LEGACY_USES.c
_LINES = Statement(
    lambda: (
        select(_C.c.id, _C.c.name, _C.c.customer_id, _C.c.exceptions, _C.c.disabled_at)
        .where(_C.c.exceptions != "[]")
        .order_by(_C.c.name, _C.c.id)
        .limit(MOST)
    ),
    _line,
)
_COUNTS = Statement(
    lambda: (
        select(
            _L.client_id,
            _L.flow,
            func.sum(case((_L.day >= bindparam("since"), _L.uses), else_=0)).label("uses"),
            func.max(_L.last_used_at).label("last_used_at"),
        )
        .where(or_(_L.flow == "password", _L.flow == "implicit"))
        .group_by(_L.client_id, _L.flow)
        .limit(10 * MOST)
    ),
    LegacyCount,
)


async def legacy_report(db: Database, since: str) -> list[tuple[LegacyLine, dict[str, LegacyCount]]]:
    """Applications ordered by name, with their counts for each flow; uses are counted from `since`, an ISO date."""
    counts: dict[ClientId, dict[str, LegacyCount]] = {}
    for count in await db.slow(_COUNTS, {"since": since}):
        counts.setdefault(count.client_id, {})[count.flow] = count
    return [(line, counts.get(line.client_id, {})) for line in await db.slow(_LINES, {})]
