"""Changes that one operator proposed and a second one has to approve: the values before and after."""

from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Index, Table, and_, bindparam, func, null, or_, select, update

from hoistway.protocol.ids import UserId
from hoistway.store.columns import at, insert_all, key, optional_at, optional_text, text, to_json
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

PROPOSALS = Table(
    "proposals",
    METADATA,
    key(),
    text("kind"),
    text("subject_id"),
    text("subject_name"),
    text("before"),
    text("after"),
    text("state"),
    text("asked_by"),
    at("created_at"),
    optional_text("decided_by"),
    optional_at("decided_at"),
    Index("ix_proposals_state", "state", "created_at", "id"),
    Index("ix_proposals_subject", "kind", "subject_id", "state"),
)
STATES = ("waiting", "approved", "refused", "withdrawn", "overtaken")
Values = dict[str, str]


class Proposal(Struct, frozen=True):
    """`kind` is a key of approving/kinds.KINDS, `subject_name` the name of the thing when it was proposed. `before` and
    `after` hold, by name, only the values that would change. The state "overtaken" means that whoever proposed it is no
    operator any more. `asked_by` is a person, or an application of the operator; then `decided_by` is, while it waits, the first of
    the two people who must approve it."""

    id: str
    kind: str
    subject_id: str
    subject_name: str
    before: Values
    after: Values
    state: str
    asked_by: UserId
    created_at: int
    decided_by: UserId | None = None
    decided_at: int | None = None


def _read(*columns: Any) -> Proposal:
    row = list(columns)
    row[4], row[5] = (msgspec.json.decode(value, type=Values) for value in (row[4], row[5]))
    return Proposal(*row)


_P = PROPOSALS.c
_WAITS = _P.state == "waiting"
_INSERT = Statement(lambda: insert_all(PROPOSALS), nothing)
_FIND = Statement(lambda: select(PROPOSALS).where(_P.id == bindparam("id")), _read)
_LOCK = Statement(lambda: select(PROPOSALS).where(_P.id == bindparam("id")).with_for_update(key_share=True), _read)
_OF_SUBJECT = Statement(
    lambda: (
        select(PROPOSALS).where(_P.kind == bindparam("kind"), _P.subject_id == bindparam("subject_id"), _WAITS).limit(1)
    ),
    _read,
)
_COUNT = Statement(lambda: select(func.count()).where(_WAITS), int)
_COUNT_OF = Statement(lambda: select(func.count()).where(_WAITS, _P.asked_by == bindparam("asked_by")), int)
_OLDEST = Statement(
    lambda: (
        select(PROPOSALS)
        .where(
            _WAITS,
            or_(
                _P.created_at > bindparam("created_at"),
                and_(_P.created_at == bindparam("created_at"), _P.id > bindparam("id")),
            ),
        )
        .order_by(_P.created_at, _P.id)
        .limit(bindparam("most"))
    ),
    _read,
)
_LATEST = Statement(
    lambda: select(PROPOSALS).where(_P.state != "waiting").order_by(_P.created_at.desc(), _P.id.desc()).limit(20), _read
)
_END = Statement(
    lambda: (
        update(PROPOSALS)
        .where(_P.id == bindparam("b_id"), _WAITS)
        .values(state=bindparam("to"), decided_by=bindparam("by"), decided_at=bindparam("at"))
        .returning(*PROPOSALS.columns)
    ),
    _read,
)
_FIRST = Statement(
    lambda: update(PROPOSALS).where(_P.id == bindparam("b_id"), _WAITS).values(decided_by=bindparam("by")), nothing
)
_LAPSE = Statement(
    lambda: update(PROPOSALS).where(_P.decided_by == bindparam("by"), _WAITS).values(decided_by=null()), nothing
)
_END_ALL = Statement(
    lambda: (
        update(PROPOSALS)
        .where(_P.asked_by == bindparam("asker"), _WAITS)
        .values(state="overtaken", decided_at=bindparam("at"))
    ),
    nothing,
)


async def add_proposal(tx: Writer, proposal: Proposal) -> None:
    row = {name: getattr(proposal, name) for name in proposal.__struct_fields__}
    await tx.run(_INSERT, row | {"before": to_json(proposal.before), "after": to_json(proposal.after)})


async def find_proposal(db: Reader, proposal_id: str) -> Proposal | None:
    return await db.one(_FIND, {"id": proposal_id})


async def lock_proposal(tx: Writer, proposal_id: str) -> Proposal | None:
    """Like `find_proposal`, and locks the row: nobody else can decide about it until this transaction ends."""
    return await tx.one(_LOCK, {"id": proposal_id})


async def proposal_about(db: Reader, kind: str, subject_id: str) -> Proposal | None:
    """The proposal that waits for this thing, if any; there is never a second one."""
    return await db.one(_OF_SUBJECT, {"kind": kind, "subject_id": subject_id})


async def count_proposals(db: Reader, asked_by: UserId | None = None) -> int:
    """Counts those that wait, of everybody or of one operator."""
    if asked_by is None:
        return await db.one(_COUNT, {}) or 0
    return await db.one(_COUNT_OF, {"asked_by": asked_by}) or 0


async def waiting_proposals(db: Reader, *, after: tuple[int, str], most: int) -> list[Proposal]:
    """The oldest first, after the time and id `after`."""
    return await db.all(_OLDEST, {"created_at": after[0], "id": after[1], "most": most})


async def ended_proposals(db: Reader) -> list[Proposal]:
    """The newest 20 that were decided, withdrawn or overtaken."""
    return await db.all(_LATEST, {})


async def end_proposal(tx: Writer, proposal_id: str, state: str, by: UserId | None, now: int) -> Proposal | None:
    """Returns None where it is no longer waiting."""
    return await tx.one(_END, {"b_id": proposal_id, "to": state, "by": by, "at": now})


async def approve_first(tx: Writer, proposal_id: str, by: UserId) -> None:
    """Of what an application proposed, which needs two people: the first of them; it goes on waiting."""
    await tx.run(_FIRST, {"b_id": proposal_id, "by": by})


async def lapse_first_approvals(tx: Writer, by: UserId) -> int:
    """Of a person who is no operator any more; others go on waiting for two."""
    return await tx.run(_LAPSE, {"by": by})


async def end_proposals_of(tx: Writer, asked_by: UserId, now: int) -> int:
    """Ends what this person proposed, because they are no operator any more."""
    return await tx.run(_END_ALL, {"asker": asked_by, "at": now})
