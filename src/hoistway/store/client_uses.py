"""When each application last got a token. Housekeeping writes many of these at once, so that no request has to write."""

from sqlalchemy import Table, bindparam, func, select
from sqlalchemy.dialects.postgresql import Insert

from hoistway.protocol.ids import ClientId
from hoistway.store.columns import at, reference
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

CLIENT_USES = Table("client_uses", METADATA, reference("client_id", "clients.id", primary_key=True), at("last_used_at"))

_U = CLIENT_USES.c
_USED = Statement(
    lambda: (
        Insert(CLIENT_USES)
        .values(client_id=bindparam("client_id"), last_used_at=bindparam("at"))
        .on_conflict_do_update(index_elements=["client_id"], set_={"last_used_at": bindparam("at")})
    ),
    nothing,
)
_LAST = Statement(
    lambda: select(func.max(_U.last_used_at)).where(_U.client_id == bindparam("client_id")), lambda at: at
)


async def mark_clients_used(tx: Writer, used: dict[ClientId, int]) -> None:
    """Raises Conflict where one of the applications no longer exists."""
    await tx.run_many(_USED, [{"client_id": client_id, "at": at} for client_id, at in sorted(used.items())])


async def last_use_of(db: Reader, client_id: ClientId) -> int | None:
    return await db.one(_LAST, {"client_id": client_id})
