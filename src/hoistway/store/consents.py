"""Consents: what a person allowed a third party's application, for which customer, at which API (docs/adr/0013-consent.md)."""

from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import Index, Select, Table, bindparam, delete, select

from hoistway.protocol.ids import ApiId, ClientId, CustomerId, UserId
from hoistway.protocol.scope import OwnedScope
from hoistway.store.clients import CLIENTS
from hoistway.store.columns import at, insert_all, key, reference, text
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA
from hoistway.store.still_given import counts_since, with_ends

MOST_LISTED = 2_000

# The version before reads and writes this table, which knows no customer. A later change drops it.
CONSENTS_BEFORE = Table(
    "consents",
    METADATA,
    reference("user_id", "users.id", primary_key=True),
    reference("client_id", "clients.id", primary_key=True),
    text("scope"),
    at("granted_at"),
)
# One row for each scope, so that consents given at the same moment add up. `api_id` is "" for scopes that OpenID
# defines.
CONSENTED_SCOPES = Table(
    "consented_scopes",
    METADATA,
    reference("user_id", "users.id", primary_key=True),
    reference("client_id", "clients.id", primary_key=True),
    reference("customer_id", "customers.id", primary_key=True),
    key("api_id"),
    key("scope"),
    at("granted_at"),
    Index("ix_consented_scopes_client", "client_id"),
    Index("ix_consented_scopes_scope", "api_id", "scope"),
)


class Consented(Struct, frozen=True):
    """One scope that a person allowed, with the names that a page shows. `api_id` is "" for scopes that OpenID defines."""

    client_id: ClientId
    client_name: str
    customer_id: CustomerId
    customer_name: str
    api_id: ApiId
    scope: str
    granted_at: int


_C, _B = CONSENTED_SCOPES.c, CONSENTS_BEFORE.c
_ADD = Statement(lambda: insert_all(CONSENTED_SCOPES, ignore=True), nothing)


def _held() -> Select[tuple[str, str]]:
    return (
        select(_C.api_id, _C.scope)
        .select_from(with_ends(CONSENTED_SCOPES, _C.user_id))
        .where(
            _C.user_id == bindparam("b_user"),
            _C.client_id == bindparam("b_client"),
            _C.customer_id == bindparam("b_customer"),
            counts_since(CONSENTED_SCOPES, _C.granted_at),
        )
    )


_FIND = Statement(_held, lambda api_id, scope: (ApiId(api_id), str(scope)))
_LOCK = Statement(
    lambda: _held().with_for_update(read=True, of=CONSENTED_SCOPES), lambda api_id, scope: (ApiId(api_id), str(scope))
)
_OF_USER = Statement(
    lambda: (
        select(
            _C.client_id,
            CLIENTS.c.name.label("client_name"),
            _C.customer_id,
            CUSTOMERS.c.name.label("customer_name"),
            _C.api_id,
            _C.scope,
            _C.granted_at,
        )
        .select_from(with_ends(CONSENTED_SCOPES, _C.user_id))
        .where(_C.user_id == bindparam("user_id"), counts_since(CONSENTED_SCOPES, _C.granted_at))
        .order_by(CLIENTS.c.name, _C.client_id, CUSTOMERS.c.name, _C.customer_id, _C.api_id, _C.scope)
        .limit(MOST_LISTED)
    ),
    Consented,
)
_REMOVE = Statement(
    lambda: delete(CONSENTED_SCOPES).where(
        _C.user_id == bindparam("b_user"),
        _C.client_id == bindparam("b_client"),
        _C.customer_id == bindparam("b_customer"),
    ),
    nothing,
)
_REMOVE_UNTIL = Statement(
    lambda: delete(CONSENTED_SCOPES).where(
        _C.user_id == bindparam("b_user"),
        _C.client_id == bindparam("b_client"),
        _C.customer_id == bindparam("b_customer"),
        _C.granted_at <= bindparam("until"),
    ),
    nothing,
)
_REMOVE_IN = Statement(
    lambda: delete(CONSENTED_SCOPES).where(
        _C.user_id == bindparam("b_user"), _C.customer_id == bindparam("b_customer")
    ),
    nothing,
)
_REMOVE_BEFORE = Statement(
    lambda: delete(CONSENTS_BEFORE).where(_B.user_id == bindparam("b_user"), _B.client_id == bindparam("b_client")),
    nothing,
)


def _remove_by(table: Table, column: str, parameter: str) -> Statement[None]:
    return Statement(lambda: delete(table).where(table.c[column] == bindparam(parameter)), nothing)


_REMOVE_AT = [_remove_by(table, "client_id", "b_client") for table in (CONSENTED_SCOPES, CONSENTS_BEFORE)]
_REMOVE_OF = [_remove_by(table, "user_id", "b_user") for table in (CONSENTED_SCOPES, CONSENTS_BEFORE)]


def _about(user_id: UserId, client_id: ClientId, customer_id: CustomerId) -> dict[str, str]:
    return {"b_user": user_id, "b_client": client_id, "b_customer": customer_id}


async def add_consent(
    tx: Writer, user_id: UserId, client_id: ClientId, customer_id: CustomerId, scopes: Iterable[OwnedScope], at: int
) -> None:
    """Adds to what was given before and still counts; see `remove_ended_consent`."""
    who = {"user_id": user_id, "client_id": client_id, "customer_id": customer_id, "granted_at": at}
    await tx.run_many(_ADD, [{**who, "api_id": api_id, "scope": scope} for api_id, scope in sorted(scopes)])


async def find_consent(
    db: Reader, user_id: UserId, client_id: ClientId, customer_id: CustomerId
) -> frozenset[OwnedScope]:
    """The consents that count: given after the person's membership began, and after person, application and customer
    were last disabled or given away."""
    return frozenset(await db.all(_FIND, _about(user_id, client_id, customer_id)))


async def lock_consent(
    tx: Writer, user_id: UserId, client_id: ClientId, customer_id: CustomerId
) -> frozenset[OwnedScope]:
    """Like `find_consent`, and locks the rows: nobody can take the consent back until this transaction ends."""
    return frozenset(await tx.all(_LOCK, _about(user_id, client_id, customer_id)))


async def consents_of(db: Reader, user_id: UserId) -> list[Consented]:
    """The consents that count, as in `find_consent`, ordered by the applications' names; at most 2,000 scopes."""
    return await db.all(_OF_USER, {"user_id": user_id})


async def remove_consent(tx: Writer, user_id: UserId, client_id: ClientId, customer_id: CustomerId) -> int:
    """Returns how many scopes were removed. Rows of the version before are removed as well, because they know no
    customer and would open this one."""
    await tx.run(_REMOVE_BEFORE, {"b_user": user_id, "b_client": client_id})
    return await tx.run(_REMOVE, _about(user_id, client_id, customer_id))


async def remove_ended_consent(
    tx: Writer, user_id: UserId, client_id: ClientId, customer_id: CustomerId, until: int
) -> None:
    """Removes consents given up to and including that time, which no longer count: they would be in the way of a new
    consent for the same scope."""
    await tx.run(_REMOVE_UNTIL, {**_about(user_id, client_id, customer_id), "until": until})


async def remove_consents_in(tx: Writer, user_id: UserId, customer_id: CustomerId) -> int:
    """Removes a person's consents at all applications for one customer. Returns how many scopes were removed."""
    return await tx.run(_REMOVE_IN, {"b_user": user_id, "b_customer": customer_id})


async def remove_consents_at(tx: Writer, client_id: ClientId) -> None:
    """Removes everybody's consents for one application."""
    for statement in _REMOVE_AT:
        await tx.run(statement, {"b_client": client_id})


async def remove_consents_of(tx: Writer, user_id: UserId) -> None:
    """Removes one person's consents for every application."""
    for statement in _REMOVE_OF:
        await tx.run(statement, {"b_user": user_id})
