"""What an import of many subscriptions asks of the database, a batch in a query (docs/adr/0045-keys-that-move-in.md)."""

from collections.abc import Collection, Iterable
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ARRAY, LargeBinary, Text, bindparam, exists, func, or_, select
from sqlalchemy.sql.expression import Executable

from hoistway.protocol.ids import CustomerId
from hoistway.store.db import Reader, Statement
from hoistway.store.filling import list_for, within
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.subscription_keys import SUBSCRIPTION_KEYS
from hoistway.store.subscriptions import COUNTED, SUBSCRIPTIONS, is_one_of
from hoistway.store.users import USERS

_S, _K, _U, _M = SUBSCRIPTIONS.c, SUBSCRIPTION_KEYS.c, USERS.c, MEMBERSHIPS.c
DIGEST_BYTES: Final = 32


class PlaceOf(Struct, frozen=True):
    """A place of a person; `customer_id` is None where they have none."""

    user_id: str
    customer_id: CustomerId | None


class There(Struct, frozen=True):
    id: str
    has_keys: bool


class Living(Struct, frozen=True):
    customer_id: CustomerId
    count: int


def _there(*, sqlite: bool) -> Executable:
    keys = exists().where(_K.subscription_id == _S.id)
    return select(_S.id, keys.label("has_keys")).where(within(_S.id, "ids", sqlite=sqlite))


def _places(*, sqlite: bool) -> Executable:
    joined = USERS.outerjoin(MEMBERSHIPS, _M.user_id == _U.id)
    return (
        select(_U.id.label("user_id"), _M.customer_id.label("customer_id"))
        .select_from(joined)
        .where(within(_U.id, "ids", sqlite=sqlite))
        .order_by(_U.id, _M.customer_id)
    )


def _living(*, sqlite: bool) -> Executable:
    return (
        select(_S.customer_id.label("customer_id"), func.count().label("count"))
        .where(
            within(_S.customer_id, "ids", sqlite=sqlite),
            is_one_of(COUNTED),
            or_(_S.ends_at.is_(None), _S.ends_at > bindparam("now")),
        )
        .group_by(_S.customer_id)
    )


def _digests(*, sqlite: bool) -> Executable:
    if sqlite:
        # One text of bytes, and where in it each digest begins: SQLite has no lists of bytes.
        begins = func.json_each(bindparam("begins", type_=Text())).table_valued("value")
        one = func.substr(bindparam("digests", type_=LargeBinary()), begins.c.value, DIGEST_BYTES)
        return select(_K.key_digest).where(_K.key_digest.in_(select(one)))
    listed = func.unnest(bindparam("digests", type_=ARRAY(LargeBinary()))).column_valued("digests")
    return select(_K.key_digest).where(_K.key_digest.in_(select(listed)))


_THERE: Final = Statement(lambda: _there(sqlite=False), There, on_sqlite=lambda: _there(sqlite=True))
_PLACES: Final = Statement(lambda: _places(sqlite=False), PlaceOf, on_sqlite=lambda: _places(sqlite=True))
_LIVING: Final = Statement(lambda: _living(sqlite=False), Living, on_sqlite=lambda: _living(sqlite=True))
_DIGESTS: Final = Statement(lambda: _digests(sqlite=False), bytes, on_sqlite=lambda: _digests(sqlite=True))


async def find_subscribed(db: Reader, ids: Iterable[str]) -> dict[str, bool]:
    """Which of these subscriptions there are, and whether each has keys."""
    return {one.id: bool(one.has_keys) for one in await db.all(_THERE, {"ids": list_for(db, ids)})}


async def find_places(db: Reader, user_ids: Iterable[str]) -> dict[str, list[CustomerId]]:
    """Of the people among these that there are: where each has a place."""
    found: dict[str, list[CustomerId]] = {}
    for one in await db.all(_PLACES, {"ids": list_for(db, user_ids)}):
        found.setdefault(one.user_id, []).extend([] if one.customer_id is None else [one.customer_id])
    return found


async def count_living(db: Reader, customers: Iterable[CustomerId], now: int) -> dict[CustomerId, int]:
    """How many subscriptions each of these customers has that did not end."""
    return {one.customer_id: one.count for one in await db.all(_LIVING, {"ids": list_for(db, customers), "now": now})}


async def find_digests(db: Reader, digests: Collection[bytes]) -> set[bytes]:
    """Which of these belong to a key."""
    asked: dict[str, Any] = {"digests": list(digests)}
    if db.engine == "sqlite":
        begins = ",".join(str(1 + place * DIGEST_BYTES) for place in range(len(digests)))
        asked = {"digests": b"".join(digests), "begins": f"[{begins}]"}
    return {bytes(one) for one in await db.all(_DIGESTS, asked)}
