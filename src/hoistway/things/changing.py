"""Makes, changes, disables, enables and deletes a thing of any kind: the same for a page of the console and for a program
(docs/adr/0034-things.md, docs/adr/0042-management-api.md).

Call each function in the transaction in which whoever asks was judged. The caller has locked the row (`lock_as_read`) and
compared it with what whoever asks has seen.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from hoistway.accounts.hand import Hand
from hoistway.approving.proposing import give
from hoistway.settings import Settings
from hoistway.store.audit import short
from hoistway.store.change_row import lock_row
from hoistway.store.db import Writer
from hoistway.store.proposals import Proposal
from hoistway.store.removing import lock_whole
from hoistway.things.making import Made
from hoistway.things.removing import remove
from hoistway.things.thing import Thing


class NotAsRead(Exception):
    """Somebody changed the thing since it was read, perhaps its owner, or it no longer exists. Nothing was written."""


class Begun(Struct, frozen=True):
    """What was made. What `waits` is with a second operator, in the form of approving/kinds."""

    made: Made
    waits: Proposal | None


async def make_thing(hand: Hand, thing: Thing, values: Mapping[str, Any], digest: str, settings: Settings) -> Begun:
    """`values` were checked by the entries of its making, `digest` is that of a generated password where it has one. What
    two must give begins without it. Raises Unfit, Conflict, AlreadyWaits, TooMany."""
    making = thing.making
    if making is None:
        raise LookupError(thing.word)
    waiting: dict[str, str] = {}
    if making.closed is not None and hand.two:
        values, waiting = making.closed(values)
    made = await making.make(hand.tx, values, hand.now, digest)
    facts = {thing.audit_column: made.row.id} if thing.audit_column in {"client_id", "customer_id"} else {}
    await hand.record(making.event, **facts, id=made.row.id, **made.about)
    waits = None
    if any(waiting.values()) and thing.kind is not None:
        if thing.judge is not None:
            await thing.judge(hand.tx, made.row, waiting, hand.now, settings)
        waits = await give(hand, thing.kind, made.row.id, waiting)
    return Begun(made, waits)


async def lock_as_read(tx: Writer, thing: Thing, before: Any) -> Any:
    """The row, which nobody else can change until the transaction ends. Raises NotAsRead."""
    await lock_row(tx, thing.word, before.id)
    found = await thing.find(tx, before.id)
    if found != before:
        raise NotAsRead(thing.word)
    return found


async def change_thing(
    hand: Hand, thing: Thing, row: Any, wanted: Mapping[str, Any], settings: Settings
) -> Proposal | None:
    """`wanted` are the checked values that differ from the row's. Guarded entries follow the rule of their kind, and the
    proposal is returned where they wait; the others are written at once. Old and new values are recorded in the trail.
    Raises Unfit, AlreadyWaits, TooMany, LastOperator and what else the kind raises."""
    guarded = {name: str(value) for name, value in wanted.items() if name in thing.guarded}
    if thing.judge is not None:
        await thing.judge(hand.tx, row, wanted, hand.now, settings)
    waits = None
    if guarded and thing.kind is not None:
        waits = await give(hand, thing.kind, row.id, guarded)
    plain = {name: value for name, value in wanted.items() if name not in guarded}
    before = await thing.find(hand.tx, row.id)
    if plain and thing.save is not None and before is not None:
        await thing.save(hand.tx, before, plain)
        after = await thing.find(hand.tx, row.id)
        read = {entry.name: entry.read for entry in thing.entries if entry.name in plain}
        await _record(
            hand, thing, row, "changed",
            before={name: short(one(before)) for name, one in read.items()},
            after={name: short(one(after)) for name, one in read.items()},
        )  # fmt: skip
    return waits


async def switch_thing(hand: Hand, thing: Thing, row: Any, *, off: bool) -> Proposal | None:
    """Disables it, or enables it again; returns the proposal where two must approve that. Raises as `change_thing`."""
    if thing.kind is not None and "disabled" in thing.guarded:
        return await give(hand, thing.kind, row.id, {"disabled": "yes" if off else "no"})
    if thing.switch is None:
        raise LookupError(thing.word)
    await thing.switch(hand.tx, row.id, hand.now if off else None)
    await _record(hand, thing, row, "disabled" if off else "enabled")
    return None


async def lock_to_remove(tx: Writer, thing: Thing, before: Any) -> Any:
    """As `lock_as_read`, and nothing can be hung on it until the transaction ends. Raises NotAsRead."""
    await lock_whole(tx, thing.word, before.id)
    return await lock_as_read(tx, thing, before)


async def remove_thing(hand: Hand, thing: Thing, row: Any) -> None:
    """For good; the row was locked by `lock_to_remove`. Raises Hangs."""
    await remove(hand.tx, thing.word, row.id, hand.now)
    await _record(hand, thing, row, "removed", title=thing.title(row))


async def _record(hand: Hand, thing: Thing, row: Any, what: str, **detail: object) -> None:
    """Whose it is, is said here, because what was removed is not found any more."""
    facts = {thing.audit_column: row.id} if thing.audit_column in {"client_id", "customer_id"} else {}
    owner = getattr(row, "customer_id", None)
    whose = {} if owner is None else {"customer_id": owner}
    await hand.record(f"{thing.subject}.{what}", **whose, **facts, id=row.id, **detail)
