"""Asks an older system about a password that is proven there, once, and writes what came of it
(docs/adr/0041-carried-passwords.md).
"""

import asyncio
from time import monotonic
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from hoistway.authn.lockout import Attempt
from hoistway.authn.old_shares import Room, UnderWay
from hoistway.authn.old_system import FIRST_REST, STEPS, OldSystem
from hoistway.engine import Engine
from hoistway.grants.kinds import A, Accounts, Said
from hoistway.journal import Seldom
from hoistway.outbound.failed import Failed
from hoistway.outbound.old_endpoint import OldForm, ask_old_endpoint
from hoistway.outbound.target import is_same_server
from hoistway.protocol.old_answer import NoVerdict, Right, Verdict
from hoistway.store.carried_accounts import Carried, lock_carried, put_carried
from hoistway.store.db import Writer
from hoistway.store.patience import leave_out
from hoistway.store.tenant_connections import Connection

THROTTLED_FOR: Final = 30
"""Seconds for which nothing is asked, where it says too much was asked and not for how long."""
_LOOKED_EVERY: Final = 0.2
_NOT_SENT: Final = frozenset({"url", "unknown_host", "forbidden_address", "no_connection", "certificate", "busy"})
_NOT_JUDGED: Final = frozenset({"throttled", "locked", "no_account", "configuration"})
_UNHEARD = Seldom(10)
_ELSEWHERE = Seldom(10)
Outcome = Literal["again", "wrong", "known"] | NoVerdict | Room
"""The account is another by now, or was carried over; wrong, as the older system said now; known to be wrong, or not asked
because enough different ones were; or there is no room any more for the address or for all."""
_Claim = Literal["ask", "beside", "refused", "spent", "over"]


class Asking(Struct, frozen=True):
    connection: Connection
    system: OldSystem
    row: Carried
    network: str


class _Overtaken(Exception):
    """The account got another password here meanwhile: nothing was written."""


async def ask_there(
    engine: Engine, kind: Accounts[A], said: Said, attempt: Attempt, asking: Asking, account: A
) -> Outcome:
    """What comes of it is counted for the address and in all. Raises TemporarilyUnavailable, where the password can't be hashed."""
    guess = engine.old.shares.guess(asking.row.kind, asking.row.account_id, said.password)
    by = monotonic() + STEPS[-1]
    while True:
        if rests := asking.system.away.rests_for(engine.now(), asking.network):
            return NoVerdict("status", "it is asked no more for a while", rests)
        if rests := asking.system.alone.rests_for(account.id, asking.network, engine.now()):
            return NoVerdict("locked", "a moment ago it did not judge a password of this account", rests, is_away=False)
        with engine.old.shares.asking(asking.row.tenant_id, asking.network) as under_way:
            outcome = await _once(engine, kind, said, attempt, asking, account, guess, under_way)
        if outcome != "beside":
            return outcome
        if monotonic() > by:
            return NoVerdict("status", "other questions for the account or the address are under way", is_away=False)
        begun = monotonic()
        await asyncio.sleep(_LOOKED_EVERY)
        leave_out(begun)


async def _once(
    engine: Engine, kind: Accounts[A], said: Said, attempt: Attempt, asking: Asking, account: A, guess: str,
    under_way: UnderWay,
) -> Outcome | Literal["beside"]:  # fmt: skip
    tenant_id, network = asking.row.tenant_id, asking.network
    room = await engine.old.shares.room(engine.db, tenant_id, network, engine.now())
    if room.wait or room.full:
        return room
    claim = await _claim(engine, asking, guess) if room.holds(under_way) else "beside"
    if claim == "over":
        return "again"
    if claim == "beside":
        return "beside"
    if claim != "ask":
        if not asking.system.away.is_likely(engine.now(), network):
            await count_wrong(engine, tenant_id, network, said, asked=False)
        return "known"
    return await _exchange(engine, kind, said, attempt, asking, account, guess)


async def count_wrong(engine: Engine, tenant_id: str, network: str, said: Said, *, asked: bool) -> None:
    """For the address, whoever's name it was for: what is left of its share tells nothing either; and in all where it was `asked`."""
    if not engine.old.shares.is_new(said.username, said.password):
        return
    async with engine.db.write() as tx:
        await engine.old.shares.count(tx, tenant_id, network, engine.now(), right=False, asked=asked)


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
    verdict, arrived = await _verdict(engine, said, asking)
    if isinstance(verdict, NoVerdict):
        _UNHEARD.tell("the older system did not judge a password", tenant=asking.row.tenant_id, because=verdict.about)
        _note(
            asking, account.id, verdict, engine.now(), stumbled=arrived == "answered" and verdict.because != "throttled"
        )
        await _give_back(engine, asking, guess, keep=arrived != "no" and verdict.because not in _NOT_JUDGED)
        if verdict.by_caller:
            await count_wrong(engine, asking.row.tenant_id, asking.network, said, asked=verdict.because == "locked")
        return verdict
    asking.system.away.answered()
    if isinstance(verdict, Right) and verdict.account.lower() == account.id.lower():
        return await _carry(engine, kind, said, attempt, asking, account)
    if isinstance(verdict, Right):
        _ELSEWHERE.tell("the older system knows another account by this name", account=account.id)
    engine.measures.carried.add("another" if isinstance(verdict, Right) else "wrong")
    outcome = await _refuse(engine, asking, guess)
    if outcome == "wrong":
        await count_wrong(engine, asking.row.tenant_id, asking.network, said, asked=True)
    return outcome


def _note(asking: Asking, account_id: str, verdict: NoVerdict, now: int, *, stumbled: bool) -> None:
    if verdict.because == "locked":
        asking.system.alone.leave(account_id, now, verdict.wait)
    elif stumbled:
        asking.system.alone.leave(account_id, now, None if verdict.by_caller else FIRST_REST, asking.network)
    if verdict.is_away:
        wait = (verdict.wait or THROTTLED_FOR) if verdict.because == "throttled" else None
        asking.system.away.failed(account_id, asking.network, now, stumbled=stumbled, wait=wait)


async def _verdict(engine: Engine, said: Said, asking: Asking) -> tuple[Verdict, Literal["answered", "perhaps", "no"]]:
    """With whether it arrived."""
    connection, begun = asking.connection, monotonic()
    if is_same_server(connection.endpoint, engine.settings.base_url):
        # The name was moved here after it was given.
        return NoVerdict("configuration", "its address leads to this server: give one that stays with it"), "no"
    name, word = asking.row.sent_name, said.password
    form = OldForm(connection.endpoint, connection.client_id, connection.scope, name, word)
    try:
        whose = f"{connection.tenant_id} {asking.network}"
        return await ask_old_endpoint(engine.outbound, form, whose), "answered"
    except Failed as failed:
        verdict = NoVerdict("status", f"{failed.reason}: {failed}", is_away=failed.reason != "busy")
        return verdict, "no" if failed.reason in _NOT_SENT else "perhaps"
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
