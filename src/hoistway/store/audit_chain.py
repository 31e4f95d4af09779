"""One row for the whole chain of the audit trail: whoever seals, rewrites or removes entries locks it first, so that these
take turns; whoever writes entries does not touch it."""

from msgspec import Struct
from sqlalchemy import Column, LargeBinary, Table, bindparam, delete, select, update

from hoistway.store.columns import insert_all, key, number, text, upsert
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

AUDIT_CHAIN = Table(
    "audit_chain",
    METADATA,
    key(),
    number("number"),
    number("rewritings"),
    text("cut_id"),
    number("cut_number"),
    Column("cut_mac", LargeBinary, nullable=False),
)
AUDIT_REWRITTEN = Table(
    "audit_rewritten",
    METADATA,
    key(),
    *(Column(name, LargeBinary, nullable=False) for name in ("original", "salt", "body", "mac")),
)
_ID = "audit"


class Chain(Struct, frozen=True):
    """`number` is that of the last seal, `rewritings` counts transactions that rewrote entries. Entries up to `cut_id`
    and seals up to `cut_number` may be gone, because they were old enough; `cut_mac` covers both."""

    id: str = _ID
    number: int = 0
    rewritings: int = 0
    cut_id: str = ""
    cut_number: int = 0
    cut_mac: bytes = b""


class Rewritten(Struct, frozen=True):
    """An entry that was rewritten after it was sealed. `original` is the digest of its body as it was sealed, `body` that
    of what stands there now, under `salt`."""

    id: str
    original: bytes
    salt: bytes
    body: bytes
    mac: bytes


_C, _R = AUDIT_CHAIN.c, AUDIT_REWRITTEN.c
_FIND = Statement(lambda: select(AUDIT_CHAIN).where(_C.id == _ID), Chain)
_LOCK = Statement(lambda: select(AUDIT_CHAIN).where(_C.id == _ID).with_for_update(), Chain)
_ADD = Statement(lambda: insert_all(AUDIT_CHAIN, ignore=True), nothing)
_ADVANCE = Statement(
    lambda: (
        update(AUDIT_CHAIN)
        .where(_C.id == _ID, _C.number == bindparam("before"), _C.rewritings == bindparam("rewritings_before"))
        .values(number=bindparam("new"))
    ),
    nothing,
)
_REWRITE = Statement(lambda: update(AUDIT_CHAIN).where(_C.id == _ID).values(rewritings=_C.rewritings + 1), nothing)
_CUT = Statement(
    lambda: (
        update(AUDIT_CHAIN)
        .where(_C.id == _ID)
        .values(cut_id=bindparam("id"), cut_number=bindparam("new"), cut_mac=bindparam("mac", type_=LargeBinary()))
    ),
    nothing,
)
_PUT = Statement(lambda: upsert(AUDIT_REWRITTEN), nothing)
SLOTS = 50
_OF = Statement(
    lambda: select(AUDIT_REWRITTEN).where(_R.id.in_([bindparam(f"id_{slot}") for slot in range(SLOTS)])), Rewritten
)
_PAGE = Statement(
    lambda: (
        select(AUDIT_REWRITTEN)
        .where(_R.id > bindparam("after"), _R.id <= bindparam("up_to"))
        .order_by(_R.id)
        .limit(bindparam("most"))
    ),
    Rewritten,
)
_REMOVE = Statement(lambda: delete(AUDIT_REWRITTEN).where(_R.id <= bindparam("up_to")), nothing)


async def find_chain(db: Reader) -> Chain:
    return await db.one(_FIND, {}) or Chain()


async def lock_chain(tx: Writer) -> Chain:
    """Until this transaction ends nobody else seals, rewrites or removes."""
    found = await tx.one(_LOCK, {})
    if found is None:
        # Somebody removed it; the seals tell what it said, and `hoistway audit verify` what is missing.
        empty = Chain()
        await tx.run(_ADD, {name: getattr(empty, name) for name in empty.__struct_fields__})
        found = await tx.one(_LOCK, {}) or empty
    return found


async def advance_chain(tx: Writer, number: int, rewritings: int) -> bool:
    """By one seal. False where another process has sealed or rewritten since these were read."""
    params = {"before": number, "rewritings_before": rewritings, "new": number + 1}
    return await tx.run(_ADVANCE, params) == 1


async def note_rewriting(tx: Writer) -> None:
    """Whoever read entries before, to seal them, reads them again."""
    await lock_chain(tx)
    await tx.run(_REWRITE, {})


async def put_cut(tx: Writer, cut_id: str, cut_number: int, mac: bytes) -> None:
    await tx.run(_CUT, {"id": cut_id, "new": cut_number, "mac": mac})


async def put_rewritten(tx: Writer, rows: list[Rewritten]) -> None:
    await tx.put_rows(_PUT, rows)


async def rewritten_of(db: Reader, ids: list[str]) -> dict[str, Rewritten]:
    found: dict[str, Rewritten] = {}
    for first in range(0, len(ids), SLOTS):
        some = ids[first : first + SLOTS]
        slots = {f"id_{slot}": some[slot % len(some)] for slot in range(SLOTS)}
        found |= {row.id: row for row in await db.all(_OF, slots)}
    return found


async def rewritten_up_to(db: Reader, after: str, up_to: str, most: int) -> list[Rewritten]:
    """By id, behind `after`."""
    return await db.all(_PAGE, {"after": after, "up_to": up_to, "most": most})


async def remove_rewritten(tx: Writer, up_to: str) -> None:
    await tx.run(_REMOVE, {"up_to": up_to})
