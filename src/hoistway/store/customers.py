"""Customers: the organisations that units, people and technical accounts belong to."""

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Index, Table, bindparam, select

from hoistway.protocol.ids import CustomerId
from hoistway.store.columns import at, find_in, insert_all, key, optional_at, optional_text, page_of, switch_of, text
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
    optional_text("second_factor"),
    Index("ix_customers_name", "name", "id"),
)


class Customer(Struct, frozen=True):
    """What was given for it up to and including `ended_at` is no longer valid. `second_factor` says of whom one is
    required: "all", "administrators", None for nobody."""

    id: CustomerId
    name: str
    created_at: int
    disabled_at: int | None = None
    ended_at: int | None = None
    second_factor: str | None = None


_INSERT = Statement(lambda: insert_all(CUSTOMERS), nothing)
_KEEP = Statement(lambda: insert_all(CUSTOMERS, ignore=True), nothing)
_FIND = Statement(lambda: find_in(CUSTOMERS), Customer)
# Adding a row that refers to the customer, or holding the customer shared, does not wait for this lock.
_LOCK = Statement(
    lambda: select(CUSTOMERS).where(CUSTOMERS.c.id == bindparam("id")).with_for_update(key_share=True), Customer
)
_LIST = Statement(lambda: page_of(CUSTOMERS), Customer)
_DISABLE = Statement(lambda: switch_of(CUSTOMERS), nothing)


async def add_customer(tx: Writer, customer: Customer) -> None:
    """Raises Conflict where the id is taken."""
    await tx.run(_INSERT, asdict(customer))


async def keep_customer(tx: Writer, customer: Customer) -> None:
    """Adds the customer; an existing one with the same id stays as it is."""
    await tx.run(_KEEP, asdict(customer))


async def find_customer(db: Reader, customer_id: CustomerId) -> Customer | None:
    return await db.one(_FIND, {"id": customer_id})


async def lock_customer(tx: Writer, customer_id: CustomerId) -> Customer | None:
    """Like `find_customer`, and locks the row: other changes of the customer and its things wait until this transaction
    ends. Lock several customers in the order of their ids."""
    return await tx.one(_LOCK, {"id": customer_id})


async def list_customers(db: Reader, after: str = "", most: int = 100) -> list[Customer]:
    """Ordered by id, up to `most` after the id `after`."""
    return await db.all(_LIST, {"after": after, "most": most})


async def set_customer_disabled(tx: Writer, customer_id: CustomerId, at: int | None) -> bool:
    """None enables it again. Returns False where there is no such customer. Whoever acted for it needs to give a reason
    again afterwards."""
    if at is not None:
        await stop_acting_for(tx, customer_id)
    return await tx.run(_DISABLE, {"b_id": customer_id, "at": at}) == 1
