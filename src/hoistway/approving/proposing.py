"""One operator proposes a change and a second one approves it; only then is it written.

Call each function in the transaction in which the operator was judged, in which no other operator can change anything.
"""

from msgspec.structs import asdict

from hoistway.accounts.eyes import counts, first_counts
from hoistway.accounts.hand import Hand
from hoistway.approving.kind import Gone
from hoistway.approving.kinds import KINDS
from hoistway.authn.managing import is_manager
from hoistway.engine import time_ordered_id
from hoistway.protocol.ids import ClientId
from hoistway.store.clients import Client, find_client, lock_client
from hoistway.store.db import Writer
from hoistway.store.proposals import (
    Proposal,
    Values,
    add_proposal,
    approve_first,
    count_proposals,
    end_proposal,
    lock_proposal,
    proposal_about,
)
from hoistway.store.users import hold_user

MOST_OF_ONE, MOST_WAITING = 50, 500


class AlreadyWaits(Exception):
    """Another change of the same thing is waiting for a second operator."""

    def __init__(self, proposal: Proposal) -> None:
        self.proposal = proposal
        super().__init__(proposal.id)


class TooMany(Exception):
    """So many changes are waiting, of this operator or in all, that nobody could review them."""


class TooLate(Exception):
    """It was decided, withdrawn or overtaken meanwhile."""


class Stale(Exception):
    """It can't be approved any more: whoever proposed it is no longer an operator, or the thing has changed."""


class Own(Exception):
    """One person can't be both operators."""


async def give(hand: Hand, kind: str, subject_id: str, wanted: Values) -> Proposal | None:
    """Writes the changed values or, where they give something and two must approve, proposes them; returns the proposal
    in that case. Raises Gone, AlreadyWaits, TooMany, LastOperator."""
    name, found = await KINDS[kind].read(hand.tx, subject_id, hand.now)
    after = {key: value for key, value in wanted.items() if found[key] != value}
    if not after:
        return None
    if hand.two and KINDS[kind].gives(found, after):
        seen = (*after, *KINDS[kind].beside(after))
        return await _propose(hand, kind, subject_id, name, {key: found[key] for key in seen}, after)
    await _write(hand, kind, subject_id, {key: found[key] for key in after}, after)
    return None


async def _write(hand: Hand, kind: str, subject_id: str, before: Values, after: Values, **facts: object) -> None:
    is_of = KINDS[kind]
    await is_of.write(hand.tx, subject_id, after, hand.now, hand.eraser)
    about = {} if is_of.column is None else {is_of.column: subject_id}
    shown = {key: before[key] for key in after}
    for one in is_of.concerns(before, after) or (None,):
        whose: dict[str, object] = {"before": shown, "after": after}
        if one is not None:
            whose = {"customer_id": one, "before": is_of.told(shown, one), "after": is_of.told(after, one)}
        await hand.record(KINDS[kind].event(after), **about, id=subject_id, **whose, **facts)


async def _propose(hand: Hand, kind: str, subject_id: str, name: str, before: Values, after: Values) -> Proposal:
    waiting = await proposal_about(hand.tx, kind, subject_id)
    if waiting is not None:
        raise AlreadyWaits(waiting)
    if await count_proposals(hand.tx, hand.by) >= MOST_OF_ONE or await count_proposals(hand.tx) >= MOST_WAITING:
        raise TooMany
    row = Proposal(time_ordered_id(), kind, subject_id, name, before, after, "waiting", hand.by, hand.now)
    await add_proposal(hand.tx, row)
    await _record(hand, row, "proposed")
    return row


async def decide(hand: Hand, proposal_id: str, verb: str) -> str:
    """`verb` is "approve" or "refuse", or "withdraw" for whoever proposed it. Returns the new state, or "approved_first":
    what a program proposed needs two people, because one of them may know its secret. Raises TooLate, Own, Stale,
    LastOperator, StillWorks, OnlyAdministrator."""
    row = await lock_proposal(hand.tx, proposal_id)
    if row is None or row.state != "waiting":
        raise TooLate
    if (verb == "withdraw") is not (row.asked_by == hand.by) and (hand.two or verb == "withdraw"):
        raise Own
    state = {"approve": "approved", "refuse": "refused", "withdraw": "withdrawn"}[verb]
    if verb == "approve" and not await _stands(hand, row):
        raise Stale
    if verb == "approve" and hand.two and await _needs_another(hand, row):
        await approve_first(hand.tx, row.id, hand.by)
        await _record(hand, row, "approved_first")
        return "approved_first"
    if await end_proposal(hand.tx, row.id, state, hand.by, hand.now) is None:
        raise TooLate
    if state == "approved":
        await _write(hand, row.kind, row.subject_id, row.before, row.after, proposal=row.id, proposed_by=row.asked_by)
        begin = KINDS[row.kind].begin
        if begin is not None and hand.two:
            ended = await begin(hand.tx, row.subject_id, row.before, row.after, hand.now)
            if ended is not None:
                await hand.record("user.password_reset", id=row.subject_id, by="role", **asdict(ended))
    await _record(hand, row, state)
    return state


async def _stands(hand: Hand, row: Proposal) -> bool:
    """True where whoever proposed it is still an operator, or their program, and the thing has not changed."""
    program = await _asked_by_program(hand.tx, row)
    if not (_still_asks(program, row) if program is not None else counts(await hold_user(hand.tx, row.asked_by))):
        return False
    try:
        _name, found = await KINDS[row.kind].read(hand.tx, row.subject_id, hand.now)
    except Gone:
        return False
    # A program of the version before shows less than the second operator has to see.
    is_whole = row.before.keys() >= {*row.after, *KINDS[row.kind].beside(row.after)}
    return is_whole and all(found[key] == value for key, value in row.before.items())


async def _needs_another(hand: Hand, row: Proposal) -> bool:
    """True where this is the first of the two who must approve what a program proposed. Raises Own."""
    if await _asked_by_program(hand.tx, row) is None:
        return False
    if row.decided_by == hand.by:
        raise Own
    return not await first_counts(hand.tx, row.decided_by)


async def _asked_by_program(tx: Writer, row: Proposal) -> Client | None:
    """The application of the operator that proposed it, locked; None where a person did."""
    client_id = ClientId(row.asked_by)
    return None if await find_client(tx, client_id) is None else await lock_client(tx, client_id)


def _still_asks(client: Client, row: Proposal) -> bool:
    ended = client.ended_at is not None and client.ended_at >= row.created_at
    return client.disabled_at is None and not ended and is_manager(client)


async def _record(hand: Hand, row: Proposal, what: str) -> None:
    await hand.record(
        f"change.{what}", id=row.id, kind=row.kind, subject=row.subject_id,
        before={key: row.before[key] for key in row.after}, after=row.after, proposed_by=row.asked_by,
    )  # fmt: skip
