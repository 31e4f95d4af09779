"""A password that could not be exported is proven where it lies, once, and hashed here (docs/adr/0041-carried-passwords.md).

As long as a tenant is connected, whoever did not prove a password here comes by here, so that nobody hears, and nobody can
measure, which names exist and which wait.
"""

from time import monotonic
from typing import Final, Generic, Literal

from msgspec import Struct

from hoistway.authn.lockout import Attempt, Locked
from hoistway.authn.old_shares import Room
from hoistway.authn.old_system import Late, OldSystem
from hoistway.engine import Engine
from hoistway.grants.asking_there import Asking, ask_there, count_wrong
from hoistway.grants.failing import Refused, Unheard, fail
from hoistway.grants.kinds import A, Accounts, Said
from hoistway.protocol.errors import TemporarilyUnavailable
from hoistway.protocol.old_answer import NoVerdict
from hoistway.store.carried_accounts import Carried, find_carried
from hoistway.store.tenant_connections import Connection

AGAIN_AFTER: Final = 5
Role = Literal["waits", "as waiting", "settled"]
"""The account waits and may be asked about; or it is to look like that; or it has a password here, or looks like that."""


class Tried(Struct, Generic[A], frozen=True):
    """An attempt that proved nothing here. `because` is why; `asks` is False where the older system could not help: the account is
    barred, or it is not its password of old that was typed."""

    kind: Accounts[A]
    said: Said
    attempt: Attempt
    account: A | None
    because: str
    asks: bool


class _There(Struct, frozen=True):
    connection: Connection
    system: OldSystem
    role: Role
    room: Room


def unheard(seconds: int, because: str) -> Unheard:
    text = (
        "The password can't be checked at the moment, because the system in which it was set does not answer: make sure that it"
        " is the right one, and try again after the time in Retry-After."
    )
    return Unheard(text, log=because, retry_after=max(1, seconds))


async def look_there(engine: Engine, tried: Tried[A]) -> A:
    """Returns the account as it is now, where its password changed a moment ago or was carried over now: compare again. In all
    other cases it raises Refused, Locked or TemporarilyUnavailable, after the same time whoever has the name."""
    try:
        async with engine.old.turns.take(tried.attempt.of_account):
            return await _in_turn(engine, tried)
    except Late:
        raise unheard(AGAIN_AFTER, "too many attempts for this name at once") from None


async def _in_turn(engine: Engine, tried: Tried[A]) -> A:
    begun, kind, account = monotonic(), tried.kind, tried.account
    row = await find_carried(engine.db, kind.kind, "" if account is None else account.id)
    # After the row: what was carried meanwhile is seen.
    fresh = await kind.find(engine.db, tried.said.username)
    if fresh is not None and (account is None or _digest(tried, fresh) != _digest(tried, account)):
        return fresh
    there = await _there(engine, tried, row)
    if there is None:
        # It ended between two looks.
        await _failed(engine, tried)
        raise Refused(tried.because)
    try:
        return await _judge(engine, tried, there, row)
    except (Refused, Locked, TemporarilyUnavailable):
        await there.system.pace.hold(begun)
        raise


def _digest(tried: Tried[A], account: A) -> str:
    return tried.kind.digest(account, tried.said.password)


async def _there(engine: Engine, tried: Tried[A], row: Carried | None) -> _There | None:
    """A name of no tenant belongs, for whoever looks from outside, to one that is connected."""
    now, spot = engine.now(), tried.attempt.spot
    connections = await engine.old.asked(now)
    if not connections:
        return None
    own = next((one for one in connections if row is not None and row.waits and one.tenant_id == row.tenant_id), None)
    connection = own or connections[int(spot * len(connections))]
    role: Role = "settled"
    if own is not None:
        role = "waits" if tried.asks else "as waiting"
    elif tried.account is None and spot < await engine.old.share(tried.kind.kind, now):
        role = "as waiting"
    system = engine.old.system(connection.tenant_id)
    room = await engine.old.shares.room(engine.db, connection.tenant_id, tried.attempt.network, now)
    return _There(connection, system, role, room)


async def _judge(engine: Engine, tried: Tried[A], there: _There, row: Carried | None) -> A:
    if there.room.wait or there.room.full:
        # That a password proved nothing here is an outcome, which must count where it may have been a guess.
        if there.role == "settled":
            await _failed(engine, tried)
        raise _withheld(engine, there.room)
    if there.role == "waits" and row is not None and tried.account is not None:
        return await _ask(engine, tried, there, row, tried.account)
    now, network = engine.now(), tried.attempt.network
    if there.system.away.is_likely(now, network):
        if there.role == "settled":
            await _failed(engine, tried)
        raise unheard(there.system.away.rests_for(now, network) or AGAIN_AFTER, "the older system is away")
    await count_wrong(engine, there.connection.tenant_id, network, tried.said, asked=False)
    await _failed(engine, tried)
    raise Refused(tried.because)


def _withheld(engine: Engine, room: Room) -> Locked | TemporarilyUnavailable:
    engine.measures.carried.add("withheld")
    if room.wait:
        return Locked(room.wait)
    return unheard(60, "too many wrong passwords of all addresses for the older system")


async def _ask(engine: Engine, tried: Tried[A], there: _There, row: Carried, account: A) -> A:
    begun, network, away = monotonic(), tried.attempt.network, there.system.away
    asking = Asking(there.connection, there.system, row, network)
    outcome = await ask_there(engine, tried.kind, tried.said, tried.attempt, asking, account)
    if outcome == "again":
        return await tried.kind.find(engine.db, tried.said.username) or account
    there.system.pace.took(monotonic() - begun)
    if isinstance(outcome, Room):
        raise _withheld(engine, outcome)
    if isinstance(outcome, NoVerdict):
        engine.measures.carried.add("throttled" if outcome.because == "throttled" else "unavailable")
        wait = max(away.rests_for(engine.now(), network), outcome.wait or 0) or AGAIN_AFTER
        raise unheard(wait, f"the older system gave no verdict: {outcome.about}")
    if outcome == "known" and away.is_likely(engine.now(), network):
        # As every other name now.
        raise unheard(AGAIN_AFTER, "the older system is away")
    await _failed(engine, tried)
    raise Refused(tried.because)


async def _failed(engine: Engine, tried: Tried[A]) -> None:
    await fail(engine, tried.kind, tried.said, tried.attempt, tried.account, tried.because)
