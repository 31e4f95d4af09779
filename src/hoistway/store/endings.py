"""Things of one customer that end soon: secrets of its applications, keys of its subscriptions, and subscriptions."""

from typing import Literal

from msgspec import Struct
from sqlalchemy import bindparam, or_, select

from hoistway.protocol.ids import CustomerId
from hoistway.store.client_secrets import CLIENT_SECRETS
from hoistway.store.clients import CLIENTS
from hoistway.store.db import Reader, Statement
from hoistway.store.subscription_keys import SUBSCRIPTION_KEYS
from hoistway.store.subscriptions import SUBSCRIPTIONS, is_one_of


class Ending(Struct, frozen=True):
    """`id` and `name` are those of the application or subscription. `prefix` is the beginning of the secret or key, ""
    for the whole subscription."""

    kind: Literal["secret", "key", "subscription"]
    id: str
    name: str
    prefix: str
    at: int
    last_used_at: int | None


_C, _CS, _S, _K = CLIENTS.c, CLIENT_SECRETS.c, SUBSCRIPTIONS.c, SUBSCRIPTION_KEYS.c
_LIVING = is_one_of(("active", "suspended"))
_SECRETS = Statement(
    lambda: (
        select(_C.id, _C.name, _CS.prefix, _CS.expires_at.label("at"), _CS.last_used_at)
        .select_from(CLIENTS.join(CLIENT_SECRETS, _CS.client_id == _C.id))
        .where(
            _C.customer_id == bindparam("customer_id"),
            _C.disabled_at.is_(None),
            _CS.expires_at > bindparam("now"),
            _CS.expires_at <= bindparam("until"),
        )
        .order_by(_CS.expires_at, _CS.id)
        .limit(bindparam("most"))
    ),
    lambda id, name, prefix, at, last_used_at: Ending("secret", id, name, prefix, at, last_used_at),
)
_KEYS = Statement(
    lambda: (
        select(_S.id, _S.name, _K.prefix, _K.expires_at.label("at"), _K.last_used_at)
        .select_from(SUBSCRIPTIONS.join(SUBSCRIPTION_KEYS, _K.subscription_id == _S.id))
        .where(
            _S.customer_id == bindparam("customer_id"),
            _LIVING,
            or_(_S.ends_at.is_(None), _S.ends_at > bindparam("now")),
            _K.expires_at > bindparam("now"),
            _K.expires_at <= bindparam("until"),
        )
        .order_by(_K.expires_at, _K.id)
        .limit(bindparam("most"))
    ),
    lambda id, name, prefix, at, last_used_at: Ending("key", id, name, prefix, at, last_used_at),
)
_SUBSCRIPTIONS = Statement(
    lambda: (
        select(_S.id, _S.name, _S.ends_at.label("at"))
        .where(
            _S.customer_id == bindparam("customer_id"),
            _LIVING,
            _S.ends_at > bindparam("now"),
            _S.ends_at <= bindparam("until"),
        )
        .order_by(_S.ends_at, _S.id)
        .limit(bindparam("most"))
    ),
    lambda id, name, at: Ending("subscription", id, name, "", at, None),
)


async def endings_of(db: Reader, customer_id: CustomerId, *, now: int, until: int, most: int) -> list[Ending]:
    """What still works and ends before the given time, the earliest end first. Disabled and ended things are left out."""
    values = {"customer_id": customer_id, "now": now, "until": until, "most": most}
    found = [one for statement in (_SECRETS, _KEYS, _SUBSCRIPTIONS) for one in await db.all(statement, values)]
    return sorted(found, key=lambda one: (one.at, one.kind, one.id))[:most]
