"""The seals of the audit trail: each covers a run of entries and continues the chain of the one before
(docs/adr/0035-chain.md)."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, bindparam, delete, select, update

from hoistway.store.columns import at, insert_all, number, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


AUDIT_SEALS = Table(
    "audit_seals",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    number("late"),
    number("place"),
    number("entries"),
    text("first_id"),
    text("last_id"),
    text("up_to"),
    at("sealed_at"),
    _bytes("before"),
    _bytes("head"),
    _bytes("mac"),
    _bytes("leaves"),
    Index("ix_audit_seals_last_id", "late", "last_id"),
)


class Seal(Struct, frozen=True):
    """`number` counts seals and `place` the entries sealed up to and with this one, both from 1. A seal with `late` 0
    covers the ids behind the `up_to` of the seal before, up to and with its own; one with `late` 1 covers entries that
    appeared behind it. `head` is the end of the chain `before` continued by each of the `leaves`; `mac` covers all but
    the leaves."""

    number: int
    late: int
    place: int
    entries: int
    first_id: str
    last_id: str
    up_to: str
    sealed_at: int
    before: bytes
    head: bytes
    mac: bytes
    leaves: bytes


class SealedSoFar(Struct, frozen=True):
    """How far the chain goes."""

    number: int
    place: int
    sealed_at: int


_S = AUDIT_SEALS.c
_STANDING = Statement(
    lambda: select(_S.number, _S.place, _S.sealed_at).order_by(_S.number.desc()).limit(1), SealedSoFar
)
_ADD = Statement(lambda: insert_all(AUDIT_SEALS), nothing)
_LAST = Statement(lambda: select(AUDIT_SEALS).order_by(_S.number.desc()).limit(1), Seal)
_PAGE = Statement(
    lambda: select(AUDIT_SEALS).where(_S.number > bindparam("after")).order_by(_S.number).limit(bindparam("most")),
    Seal,
)
_FIND = Statement(lambda: select(AUDIT_SEALS).where(_S.number == bindparam("number")), Seal)
_NORMAL = (_S.late == 0, _S.last_id >= bindparam("first"))
_END = Statement(lambda: select(_S.last_id).where(*_NORMAL).order_by(_S.last_id).limit(1), str)
_NUMBERS = Statement(
    lambda: (
        select(_S.number).where(*_NORMAL, _S.last_id <= bindparam("end")).order_by(_S.last_id).limit(bindparam("most"))
    ),
    int,
)
_LATE = Statement(
    lambda: (
        select(_S.number)
        .where(_S.late == 1, _S.last_id >= bindparam("first"), _S.first_id <= bindparam("last"))
        .order_by(_S.last_id)
        .limit(bindparam("most"))
    ),
    int,
)
_LEAVES = Statement(
    lambda: update(AUDIT_SEALS).where(_S.number == bindparam("b_number")).values(leaves=bindparam("new")), nothing
)
_FIRST_KEPT = Statement(
    lambda: select(_S.number).where(_S.last_id > bindparam("cut")).order_by(_S.number).limit(1), int
)
_REMOVE = Statement(lambda: delete(AUDIT_SEALS).where(_S.number <= bindparam("up_to")), nothing)
MOST_FOUND = 4_000


async def add_seal(tx: Writer, seal: Seal) -> None:
    """Raises Conflict where another process was faster."""
    await tx.run(_ADD, asdict(seal))


async def last_seal(db: Reader) -> Seal | None:
    return await db.one(_LAST, {})


async def find_standing(db: Reader) -> SealedSoFar | None:
    """None before the first seal."""
    return await db.one(_STANDING, {})


async def find_seal(db: Reader, number: int) -> Seal | None:
    return await db.one(_FIND, {"number": number})


async def seals_after(db: Reader, number: int, most: int) -> list[Seal]:
    """In their order."""
    return await db.all(_PAGE, {"after": number, "most": most})


async def seals_around(db: Reader, first: str, last: str) -> Sequence[int]:
    """The numbers of those that may cover an id from `first` to `last`, at most MOST_FOUND of each kind. Those that are
    not late follow each other, so each id is covered by the first that ends at it or behind it."""
    end = await db.one(_END, {"first": last}) or "~"
    params = {"first": first, "most": MOST_FOUND}
    return [*await db.all(_NUMBERS, {**params, "end": end}), *await db.all(_LATE, {**params, "last": last})]


async def put_leaves(tx: Writer, number: int, leaves: bytes) -> None:
    await tx.run(_LEAVES, {"b_number": number, "new": leaves})


async def first_kept(db: Reader, cut: str) -> int | None:
    """The first seal that covers an id behind `cut`."""
    return await db.one(_FIRST_KEPT, {"cut": cut})


async def remove_seals(tx: Writer, up_to: int) -> None:
    await tx.run(_REMOVE, {"up_to": up_to})
