"""Calls counted against limits: one row for each subject, with what all machines published of its windows (docs/adr/0007-limits.md)."""

from typing import Any

from msgspec import Struct
from sqlalchemy import BindParameter, Index, Table, and_, bindparam, case, delete, select
from sqlalchemy.dialects.postgresql import Insert

from hoistway.store.columns import at, key, number
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

LIMIT_COUNTS = Table(
    "limit_counts",
    METADATA,
    key("subject"),
    at("rate_start"),
    number("rate_period"),
    number("rate_used"),
    at("quota_start"),
    number("quota_period"),
    number("quota_used"),
    at("ends_at"),
    Index("ix_limit_counts_ends_at", "ends_at"),
)


class Window(Struct, frozen=True):
    """`used` calls in the window of `period` seconds that began at `start`. A period of 0 means that there is no limit."""

    start: int
    period: int
    used: int

    @property
    def end(self) -> int:
        return self.start + self.period


NO_WINDOW = Window(0, 0, 0)


class Counts(Struct, frozen=True):
    subject: str
    rate: Window
    quota: Window


def _read(subject: str, rs: int, rp: int, ru: int, qs: int, qp: int, qu: int, _ends_at: int) -> Counts:
    return Counts(subject, Window(rs, rp, ru), Window(qs, qp, qu))


_C = LIMIT_COUNTS.c


def _new(name: str) -> BindParameter[int]:
    return bindparam(name, type_=_C[name].type)


def _merged(kind: str) -> dict[str, Any]:
    """Merges a published window with the stored one. A later window of the same length is kept, the same window is
    added to, and any other is replaced: a machine that publishes its last calls late must not overwrite the next
    window."""
    start, period, used = (_C[f"{kind}_{part}"] for part in ("start", "period", "used"))
    new_start, new_period, new_used = (_new(f"{kind}_{part}") for part in ("start", "period", "used"))
    same = period == new_period
    later = and_(same, start > new_start)
    return {
        f"{kind}_start": case((later, start), else_=new_start),
        f"{kind}_period": new_period,
        f"{kind}_used": case((later, used), (and_(same, start == new_start), used + new_used), else_=new_used),
    }


_NAMES = [column.name for column in LIMIT_COUNTS.columns]
_ADD = Statement(
    lambda: (
        Insert(LIMIT_COUNTS)
        .values({name: bindparam(name, type_=_C[name].type) for name in _NAMES})
        .on_conflict_do_update(
            index_elements=["subject"],
            set_={
                **_merged("rate"),
                **_merged("quota"),
                "ends_at": case((_C.ends_at > bindparam("ends_at"), _C.ends_at), else_=bindparam("ends_at")),
            },
        )
        .returning(*LIMIT_COUNTS.columns)
    ),
    _read,
)
_FIND = Statement(lambda: select(LIMIT_COUNTS).where(_C.subject == bindparam("subject")), _read)
_PRUNE = Statement(lambda: delete(LIMIT_COUNTS).where(_C.ends_at < bindparam("before")), nothing)


async def add_counts(tx: Writer, more: Counts) -> Counts:
    """Adds calls to the windows and returns what all machines together have published of them."""
    rate, quota = more.rate, more.quota
    values = {
        "subject": more.subject, "rate_start": rate.start, "rate_period": rate.period, "rate_used": rate.used,
        "quota_start": quota.start, "quota_period": quota.period, "quota_used": quota.used,
        "ends_at": max(rate.end, quota.end),
    }  # fmt: skip
    merged = await tx.one(_ADD, values)
    assert merged is not None  # noqa: S101  RETURNING of an upsert always gives the row
    return merged


async def find_counts(db: Reader, subject: str) -> Counts | None:
    return await db.one(_FIND, {"subject": subject})


async def prune_counts(tx: Writer, before: int) -> int:
    """Deletes rows whose two windows have both ended."""
    return await tx.run(_PRUNE, {"before": before})
