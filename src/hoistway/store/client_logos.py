"""Logos of applications: small pictures, in a table of their own so that no token request reads one."""

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Column, LargeBinary, Table, bindparam, delete, select

from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.store.clients import CLIENTS
from hoistway.store.columns import at, reference, text, upsert
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

CLIENT_LOGOS = Table(
    "client_logos",
    METADATA,
    reference("client_id", "clients.id", primary_key=True),
    text("media_type"),
    Column("body", LargeBinary, nullable=False),
    at("updated_at"),
)


class ClientLogo(Struct, frozen=True):
    client_id: ClientId
    media_type: str
    body: bytes
    updated_at: int


_L = CLIENT_LOGOS.c
_PUT = Statement(lambda: upsert(CLIENT_LOGOS), nothing)
_FIND = Statement(lambda: select(CLIENT_LOGOS).where(_L.client_id == bindparam("client_id")), ClientLogo)
_OF_CUSTOMER = Statement(
    lambda: (
        select(CLIENT_LOGOS)
        .select_from(CLIENT_LOGOS.join(CLIENTS, CLIENTS.c.id == _L.client_id))
        .where(_L.client_id == bindparam("client_id"), CLIENTS.c.customer_id == bindparam("customer_id"))
    ),
    ClientLogo,
)
_REMOVE = Statement(lambda: delete(CLIENT_LOGOS).where(_L.client_id == bindparam("client_id")), nothing)


async def put_logo(tx: Writer, logo: ClientLogo) -> None:
    await tx.run(_PUT, asdict(logo))


async def find_logo(db: Reader, client_id: ClientId) -> ClientLogo | None:
    """For the consent page, which anybody may see."""
    return await db.one(_FIND, {"client_id": client_id})


async def find_logo_of(db: Reader, customer_id: CustomerId, client_id: ClientId) -> ClientLogo | None:
    """Returns None for the application of another customer, too."""
    return await db.one(_OF_CUSTOMER, {"client_id": client_id, "customer_id": customer_id})


async def remove_logo(tx: Writer, client_id: ClientId) -> bool:
    return await tx.run(_REMOVE, {"client_id": client_id}) == 1
