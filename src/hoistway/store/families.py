"""Families of refresh tokens: one row each, whatever the number of rotations (docs/adr/0003-tokens.md)."""

from typing import Any

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Index, Table, Text, Update, bindparam, delete, or_, select, update
from sqlalchemy.sql.expression import Executable
from sqlalchemy.types import TypeEngine

from hoistway.protocol.ids import ClientId, CustomerId, FamilyId, UserId
from hoistway.store.columns import (
    at,
    insert_all,
    key,
    lists_of,
    number,
    optional_at,
    optional_number,
    optional_text,
    reference,
    text,
)
from hoistway.store.db import Database, Statement, Writer, nothing
from hoistway.store.schema import METADATA

# The table keeps its first name, because the version before reads it during an update.
FAMILIES = Table(
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
    optional_number("acting"),
    optional_text("amr"),
    Index("ix_grants_subject", "subject_id", "client_id"),
    Index("ix_grants_idle_expires_at", "idle_expires_at"),
)


class Rotated(msgspec.Struct, frozen=True, gc=False):
    """What a rotation tells: the next generation and its two ends."""

    id: FamilyId
    generation: int
    idle_expires_at: int
    expires_at: int


class Family(msgspec.Struct, frozen=True, gc=False):
    """`subject_kind` is "user" or "service_account"; `scope` is what was asked, space separated, verbatim.

    `granted` is a list in JSON: the API ("" for none), then the names of its scopes that were granted; None for a family of the
    version before, which gets what its application may ask for today. `policy` is where it began: tenant and policy, empty for
    the standard paths, None for a family of the version before. `rotated_from` tells whether a repeated request came from where
    the first did; how often one came, and how often from elsewhere, are `repeats` and `repeats_elsewhere`. `acting` is 1 where an
    employee who acts for the customer began it, 0 for others, None for the version before. `amr` is what was proven."""

    id: FamilyId
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
    acting: int | None = None
    amr: str | None = None

    def is_alive(self, now: int) -> bool:
        return self.revoked_at is None and self.idle_expires_at > now and self.expires_at > now


_F = FAMILIES.c
_INSERT = Statement(lambda: insert_all(FAMILIES), nothing)
# Reading all of the row again would take as long as the rotation does.
_ROTATED = (_F.id, _F.generation, _F.idle_expires_at, _F.expires_at)


def _placed(place: int, *columns: Any) -> tuple[int, Family]:
    return place, Family(*columns)


def _placed_rotation(place: int, *columns: Any) -> tuple[int, Rotated]:
    return place, Rotated(*columns)


def _rotation(asked: Any, *first: Any) -> Update:
    """Moves the family of this client from its living generation to the next."""
    return (
        update(FAMILIES)
        .where(
            _F.id == asked["b_id"],
            _F.generation == asked["b_generation"],
            _F.client_id == asked["b_client"],
            _F.revoked_at.is_(None),
            _F.idle_expires_at > asked["now"],
            _F.expires_at > asked["now"],
        )
        .values(
            generation=_F.generation + 1,
            rotated_at=asked["now"],
            idle_expires_at=asked["idle"],
            rotated_from=asked["origin"],
        )
        .returning(*first, *_ROTATED)
    )


_TYPES: dict[str, TypeEngine[Any]] = {
    "b_id": Text(), "b_generation": BigInteger(), "b_client": Text(),
    "now": BigInteger(), "idle": BigInteger(), "origin": Text(),
}  # fmt: skip
_FINDS = lists_of({"id": Text()})
_ROTATES = lists_of(_TYPES)
_FIND = Statement(
    lambda: select(FAMILIES).where(_F.id == bindparam("id")),
    Family,
    Statement(lambda: select(_FINDS.c.place, FAMILIES).join_from(_FINDS, FAMILIES, _F.id == _FINDS.c.id), _placed),
)
_ROTATE = Statement(
    lambda: _rotation({name: bindparam(name) for name in _TYPES}),
    Rotated,
    Statement(lambda: _rotation(_ROTATES.c, _ROTATES.c.place), _placed_rotation),
)
_REPEAT = Statement(
    lambda: (
        update(FAMILIES)
        .where(_F.id == bindparam("b_id"))
        .values(repeats=_F.repeats + 1, repeats_elsewhere=_F.repeats_elsewhere + bindparam("elsewhere"))
        .returning(*FAMILIES.columns)
    ),
    Family,
)
_NOW: dict[str, Any] = {"revoked_at": bindparam("now"), "revoked_because": bindparam("because")}
_REVOKE = Statement(
    lambda: update(FAMILIES).where(_F.id == bindparam("b_id"), _F.revoked_at.is_(None)).values(_NOW), nothing
)


def revoking(*which: ColumnElement[bool]) -> Executable:
    """Revokes the families of a subject that were not revoked before."""
    theirs = (_F.subject_id == bindparam("b_id"), _F.subject_kind == bindparam("b_kind"), _F.revoked_at.is_(None))
    return update(FAMILIES).where(*theirs, *which).values(_NOW).returning(_F.id)


_REVOKE_ALL = Statement(revoking, FamilyId)
_REVOKE_IN = Statement(lambda: revoking(_F.customer_id == bindparam("b_customer")), FamilyId)
_REVOKE_FOR = Statement(
    lambda: revoking(_F.customer_id == bindparam("b_customer"), _F.client_id == bindparam("b_client")), FamilyId
)
_PRUNE = Statement(
    lambda: delete(FAMILIES).where(
        or_(*(end < bindparam("before") for end in (_F.idle_expires_at, _F.expires_at, _F.revoked_at)))
    ),
    nothing,
)


async def add_family(tx: Writer, family: Family) -> None:
    await tx.run(_INSERT, msgspec.structs.asdict(family))


async def find_family(db: Database, family_id: FamilyId) -> Family | None:
    return await db.one_of_many(_FIND, {"id": family_id})


async def rotate_family(
    db: Database,
    family_id: FamilyId,
    generation: int,
    client_id: ClientId,
    *,
    now: int,
    idle_expires_at: int,
    origin: str | None = None,
) -> Rotated | None:
    """One committed statement. Returns None where this generation is not the living one: the race was lost, the token
    was replayed, or the family has expired."""
    values = {
        "b_id": family_id, "b_generation": generation, "b_client": client_id, "now": now, "idle": idle_expires_at,
        "origin": origin,
    }  # fmt: skip
    return await db.gather(_ROTATE, values)


async def count_repeat(db: Database, family_id: FamilyId, *, elsewhere: bool) -> Family | None:
    """Counts one more repeated request for the same successor."""
    return await db.gather(_REPEAT, {"b_id": family_id, "elsewhere": int(elsewhere)})


async def revoke_family(tx: Writer, family_id: FamilyId, now: int, because: str) -> bool:
    """Returns False where it is unknown or was revoked before."""
    return await tx.run(_REVOKE, {"b_id": family_id, "now": now, "because": because}) == 1


async def revoke_families_of(tx: Writer, subject_kind: str, subject_id: str, now: int, because: str) -> list[FamilyId]:
    """Returns the families that were not revoked before."""
    return await tx.all(_REVOKE_ALL, {"b_id": subject_id, "b_kind": subject_kind, "now": now, "because": because})


async def revoke_families_in(
    tx: Writer, user_id: UserId, customer_id: CustomerId, now: int, because: str
) -> list[FamilyId]:
    """Revokes a person's families for one customer; returns those that were not revoked before."""
    who = {"b_id": user_id, "b_kind": "user", "b_customer": customer_id}
    return await tx.all(_REVOKE_IN, {**who, "now": now, "because": because})


async def revoke_families_for(
    tx: Writer, user_id: UserId, client_id: ClientId, customer_id: CustomerId, now: int, because: str
) -> list[FamilyId]:
    """Revokes a person's families at one application for one customer; returns those that were not revoked before."""
    who = {"b_id": user_id, "b_kind": "user", "b_client": client_id, "b_customer": customer_id}
    return await tx.all(_REVOKE_FOR, {**who, "now": now, "because": because})


async def prune_families(tx: Writer, before: int) -> int:
    """Deletes the families that ended before that time."""
    return await tx.run(_PRUNE, {"before": before})
