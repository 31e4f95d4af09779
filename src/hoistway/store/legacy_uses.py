"""How often each application used the password grant, the implicit flow and B2C-shaped addresses, one row a day."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Index, Table, bindparam, case, func, select
from sqlalchemy.dialects.postgresql import Insert

from hoistway.protocol.ids import ClientId
from hoistway.store.columns import at, key, number, reference
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

TOKEN: Final = "b2c-token"
AUTHORIZE: Final = "b2c-authorize"
"""Names of flows for calls of a B2C-shaped token or authorization endpoint, whichever flow it was."""
LEGACY_USES = Table(
    "legacy_uses",
    METADATA,
    reference("client_id", "clients.id", primary_key=True),
    key("flow"),
    key("day"),
    number("uses"),
    at("last_used_at"),
    Index("ix_legacy_uses_day", "day", "flow"),
)


class LegacyUse(Struct, frozen=True):
    """`flow` is "password", "implicit", TOKEN or AUTHORIZE, `day` an ISO date (UTC)."""

    client_id: ClientId
    flow: str
    day: str
    uses: int
    last_used_at: int


class DailyUse(Struct, frozen=True):
    """Uses by all applications together."""

    day: str
    flow: str
    uses: int


_L = LEGACY_USES.c
_COUNT = Statement(
    lambda: (
        Insert(LEGACY_USES)
        .values(
            client_id=bindparam("client_id"),
            flow=bindparam("flow"),
            day=bindparam("day"),
            uses=1,
            last_used_at=bindparam("at"),
        )
        .on_conflict_do_update(
            index_elements=["client_id", "flow", "day"], set_={"uses": _L.uses + 1, "last_used_at": bindparam("at")}
        )
    ),
    nothing,
)
_ADD = Statement(
    lambda: (
        Insert(LEGACY_USES)
        .values({name: bindparam(name) for name in ("client_id", "flow", "day", "uses", "last_used_at")})
        .on_conflict_do_update(
            index_elements=["client_id", "flow", "day"],
            set_={
                "uses": _L.uses + bindparam("uses"),
                "last_used_at": case(
                    (_L.last_used_at > bindparam("last_used_at"), _L.last_used_at), else_=bindparam("last_used_at")
                ),
            },
        )
    ),
    nothing,
)
_DAILY = Statement(
    lambda: select(_L.day, _L.flow, func.sum(_L.uses)).where(_L.day >= bindparam("since")).group_by(_L.day, _L.flow),
    lambda day, flow, uses: DailyUse(day, flow, int(uses)),
)
_OF = Statement(
    lambda: select(LEGACY_USES).where(_L.client_id == bindparam("client_id")).order_by(_L.day.desc()).limit(400),
    LegacyUse,
)


async def count_legacy_use(tx: Writer, client_id: ClientId, flow: str, day: str, at: int) -> None:
    await tx.run(_COUNT, {"client_id": client_id, "flow": flow, "day": day, "at": at})


async def add_legacy_uses(tx: Writer, counted: Iterable[LegacyUse]) -> None:
    """Adds up those of one application, flow and day; in one order, so that two processes do not wait for each other for ever."""
    rows: dict[tuple[str, str, str], LegacyUse] = {}
    for one in counted:
        key = (one.client_id, one.flow, one.day)
        known = rows.get(key, one)
        uses = one.uses if known is one else known.uses + one.uses
        rows[key] = replace(one, uses=uses, last_used_at=max(known.last_used_at, one.last_used_at))
    await tx.put_rows(_ADD, [rows[key] for key in sorted(rows)])


async def legacy_uses_of(db: Reader, client_id: ClientId) -> list[LegacyUse]:
    """The newest 400 days."""
    return await db.all(_OF, {"client_id": client_id})


async def legacy_uses_by_day(db: Reader, since: str) -> list[DailyUse]:
    """From that day on; days without uses are missing."""
    return await db.all(_DAILY, {"since": since})
