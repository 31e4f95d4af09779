"""Old token endpoints, at which passwords that could not be exported are checked once (docs/adr/0041-carried-passwords.md)."""

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Table, bindparam, select, update

from hoistway.store.columns import at, number, optional_at, reference, text, upsert
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

TENANT_CONNECTIONS = Table(
    "tenant_connections",
    METADATA,
    reference("tenant_id", "tenants.id", primary_key=True),
    text("endpoint"),
    text("client_id"),
    text("scope"),
    at("ends_at"),
    number("wrong_per_account"),
    at("changed_at"),
    optional_at("stopped_at"),
)


class Connection(Struct, frozen=True):
    """From `ends_at` on nothing is asked there, nor where it was stopped. At most `wrong_per_account` different passwords of an
    account that may be wrong are sent there."""

    tenant_id: str
    endpoint: str
    client_id: str
    scope: str
    ends_at: int
    wrong_per_account: int
    changed_at: int
    stopped_at: int | None = None

    def asks(self, now: int) -> bool:
        return self.stopped_at is None and now < self.ends_at


_C = TENANT_CONNECTIONS.c
_PUT = Statement(lambda: upsert(TENANT_CONNECTIONS), nothing)
_FIND = Statement(lambda: select(TENANT_CONNECTIONS).where(_C.tenant_id == bindparam("tenant_id")), Connection)
_LOCK = Statement(
    lambda: select(TENANT_CONNECTIONS).where(_C.tenant_id == bindparam("tenant_id")).with_for_update(), Connection
)
_LIVING = Statement(
    lambda: select(TENANT_CONNECTIONS).where(_C.stopped_at.is_(None)).order_by(_C.tenant_id).limit(100), Connection
)
_STOP = Statement(
    lambda: (
        update(TENANT_CONNECTIONS)
        .where(_C.tenant_id == bindparam("b_id"), _C.stopped_at.is_(None))
        .values(stopped_at=bindparam("at"), changed_at=bindparam("at"))
    ),
    nothing,
)


async def put_connection(tx: Writer, connection: Connection) -> None:
    await tx.run(_PUT, asdict(connection))


async def find_connection(db: Reader, tenant_id: str) -> Connection | None:
    """Stopped ones included."""
    return await db.one(_FIND, {"tenant_id": tenant_id})


async def lock_connection(tx: Writer, tenant_id: str) -> Connection | None:
    return await tx.one(_LOCK, {"tenant_id": tenant_id})


async def living_connections(db: Reader) -> list[Connection]:
    """Those that nobody stopped; ended ones included."""
    return await db.all(_LIVING, {})


async def stop_connection(tx: Writer, tenant_id: str, now: int) -> bool:
    """Returns False where there is none that goes on."""
    return await tx.run(_STOP, {"b_id": tenant_id, "at": now}) == 1
