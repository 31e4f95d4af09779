"""Limits how many refresh token families one account may have at one application: some programs begin a new one with each call."""

from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, bindparam, column, delete, func, or_, select, tuple_

from hoistway.protocol.ids import ClientId
from hoistway.store.db import Database, Statement, nothing
from hoistway.store.families import FAMILIES

MOST_FAMILIES = 1_000
"""Of an account at an application. Looked after in the background, so that no token request counts; those used longest ago end."""
STEP: Final = 10_000
"""Entries of the index that one statement reads."""
STEPS: Final = 5
"""Of one round."""
MOST_ENDED: Final = 1_000
"""In one transaction."""


class _Group(Struct, frozen=True):
    """An account at an application; `families` are those in the entries that were read, `read` is how many entries those
    were in all."""

    subject_id: str
    client_id: ClientId
    families: int
    read: int


class Walk:
    """How far a process has come through all families, by account and application. `beyond` is True where that place is
    done, too."""

    __slots__ = ("beyond", "place")

    def __init__(self) -> None:
        self.place, self.beyond = ("", ""), False


_F = FAMILIES.c
_ENTRY = tuple_(_F.subject_id, _F.client_id)
_PLACE = tuple_(bindparam("subject"), bindparam("client"))


def _groups(behind: ColumnElement[bool]) -> Select[Any]:
    """Those with too many, and the last, where the next step begins: it may not be complete."""
    entries = (
        select(_F.subject_id, _F.client_id)
        .where(behind)
        .order_by(_F.subject_id, _F.client_id)
        .limit(bindparam("step"))
        .subquery()
    )
    e = entries.c
    counted = select(e.subject_id, e.client_id, func.count().label("families")).group_by(e.subject_id, e.client_id)
    c = counted.subquery().c
    latest_first = (c.subject_id.desc(), c.client_id.desc())
    ranked = select(
        c.subject_id,
        c.client_id,
        c.families,
        func.sum(c.families).over().label("read"),
        func.row_number().over(order_by=latest_first).label("back"),
    ).subquery()
    r = ranked.c
    return (
        select(r.subject_id, r.client_id, r.families, r.read)
        .where(or_(r.families > bindparam("most"), r.back == 1))
        .order_by(r.back.desc())
    )


def _group(subject_id: str, client_id: str, families: int, read: int) -> _Group:
    return _Group(subject_id, ClientId(client_id), int(families), int(read))


STEPPING: Final = {
    False: Statement(lambda: _groups(_ENTRY >= _PLACE), _group),
    True: Statement(lambda: _groups(_ENTRY > _PLACE), _group),
}
_THEIRS = and_(_F.subject_id == bindparam("b_subject"), _F.client_id == bindparam("b_client"))


def _rest() -> Select[tuple[str]]:
    """Without those that were used last."""
    by_use = select(_F.id).where(_THEIRS).order_by(_F.rotated_at.desc(), _F.id)
    return select(column("id")).select_from(by_use.offset(bindparam("most")).limit(bindparam("ended")).subquery())


_END = Statement(lambda: delete(FAMILIES).where(_F.id.in_(_rest())), nothing)


async def _end(db: Database, group: _Group, most: int) -> int:
    params = {"b_subject": group.subject_id, "b_client": group.client_id, "most": most, "ended": MOST_ENDED}
    ended = 0
    while True:
        async with db.write() as tx:
            found = await tx.run(_END, params)
        ended += found
        if found < MOST_ENDED:
            return ended


async def end_crowded(
    db: Database, walk: Walk, most: int = MOST_FAMILIES, *, step: int = STEP, steps: int = STEPS
) -> int:
    """Goes on where the round before stopped, and reads a bounded number of entries of an index; at the end it begins
    anew. Keeps the families that were used last; returns how many it ended."""
    # One more than it may have, so that an account with too many is seen, or complete, in every step.
    step, ended = max(step, most + 1), 0
    for _ in range(steps):
        subject, client = walk.place
        found = await db.slow(STEPPING[walk.beyond], {"subject": subject, "client": client, "step": step, "most": most})
        for group in found:
            if group.families > most:
                ended += await _end(db, group, most)
        if not found or found[-1].read < step:
            walk.place, walk.beyond = ("", ""), False
            break
        last = found[-1]
        walk.place, walk.beyond = (last.subject_id, last.client_id), last.families > most
    return ended
