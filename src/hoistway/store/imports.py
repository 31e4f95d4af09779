"""Imports from other systems: how far each has come, so that one that was interrupted goes on there (docs/adr/0040-moving-in.md)."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct
from sqlalchemy import Index, Table, bindparam, select, update

from hoistway.store.columns import at, find_in, insert_all, key, number, optional_at, text, to_json
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

IMPORTS = Table(
    "imports",
    METADATA,
    key(),
    text("kind"),
    text("fingerprint"),
    text("state"),
    number("place"),
    number("report_length"),
    text("counts"),
    at("begun_at"),
    optional_at("ended_at"),
    Index("ix_imports_fingerprint", "fingerprint"),
)


class Import(Struct, frozen=True):
    """`state` is "running" or "ended". `place` counts the records that were taken or left out; the report has `report_length`
    bytes about them."""

    id: str
    kind: str
    fingerprint: str
    state: str
    place: int
    report_length: int
    counts: Mapping[str, int]
    begun_at: int
    ended_at: int | None = None


def _read(
    id: str, kind: str, fingerprint: str, state: str, place: int, report_length: int, counts: str, begun_at: int,
    ended_at: int | None,
) -> Import:  # fmt: skip
    known = msgspec.json.decode(counts, type=dict[str, int])
    return Import(id, kind, fingerprint, state, place, report_length, known, begun_at, ended_at)


_I = IMPORTS.c
_INSERT = Statement(lambda: insert_all(IMPORTS), nothing)
_FIND = Statement(lambda: find_in(IMPORTS), _read)
_INTERRUPTED = Statement(
    lambda: (
        select(IMPORTS)
        .where(_I.fingerprint == bindparam("fingerprint"), _I.state == "running")
        .order_by(_I.begun_at.desc(), _I.id)
        .limit(1)
    ),
    _read,
)
_MOVE = Statement(
    lambda: (
        update(IMPORTS)
        .where(_I.id == bindparam("b_id"), _I.place == bindparam("b_from"), _I.state == "running")
        .values(
            place=bindparam("to"),
            report_length=bindparam("length"),
            counts=bindparam("now_counts"),
            state=bindparam("now_state"),
            ended_at=bindparam("now_ended_at"),
        )
    ),
    nothing,
)


async def add_import(tx: Writer, row: Import) -> None:
    await tx.run(_INSERT, {**msgspec.structs.asdict(row), "counts": to_json(row.counts)})


async def find_import(db: Reader, import_id: str) -> Import | None:
    return await db.one(_FIND, {"id": import_id})


async def interrupted_import(db: Reader, fingerprint: str) -> Import | None:
    """The newest of these files and this mapping that did not end."""
    return await db.one(_INTERRUPTED, {"fingerprint": fingerprint})


async def move_import(tx: Writer, before: Import, after: Import) -> bool:
    """False where it is not at `before`'s place any more, because another process goes on with the same import."""
    params = {
        "b_id": before.id, "b_from": before.place, "to": after.place, "length": after.report_length,
        "now_counts": to_json(after.counts), "now_state": after.state, "now_ended_at": after.ended_at,
    }  # fmt: skip
    return await tx.run(_MOVE, params) == 1
