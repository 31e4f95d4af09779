"""Changes what proves a technical account: its two passwords, and the addresses from which it may be used."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BindParameter, bindparam, update

from hoistway.protocol.ids import FamilyId, ServiceAccountId
from hoistway.protocol.two_passwords import BOTH, FAMILY_MARK, Which
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.families import FAMILIES
from hoistway.store.service_accounts import SERVICE_ACCOUNTS

_S, _F = SERVICE_ACCOUNTS.c, FAMILIES.c
_PASSWORD = Statement(
    lambda: (
        update(SERVICE_ACCOUNTS)
        .where(_S.id == bindparam("b_id"))
        .values(
            password_digest=bindparam("digest"), password_changed_at=bindparam("at"), password_expires_at=None,
            second_digest=None, second_changed_at=bindparam("at"), second_expires_at=None,
        )
    ),
    nothing,
)  # fmt: skip
_COLUMNS_OF: Mapping[Which, tuple[str, str, str]] = {
    "first": ("password_digest", "password_changed_at", "password_expires_at"),
    "second": ("second_digest", "second_changed_at", "second_expires_at"),
}


def _replacing(which: Which) -> Statement[None]:
    given: list[BindParameter[Any]] = [bindparam(name) for name in ("digest", "at", "expires_at")]
    values = dict(zip(_COLUMNS_OF[which], given, strict=True))
    return Statement(lambda: update(SERVICE_ACCOUNTS).where(_S.id == bindparam("b_id")).values(values), nothing)


def _rehashing(which: Which) -> Statement[None]:
    column = SERVICE_ACCOUNTS.c[_COLUMNS_OF[which][0]]
    return Statement(
        lambda: (
            update(SERVICE_ACCOUNTS)
            .where(_S.id == bindparam("b_id"), column == bindparam("b_digest"))
            .values({column.name: bindparam("digest")})
        ),
        nothing,
    )


_REPLACE = {which: _replacing(which) for which in BOTH}
_REHASH = {which: _rehashing(which) for which in BOTH}
_RANGES = Statement(
    lambda: update(SERVICE_ACCOUNTS).where(_S.id == bindparam("b_id")).values(addresses=bindparam("addresses")), nothing
)


def _ending(which: Which) -> Statement[FamilyId]:
    marked = _F.id.startswith(FAMILY_MARK)
    return Statement(
        lambda: (
            update(FAMILIES)
            .where(
                _F.subject_id == bindparam("b_id"), _F.subject_kind == "service_account", _F.revoked_at.is_(None),
                marked if which == "second" else ~marked,
            )
            .values(revoked_at=bindparam("now"), revoked_because=bindparam("because"))
            .returning(_F.id)
        ),
        FamilyId,
    )  # fmt: skip


_END_FAMILIES = {which: _ending(which) for which in BOTH}


async def rehash_service_account(
    tx: Writer, account_id: ServiceAccountId, digest: str, renewed: str, which: Which = "first"
) -> bool:
    """Stores a new digest of the same password. Returns False where the digest was changed meanwhile."""
    return await tx.run(_REHASH[which], {"b_id": account_id, "b_digest": digest, "digest": renewed}) == 1


async def set_service_account_password(tx: Writer, account_id: ServiceAccountId, digest: str, at: int) -> bool:
    """As its only one: a second password ends."""
    return await tx.run(_PASSWORD, {"b_id": account_id, "digest": digest, "at": at}) == 1


async def put_service_account_password(
    tx: Writer, account_id: ServiceAccountId, which: Which, digest: str, at: int, expires_at: int | None
) -> bool:
    """As one of two; the other one stays."""
    values = {"b_id": account_id, "digest": digest, "at": at, "expires_at": expires_at}
    return await tx.run(_REPLACE[which], values) == 1


async def set_service_account_addresses(tx: Writer, account_id: ServiceAccountId, addresses: str | None) -> bool:
    return await tx.run(_RANGES, {"b_id": account_id, "addresses": addresses}) == 1


async def revoke_families_begun_by(
    tx: Writer, account_id: ServiceAccountId, which: Which, now: int, because: str
) -> list[FamilyId]:
    """Revokes those that one of the two passwords began; returns those that were not revoked before."""
    return await tx.all(_END_FAMILIES[which], {"b_id": account_id, "now": now, "because": because})
