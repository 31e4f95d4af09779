"""Customers: the organisations that units, people and technical accounts belong to."""

from dataclasses import asdict, dataclass

from sqlalchemy import Index, Table, bindparam, select

from hoistway.protocol.ids import CustomerId
from hoistway.store.columns import at, find_in, insert_all, key, optional_at, page_of, switch_of, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA
from hoistway.store.sessions import stop_acting_for

CUSTOMERS = Table(
    "customers",
    METADATA,
    key(),
    text("name"),
    at("created_at"),
    optional_at("disabled_at"),
    optional_at("ended_at"),
    Index("ix_customers_name", "name", "id"),
)


@dataclass(frozen=True, slots=True)
class Customer:
    """`ended_at`: what was given for it until then, included, counts no more."""

    id: CustomerId
    name: str
    created_at: int
    disabled_at: int | None = None
    ended_at: int | None = None


_INSERT = Statement(insert_all(CUSTOMERS), nothing)
_KEEP = Statement(insert_all(CUSTOMERS, ignore=True), nothing)
_FIND = Statement(find_in(CUSTOMERS), Customer)
# Who adds what refers to the customer, or only shares it, need not wait.
_LOCK = Statement(select(CUSTOMERS).where(CUSTOMERS.c.id == bindparam("id")).with_for_update(key_share=True), Customer)
_LIST = Statement(page_of(CUSTOMERS), Customer)
_DISABLE = Statement(switch_of(CUSTOMERS), nothing)


async def add_customer(tx: Writer, customer: Customer) -> None:
    """Raises Conflict where the id is taken."""
    await tx.run(_INSERT, asdict(customer))


async def keep_customer(tx: Writer, customer: Customer) -> None:
    """Leaves one of the same id as it is."""
    await tx.run(_KEEP, asdict(customer))


async def find_customer(db: Reader, customer_id: CustomerId) -> Customer | None:
    return await db.one(_FIND, {"id": customer_id})


async def lock_customer(tx: Writer, customer_id: CustomerId) -> Customer | None:
    """As `find_customer`; who else would change what is the customer's waits for the end of this transaction. Of several,
    take the smallest id first."""
    return await tx.one(_LOCK, {"id": customer_id})


async def list_customers(db: Reader, after: str = "", most: int = 100) -> list[Customer]:
    """In the order of their ids, at most `most` behind the id `after`."""
    return await db.all(_LIST, {"after": after, "most": most})


async def set_customer_disabled(tx: Writer, customer_id: CustomerId, at: int | None) -> bool:
    """None enables it again. False where there is no such customer. Who acted for it needs a new reason afterwards."""
    if at is not None:
        await stop_acting_for(tx, customer_id)
    return await tx.run(_DISABLE, {"b_id": customer_id, "at": at}) == 1
