"""Grants: one row for each refresh token family, whatever the number of its rotations (docs/adr/0003-tokens.md)."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import BigInteger, Index, Table, Text, Update, bindparam, delete, or_, select, update
from sqlalchemy.types import TypeEngine

from hoistway.protocol.ids import ClientId, CustomerId, GrantId, UserId
from hoistway.store.columns import at, insert_all, key, lists_of, number, optional_at, optional_text, reference, text
from hoistway.store.db import Database, Statement, Writer, nothing
from hoistway.store.schema import METADATA

GRANTS = Table(
    "grants",
    METADATA,
    key(),
    reference("client_id", "clients.id"),
    text("subject_kind"),
    text("subject_id"),
    text("customer_id"),
    text("scope"),
    optional_text("resource"),
    at("auth_time"),
    optional_text("session_id"),
    number("generation"),
    at("created_at"),
    at("rotated_at"),
    at("idle_expires_at"),
    at("expires_at"),
    optional_at("revoked_at"),
    optional_text("revoked_because"),
    optional_text("granted"),
    optional_text("policy"),
    optional_text("rotated_from"),
    number("repeats"),
    number("repeats_elsewhere"),
    Index("ix_grants_subject", "subject_id", "client_id"),
    Index("ix_grants_idle_expires_at", "idle_expires_at"),
)


@dataclass(frozen=True, slots=True)
class Grant:
    """`subject_kind` is "user" or "service_account"; `scope` is what was asked, space separated, verbatim.

    `granted` is a list in JSON: the API ("" for none), then the names of its scopes that were granted; None for a family of the
    version before, which gets what its application may ask for today. `policy` is where it began: tenant and policy, empty for
    the standard paths, None for a family of the version before. `rotated_from` tells whether a repeated request came from where
    the first did; how often one came, and how often from elsewhere, are `repeats` and `repeats_elsewhere`."""

    id: GrantId
    client_id: ClientId
    subject_kind: str
    subject_id: str
    customer_id: CustomerId
    scope: str
    resource: str | None
    auth_time: int
    session_id: str | None
    generation: int
    created_at: int
    rotated_at: int
    idle_expires_at: int
    expires_at: int
    revoked_at: int | None = None
    revoked_because: str | None = None
    granted: str | None = None
    policy: str | None = None
    rotated_from: str | None = None
    repeats: int = 0
    repeats_elsewhere: int = 0

    def is_alive(self, now: int) -> bool:
        return self.revoked_at is None and self.idle_expires_at > now and self.expires_at > now


_G = GRANTS.c
_INSERT = Statement(insert_all(GRANTS), nothing)


def _placed(place: int, *columns: Any) -> tuple[int, Grant]:
    return place, Grant(*columns)


def _rotation(asked: Any, *first: Any) -> Update:
    """The living generation of a family, of this client, makes way for the next."""
    return (
        update(GRANTS)
        .where(
            _G.id == asked["b_id"],
            _G.generation == asked["b_generation"],
            _G.client_id == asked["b_client"],
            _G.revoked_at.is_(None),
            _G.idle_expires_at > asked["now"],
            _G.expires_at > asked["now"],
        )
        .values(
            generation=_G.generation + 1,
            rotated_at=asked["now"],
            idle_expires_at=asked["idle"],
            rotated_from=asked["origin"],
        )
        .returning(*first, *GRANTS.columns)
    )


_TYPES: dict[str, TypeEngine[Any]] = {
    "b_id": Text(),
    "b_generation": BigInteger(),
    "b_client": Text(),
    "now": BigInteger(),
    "idle": BigInteger(),
    "origin": Text(),
}
_FINDS = lists_of({"id": Text()})
_ROTATES = lists_of(_TYPES)
_FIND = Statement(
    select(GRANTS).where(_G.id == bindparam("id")),
    Grant,
    Statement(select(_FINDS.c.place, GRANTS).join_from(_FINDS, GRANTS, _G.id == _FINDS.c.id), _placed),
)
_ROTATE = Statement(
    _rotation({name: bindparam(name) for name in _TYPES}),
    Grant,
    Statement(_rotation(_ROTATES.c, _ROTATES.c.place), _placed),
)
_REPEAT = Statement(
    update(GRANTS)
    .where(_G.id == bindparam("b_id"))
    .values(repeats=_G.repeats + 1, repeats_elsewhere=_G.repeats_elsewhere + bindparam("elsewhere"))
    .returning(*GRANTS.columns),
    Grant,
)
_REVOKE = Statement(
    update(GRANTS)
    .where(_G.id == bindparam("b_id"), _G.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"), revoked_because=bindparam("because")),
    nothing,
)
_REVOKE_ALL = Statement(
    update(GRANTS)
    .where(_G.subject_id == bindparam("b_id"), _G.subject_kind == bindparam("b_kind"), _G.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"), revoked_because=bindparam("because"))
    .returning(_G.id),
    GrantId,
)
_REVOKE_IN = Statement(
    update(GRANTS)
    .where(
        _G.subject_id == bindparam("b_id"),
        _G.subject_kind == "user",
        _G.customer_id == bindparam("b_customer"),
        _G.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("now"), revoked_because=bindparam("because"))
    .returning(_G.id),
    GrantId,
)
_REVOKE_FOR = Statement(
    update(GRANTS)
    .where(
        _G.subject_id == bindparam("b_id"),
        _G.client_id == bindparam("b_client"),
        _G.subject_kind == "user",
        _G.customer_id == bindparam("b_customer"),
        _G.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("now"), revoked_because=bindparam("because"))
    .returning(_G.id),
    GrantId,
)
_PRUNE = Statement(
    delete(GRANTS).where(
        or_(
            _G.idle_expires_at < bindparam("before"),
            _G.expires_at < bindparam("before"),
            _G.revoked_at < bindparam("before"),
        )
    ),
    nothing,
)


async def add_grant(tx: Writer, grant: Grant) -> None:
    await tx.run(_INSERT, asdict(grant))


async def find_grant(db: Database, grant_id: GrantId) -> Grant | None:
    return await db.one_of_many(_FIND, {"id": grant_id})


async def rotate_grant(
    db: Database,
    grant_id: GrantId,
    generation: int,
    client_id: ClientId,
    *,
    now: int,
    idle_expires_at: int,
    origin: str | None = None,
) -> Grant | None:
    """One committed statement. None where this generation is not the living one: a lost race, a replay or an expiry."""
    values = {
        "b_id": grant_id, "b_generation": generation, "b_client": client_id, "now": now, "idle": idle_expires_at,
        "origin": origin,
    }  # fmt: skip
    return await db.gather(_ROTATE, values)


async def count_repeat(db: Database, grant_id: GrantId, *, elsewhere: bool) -> Grant | None:
    """The same successor was asked for once more."""
    return await db.gather(_REPEAT, {"b_id": grant_id, "elsewhere": int(elsewhere)})


async def revoke_grant(tx: Writer, grant_id: GrantId, now: int, because: str) -> bool:
    """False where it was revoked before or is unknown."""
    return await tx.run(_REVOKE, {"b_id": grant_id, "now": now, "because": because}) == 1


async def revoke_grants_of(tx: Writer, subject_kind: str, subject_id: str, now: int, because: str) -> list[GrantId]:
    """Those that were not revoked before."""
    return await tx.all(_REVOKE_ALL, {"b_id": subject_id, "b_kind": subject_kind, "now": now, "because": because})


async def revoke_grants_in(
    tx: Writer, user_id: UserId, customer_id: CustomerId, now: int, because: str
) -> list[GrantId]:
    """A person's for one customer; those that were not revoked before."""
    params = {"b_id": user_id, "b_customer": customer_id, "now": now, "because": because}
    return await tx.all(_REVOKE_IN, params)


async def revoke_grants_for(
    tx: Writer, user_id: UserId, client_id: ClientId, customer_id: CustomerId, now: int, because: str
) -> list[GrantId]:
    """A person's at one application for one customer; those that were not revoked before."""
    who = {"b_id": user_id, "b_client": client_id, "b_customer": customer_id}
    return await tx.all(_REVOKE_FOR, {**who, "now": now, "because": because})


async def prune_grants(tx: Writer, before: int) -> int:
    """Removes the families that ended before."""
    return await tx.run(_PRUNE, {"before": before})
