"""Asks an older system about a password that is proven there, once, and writes what came of it
(docs/adr/0041-carried-passwords.md).
"""

import asyncio
from time import monotonic
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from hoistway.authn.lockout import Attempt
from hoistway.authn.old_shares import Room
from hoistway.authn.old_system import STEPS, OldSystem
from hoistway.engine import Engine
from hoistway.grants.kinds import A, Accounts, Said
from hoistway.journal import Seldom
from hoistway.outbound.failed import Failed
from hoistway.outbound.old_endpoint import OldForm, ask_old_endpoint
from hoistway.protocol.old_answer import NoVerdict, Right, Verdict
from hoistway.store.carried_accounts import Carried, lock_carried, put_carried
from hoistway.store.db import Writer
from hoistway.store.patience import leave_out
from hoistway.store.tenant_connections import Connection

THROTTLED_FOR: Final = 30
"""Seconds for which nothing is asked, where it says too much was asked and not for how long."""
_LOOKED_EVERY: Final = 0.05
_NOT_SENT: Final = frozenset({"url", "unknown_host", "forbidden_address", "no_connection", "certificate", "busy"})
_NOT_JUDGED: Final = frozenset({"throttled", "locked", "no_account", "configuration"})
_UNHEARD = Seldom(10)
_ELSEWHERE = Seldom(10)
Outcome = Literal["again", "wrong", "known"] | NoVerdict
"""The account is another by now, or was carried over; wrong, as the older system said now; or known to be wrong, or not asked
because enough different ones were."""
_Claim = Literal["ask", "beside", "refused", "spent", "over"]


class Asking(Struct, frozen=True):
    connection: Connection
    system: OldSystem
    row: Carried
    room: Room
    network: str


class _Overtaken(Exception):
    """The account got another password here meanwhile: nothing was written."""


async def ask_there(
    engine: Engine, kind: Accounts[A], said: Said, attempt: Attempt, asking: Asking, account: A
) -> Outcome:
    """Raises TemporarilyUnavailable, where the password can't be hashed."""
    guess = engine.old.shares.guess(asking.row.kind, asking.row.account_id, said.password)
    begun, by = monotonic(), monotonic() + STEPS[-1]
    while True:
        if rests := asking.system.away.rests_for(engine.now()):
            return NoVerdict("status", "it is asked no more for a while", rests)
        if engine.old.shares.under_way(asking.network) < asking.room.beside:
            with engine.old.shares.asking(asking.network):
                claim = await _claim(engine, asking, guess)
                if claim == "ask":
                    leave_out(begun)
                    return await _exchange(engine, kind, said, attempt, asking, account, guess)
            if claim != "beside":
                return "again" if claim == "over" else "known"
        if monotonic() > by:
            leave_out(begun)
            return NoVerdict("status", "other questions for the account or the address are under way", is_away=False)
        await asyncio.sleep(_LOOKED_EVERY)


async def _claim(engine: Engine, asking: Asking, guess: str) -> _Claim:
    """Written before it is asked: so two processes ask once, and what a killed one asked is known."""
    now = engine.now()
    async with engine.db.write() as tx:
        row = await lock_carried(tx, asking.row.kind, asking.row.account_id)
        if row is None or not row.waits:
            return "over"
        if guess in row.refused:
            return "refused"
        if row.is_asking(now):
            return "beside"
        known = guess in row.asked
        if not known and len(row.asked) + len(row.refused) >= asking.connection.wrong_per_account:
            return "spent"
        asked = row.asked if known else (*row.asked, guess)
        await put_carried(tx, replace(row, asked=asked, asking=guess, asking_since=now, last_asked_at=now))
    return "ask"


async def _exchange(
    engine: Engine, kind: Accounts[A], said: Said, attempt: Attempt, asking: Asking, account: A, guess: str
) -> Outcome:
    verdict, was_sent = await _verdict(engine, said, asking)
    away, now = asking.system.away, engine.now()
    if isinstance(verdict, NoVerdict):
        _UNHEARD.tell("the older system did not judge a password", tenant=asking.row.tenant_id, because=verdict.about)
        if verdict.is_away:
            wait = verdict.wait or (THROTTLED_FOR if verdict.because == "throttled" else None)
            away.failed(account.id, now, wait if verdict.because == "throttled" else None)
        await _give_back(engine, asking, guess, keep=was_sent and verdict.because not in _NOT_JUDGED)
        return verdict
    away.answered()
    if isinstance(verdict, Right) and verdict.account.lower() == account.id.lower():
        return await _carry(engine, kind, said, attempt, asking, account)
    if isinstance(verdict, Right):
        _ELSEWHERE.tell("the older system knows another account by this name", account=account.id)
    engine.measures.carried.add("another" if isinstance(verdict, Right) else "wrong")
    return await _refuse(engine, asking, guess)


async def _verdict(engine: Engine, said: Said, asking: Asking) -> tuple[Verdict, bool]:
    """With whether it may have arrived."""
    connection, begun = asking.connection, monotonic()
    name, word = asking.row.sent_name, said.password
    form = OldForm(connection.endpoint, connection.client_id, connection.scope, name, word)
    try:
        whose = f"{connection.tenant_id} {asking.network}"
        return await ask_old_endpoint(engine.outbound, form, whose), True
    except Failed as failed:
        verdict = NoVerdict("status", f"{failed.reason}: {failed}", is_away=failed.reason != "busy")
        return verdict, failed.reason not in _NOT_SENT
    finally:
        leave_out(begun)


async def _refuse(engine: Engine, asking: Asking, guess: str) -> Outcome:
    async with engine.db.write() as tx:
        row = await lock_carried(tx, asking.row.kind, asking.row.account_id)
        if row is None or not row.waits:
            return "again"
        asked = tuple(one for one in row.asked if one != guess)
        refused = row.refused if guess in row.refused else (*row.refused, guess)
        await put_carried(tx, replace(row, state="failing", asked=asked, refused=refused, asking=None))
    return "wrong"


async def _give_back(engine: Engine, asking: Asking, guess: str, *, keep: bool) -> None:
    """What may have been judged there stays among those that were asked; it may be asked again."""
    async with engine.db.write() as tx:
        row = await lock_carried(tx, asking.row.kind, asking.row.account_id)
        if row is not None and row.waits:
            asked = row.asked if keep else tuple(one for one in row.asked if one != guess)
            await put_carried(tx, replace(row, asked=asked, asking=None))


async def _carry(
    engine: Engine, kind: Accounts[A], said: Said, attempt: Attempt, asking: Asking, account: A
) -> Outcome:
    """Also where the account must not sign in by now: whoever may, is judged behind this as after any password."""
    digest = await engine.passwords.hash(said.password, caller=attempt.caller, account=attempt.account)
    try:
        async with engine.db.write() as tx:
            await _write(engine, tx, kind, said, asking, account, digest)
    except _Overtaken:
        return "again"
    engine.measures.carried.add("carried")
    return "again"


async def _write(
    engine: Engine, tx: Writer, kind: Accounts[A], said: Said, asking: Asking, account: A, digest: str
) -> None:
    """The account first, as everywhere, and only where it still has the digest of nobody. Raises _Overtaken."""
    if not await kind.carry(tx, account, digest):
        raise _Overtaken
    row, now = await lock_carried(tx, asking.row.kind, asking.row.account_id), engine.now()
    if row is None or not row.waits:
        raise _Overtaken
    await put_carried(tx, replace(row, state="carried", asked=(), refused=(), asking=None, changed_at=now))
    shares, network = engine.old.shares, asking.network
    await shares.count(tx, asking.row.tenant_id, network, now, right=True, asked=True)
    await engine.record(
        tx, "password.carried", actor=account.id, client_id=said.client_id, customer_id=kind.owner(account),
        correlation_id=said.correlation_id, tenant=asking.row.tenant_id,
    )  # fmt: skip
