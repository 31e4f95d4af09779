"""Begins a refresh token family in one committed statement, if its technical account still is the row whose password
was proven.

The account is held while the row is written, so that a new password, which ends all families of the account, can't miss
one.
"""

from typing import Any

import msgspec
from sqlalchemy import Column, Select, Text, bindparam, or_, select
from sqlalchemy.dialects.postgresql import Insert

from hoistway.protocol.ids import ServiceAccountId
from hoistway.store.columns import lists_of
from hoistway.store.db import Database, Statement
from hoistway.store.families import FAMILIES, Family
from hoistway.store.service_accounts import SERVICE_ACCOUNTS

ProvenAccount = tuple[ServiceAccountId, str]
"""(account, digest that was compared)"""
_S = SERVICE_ACCOUNTS.c
_COLUMNS: list[Column[Any]] = list(FAMILIES.columns)
_NAMES = [column.name for column in _COLUMNS]


def _where_proven(given: Select[Any], asked: Any) -> Select[Any]:
    return given.where(
        _S.id == asked["b_account"],
        or_(_S.password_digest == asked["b_digest"], _S.second_digest == asked["b_digest"]),
        _S.disabled_at.is_(None),
    ).with_for_update(read=True, of=SERVICE_ACCOUNTS)


def _one() -> Any:
    given = select(*(bindparam(column.name, type_=column.type) for column in _COLUMNS)).select_from(SERVICE_ACCOUNTS)
    asked: dict[str, Any] = {name: bindparam(name) for name in ("b_account", "b_digest")}
    return Insert(FAMILIES).from_select(_NAMES, _where_proven(given, asked)).returning(FAMILIES.c.id)


def _many() -> Any:
    asked = lists_of({column.name: column.type for column in _COLUMNS} | {"b_account": Text(), "b_digest": Text()})
    given = select(asked.c.place, *(asked.c[name] for name in _NAMES)).select_from(
        asked.join(SERVICE_ACCOUNTS, _S.id == asked.c.b_account)
    )
    held = _where_proven(given, asked.c).cte("held")
    rows = select(*(held.c[name] for name in _NAMES))
    made = Insert(FAMILIES).from_select(_NAMES, rows).returning(FAMILIES.c.id).cte("made")
    return select(held.c.place, held.c.id).select_from(held.join(made, made.c.id == held.c.id))


def _placed(place: int, family_id: str) -> tuple[int, str]:
    return place, family_id


_BEGIN = Statement(_one, str, Statement(lambda: _many(), _placed))


async def begin_family_of(db: Database, family: Family, account: ProvenAccount) -> bool:
    """False where the account has not that password any more, or is disabled; then nothing was written."""
    account_id, digest = account
    values = {**msgspec.structs.asdict(family), "b_account": account_id, "b_digest": digest}
    return await db.gather(_BEGIN, values) is not None
