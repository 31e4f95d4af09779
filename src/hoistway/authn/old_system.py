"""What a process knows of an older system that proves passwords for a while: whether it is away, how long its answers take,
and what was refused lately (docs/adr/0041-carried-passwords.md).
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

from hoistway.authn.old_shares import OldShares
from hoistway.store.cached import Cached
from hoistway.store.carried_accounts import share_waiting
from hoistway.store.db import Database
from hoistway.store.patience import leave_out
from hoistway.store.tenant_connections import Connection, living_connections

STEPS: Final = (0.5, 1.0, 2.0, 3.0, 4.0, 5.5)
"""Seconds that a refusal takes, whoever's name it is about: the first that its answers fit into."""
REMEMBERED: Final = 64
FAILURES: Final = 3
"""In a row, and about two accounts at the least, until it is asked no more for a while."""
FIRST_REST, LONGEST_REST = 5, 60
LATELY: Final = 60
LONGEST_WAIT: Final = 3600
ALONE_FOR: Final = 30
MOST_ALONE: Final = 10_000
MOST_NETWORKS: Final = 10_000
MOST_FOR_A_NAME: Final = 32
"""Attempts that wait for their turn at one name, in each process."""
SAMPLE, SAMPLED_EVERY = 200, 60


class _Row:
    """Questions in a row without a verdict."""

    def __init__(self) -> None:
        self.failures, self.last = 0, 0
        self._accounts: set[str] = set()
        self._rest, self._until = FIRST_REST, 0

    def rests_for(self, now: int) -> int:
        return max(0, min(self._until - now, LONGEST_WAIT))

    def is_fresh(self, now: int) -> bool:
        return self.failures > 0 and 0 <= now - self.last < LATELY

    def failed(self, account: str, now: int) -> bool:
        """Returns whether it should be left alone."""
        self.failures, self.last = self.failures + 1, now
        if len(self._accounts) < FAILURES:
            self._accounts.add(account)
        return self.failures >= FAILURES and len(self._accounts) >= 2

    def rest(self, now: int, wait: int = 0) -> None:
        self._until = now + max(self._rest, wait)
        self._rest = min(2 * self._rest, LONGEST_REST)


class Away:
    """A breaker: nothing is asked while it is open, and then one question tells whether the older system is back. One account
    alone can't open it, because whoever knows a name may find a password that the older system stumbles over; and answers which may be
    such stumbling close the door for the network that got them alone, until another network gets one."""

    def __init__(self) -> None:
        self._all = _Row()
        self._networks: dict[str, _Row] = {}
        self._stumbled: set[str] = set()

    def rests_for(self, now: int, network: str) -> int:
        """Seconds during which nothing is asked of there; 0 where it may be asked."""
        own = self._networks.get(network)
        return max(self._all.rests_for(now), 0 if own is None else own.rests_for(now))

    def is_likely(self, now: int, network: str) -> bool:
        """The last question got no answer, or the last one of this network none that could be used."""
        own = self._networks.get(network)
        return self.rests_for(now, network) > 0 or self._all.is_fresh(now) or (own is not None and own.is_fresh(now))

    def answered(self) -> None:
        self._all, self._networks, self._stumbled = _Row(), {}, set()

    def failed(self, account: str, network: str, now: int, *, stumbled: bool, wait: int | None = None) -> None:
        """`wait` is what it asked for itself: then every question would be refused. `stumbled` is True for answers that an attacker
        may cause by what they send."""
        if stumbled:
            if len(self._networks) < MOST_NETWORKS:
                self._networks.setdefault(network, _Row())
            own = self._networks.get(network)
            if own is not None and own.failed(account, now):
                own.rest(now)
            self._stumbled.update([network][: 2 - len(self._stumbled)])
            if len(self._stumbled) < 2:
                return
        if self._all.failed(account, now) or wait is not None:
            self._all.rest(now, wait or 0)


class LeftAlone:
    """Accounts that are not asked about for a moment: those that the older system calls locked, for asking again at once would keep them
    so; and for one network alone those over whose passwords from there it stumbled. Otherwise either gave free questions."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], int] = {}

    def rests_for(self, account: str, network: str, now: int) -> int:
        until = max(self._until.get((account, whose), 0) for whose in ("", network))
        return max(0, min(until - now, LONGEST_WAIT))

    def leave(self, account: str, now: int, wait: int | None = None, network: str = "") -> None:
        """For everybody, or for one network."""
        self._until.pop((account, network), None)
        self._until[account, network] = now + (wait or ALONE_FOR)
        if len(self._until) > MOST_ALONE:
            del self._until[next(iter(self._until))]


class Pace:
    """How long a refusal takes: as long for a name that nobody has as for one that the older system was asked about."""

    def __init__(self) -> None:
        self._times: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)

    def took(self, seconds: float) -> None:
        """It took so long to learn that the password is not proven."""
        self._times.append((monotonic(), seconds))

    @property
    def seconds(self) -> float:
        since = monotonic() - LATELY
        slowest = max((seconds for at, seconds in self._times if at > since), default=0.0)
        return next((step for step in STEPS if slowest <= 0.9 * step), STEPS[-1])

    async def hold(self, begun: float) -> None:
        """`begun` is by `time.monotonic`."""
        now = monotonic()
        await asyncio.sleep(max(0.0, begun + self.seconds - now))
        leave_out(now)


class Late(Exception):
    """The turn did not come in time."""


class NameTurns:
    """Attempts for one name take turns, whether anybody has it or not: otherwise those for an account that the older system is
    asked about would take longer one by one."""

    def __init__(self, seconds: float = STEPS[-1]) -> None:
        self._seconds = seconds
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def take(self, name: str) -> AsyncIterator[None]:
        """Raises Late."""
        lock, waiting = self._locks.get(name, (asyncio.Lock(), 0))
        if waiting >= MOST_FOR_A_NAME:
            raise Late
        self._locks[name] = (lock, waiting + 1)
        begun = monotonic()
        try:
            try:
                async with asyncio.timeout(self._seconds):
                    await lock.acquire()
            except TimeoutError:
                raise Late from None
            finally:
                leave_out(begun)
            try:
                yield
            finally:
                lock.release()
        finally:
            lock, waiting = self._locks[name]
            if waiting == 1:
                del self._locks[name]
            else:
                self._locks[name] = (lock, waiting - 1)


class OldSystem:
    """That of one tenant."""

    def __init__(self) -> None:
        self.away, self.alone, self.pace = Away(), LeftAlone(), Pace()


class OldSystems:
    """One in each process. `seconds` is how late a change of a connection is seen."""

    def __init__(self, db: Database, secret: bytes, seconds: int) -> None:
        self._db = db
        self.shares, self.turns = OldShares(secret), NameTurns()
        self._connections: Cached[str, tuple[Connection, ...]] = Cached(seconds)
        self._waiting: Cached[str, float] = Cached(SAMPLED_EVERY)
        self._systems: dict[str, OldSystem] = {}

    async def connections(self, now: int) -> tuple[Connection, ...]:
        """Those that nobody stopped; what has ended is told to people, too."""
        known = self._connections.peek("", now)
        if known is not None:
            return known

        async def read() -> tuple[Connection, ...]:
            return tuple(await living_connections(self._db))

        return await self._connections.get("", now, read)

    async def asked(self, now: int) -> tuple[Connection, ...]:
        """Those at which something may be asked."""
        return tuple(one for one in await self.connections(now) if one.asks(now))

    def system(self, tenant_id: str) -> OldSystem:
        return self._systems.setdefault(tenant_id, OldSystem())

    async def share(self, kind: str, now: int) -> float:
        """Of the accounts of a kind, how many wait, from 0 to 1. As many names that nobody has pass for waiting ones."""

        async def read() -> float:
            accounts, waiting = await share_waiting(self._db, kind, SAMPLE)
            return waiting / accounts if accounts else 0.0

        return await self._waiting.get(kind, now, read)
