"""Proves a password, of a person or a technical account, and writes what follows; pages and the grant both do it here.

Unknown names, wrong passwords and disabled accounts are treated alike (docs/adr/0016-guessing.md).
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from msgspec.structs import replace

from hoistway.authn.lockout import Attempt, Locked
from hoistway.engine import Engine
from hoistway.grants.carrying import Tried, look_there
from hoistway.grants.failing import Proven as Proven
from hoistway.grants.failing import Refused as Refused
from hoistway.grants.failing import fail
from hoistway.grants.kinds import A, Accounts, Said
from hoistway.journal import LOG
from hoistway.protocol.errors import TemporarilyUnavailable
from hoistway.store.db import DatabaseUnavailable, Writer

T = TypeVar("T")
MOST_TRIES = 3


async def refuse(engine: Engine, kind: Accounts[A], proven: Proven[A], cause: str) -> Refused:
    """Counts a right password as a failure, because its account may not sign in. Raises Locked, Refused,
    TemporarilyUnavailable."""
    if proven.known:
        # A wrong password is hashed as well: without this, the time that the refusal takes would tell them apart.
        await _look(engine, kind, proven.said, proven.attempt, proven.account)
    if await engine.old.asked(proven.said.now):
        await look_there(engine, Tried(kind, proven.said, proven.attempt, proven.account, cause, asks=False))
    await fail(engine, kind, proven.said, proven.attempt, proven.account, cause)
    return Refused(cause)


async def prove(engine: Engine, kind: Accounts[A], said: Said) -> Proven[A]:
    """Raises Locked, Refused, TemporarilyUnavailable."""
    with _counted(engine, kind):
        account = await kind.find(engine.db, said.username)
        # The counters are read last: what is remembered is compared only after every failure counted so far was seen.
        browser = await kind.knows(engine.db, account, said)
        # By the account's own name: several names give no more guesses.
        name = said.username if account is None else account.username
        attempt = await engine.lockout.begin(name, said.address, said.password, said.now, browser=browser)
        return await _compare(engine, kind, said, attempt, account)


async def _compare(engine: Engine, kind: Accounts[A], said: Said, attempt: Attempt, account: A | None) -> Proven[A]:
    """With what is remembered, where that is possible, otherwise by argon2."""
    if account is None or kind.barred(account, said) is not None or not attempt.at_home:
        return await _look(engine, kind, said, attempt, account)
    outcome = kind.compare(engine.remembered, account, said.password, attempt.account, said.now)
    if outcome == "known":
        return Proven(said, attempt, account, known=True)
    try:
        return await _look(engine, kind, said, attempt, account)
    finally:
        if outcome == "other":
            engine.remembered.counted(attempt.account)


@contextmanager
def _counted(engine: Engine, kind: Accounts[A]) -> Iterator[None]:
    """How it ended, where that was no success."""
    try:
        yield
    except Locked:
        engine.measures.sign_ins.add(kind.counted, "locked")
        raise
    except Refused as error:
        engine.measures.sign_ins.add(kind.counted, str(error))
        raise
    except (TemporarilyUnavailable, DatabaseUnavailable):
        engine.measures.sign_ins.add(kind.counted, "unavailable")
        raise


async def _look(
    engine: Engine, kind: Accounts[A], said: Said, attempt: Attempt, account: A | None, tries: int = MOST_TRIES
) -> Proven[A]:
    decoy = await engine.decoys.digest(kind.kind, attempt.spot, said.now)
    away = await kind.led_away(engine.db, account, said.username)
    digest = decoy if account is None else kind.digest(account, said.password)
    matched = await engine.passwords.matches(digest, said.password, caller=attempt.caller, account=attempt.account)
    barred = None if account is None else kind.barred(account, said) or ("led_away" if away else None)
    if matched and account is not None and barred is None:
        return Proven(said, attempt, account)
    because = "unknown" if account is None else (barred if matched else None) or "wrong"
    if tries and await engine.old.asked(said.now):
        asks = account is not None and barred is None and digest == account.password_digest
        found = await look_there(engine, Tried(kind, said, attempt, account, because, asks))
        return await _look(engine, kind, said, attempt, found, tries - 1)
    await fail(engine, kind, said, attempt, account, because)
    raise Refused(because)


async def settle(engine: Engine, kind: Accounts[A], proven: Proven[A], write: Callable[[Writer, A], Awaitable[T]]) -> T:
    """What follows from the password is written only if the locked row still has the digest that was compared. If it
    has another one (after a reset, or because the same password was hashed again), the password is compared with that
    one, too. Raises Locked, Refused, TemporarilyUnavailable."""
    with _counted(engine, kind):
        proven, written = await _write(engine, kind, proven, write)
    engine.measures.sign_ins.add(kind.counted, "succeeded")
    if engine.passwords.is_outdated(kind.digest(proven.account, proven.said.password)):
        await _renew(engine, kind, proven)
    elif not proven.known:
        # Only after a hash: using what is remembered does not prolong it.
        kind.keep(engine.remembered, proven.account, proven.said.password, proven.said.now)
    return written


async def _write(
    engine: Engine, kind: Accounts[A], proven: Proven[A], write: Callable[[Writer, A], Awaitable[T]]
) -> tuple[Proven[A], T]:
    """Returns the account as it was locked."""
    for _ in range(MOST_TRIES):
        async with engine.db.write() as tx:
            account = await kind.hold(tx, proven.account)
            away = await kind.led_away(tx, account, proven.said.username)
            if account is not None and _is_as_proven(kind, account, proven) and not away:
                await engine.lockout.succeed(tx, proven.attempt, proven.said.now)
                return replace(proven, account=account), await write(tx, account)
        found = await _look(engine, kind, proven.said, proven.attempt, account)
        proven = replace(proven, account=found.account, known=False)
    raise await refuse(engine, kind, proven, "changed")


async def _renew(engine: Engine, kind: Accounts[A], proven: Proven[A]) -> None:
    """Hashes the password again with today's parameters. This happens only now: before it is certain that the outcome
    may be told, a right password must not take longer than a wrong one. If it can't be done, the next sign-in does it."""
    caller, account = proven.attempt.caller, proven.attempt.account
    try:
        renewed = await engine.passwords.hash(proven.said.password, caller=caller, account=account)
        async with engine.db.write() as tx:
            await kind.rehash(tx, proven.account, proven.said.password, renewed)
    except (TemporarilyUnavailable, DatabaseUnavailable) as error:
        LOG.warning("a password was not rehashed", because=str(error))


def _is_as_proven(kind: Accounts[A], account: A, proven: Proven[A]) -> bool:
    said = proven.said
    is_same = kind.digest(account, said.password) == kind.digest(proven.account, said.password)
    return is_same and kind.barred(account, said) is None
