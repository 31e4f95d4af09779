"""Consents: what a person allowed a third party's application, until taken back."""

from dataclasses import dataclass

from sqlalchemy import Table, bindparam, delete, select

from hoistway.protocol.ids import ClientId, UserId
from hoistway.store.columns import at, from_list, reference, text, to_list, upsert
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

CONSENTS = Table(
    "consents",
    METADATA,
    reference("user_id", "users.id", primary_key=True),
    reference("client_id", "clients.id", primary_key=True),
    text("scope"),
    at("granted_at"),
)


@dataclass(frozen=True, slots=True)
class Consent:
    user_id: UserId
    client_id: ClientId
    scope: frozenset[str]
    granted_at: int


def _read(user_id: str, client_id: str, scope: str, granted_at: int) -> Consent:
    return Consent(UserId(user_id), ClientId(client_id), frozenset(from_list(scope)), granted_at)


_C = CONSENTS.c
_UPSERT = Statement(upsert(CONSENTS), nothing)
_FIND = Statement(
    select(CONSENTS).where(_C.user_id == bindparam("user_id"), _C.client_id == bindparam("client_id")), _read
)
_REMOVE = Statement(
    delete(CONSENTS).where(_C.user_id == bindparam("user_id"), _C.client_id == bindparam("client_id")), nothing
)


async def put_consent(tx: Writer, consent: Consent) -> None:
    row = {
        "user_id": consent.user_id, "client_id": consent.client_id, "scope": to_list(sorted(consent.scope)),
        "granted_at": consent.granted_at,
    }  # fmt: skip
    await tx.run(_UPSERT, row)


async def find_consent(db: Reader, user_id: UserId, client_id: ClientId) -> Consent | None:
    return await db.one(_FIND, {"user_id": user_id, "client_id": client_id})


async def remove_consent(tx: Writer, user_id: UserId, client_id: ClientId) -> bool:
    return await tx.run(_REMOVE, {"user_id": user_id, "client_id": client_id}) == 1
