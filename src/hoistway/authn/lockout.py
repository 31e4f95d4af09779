"""Slows guessers down, for each account and each address, and lets the owner in from a place where they signed in before.

Every attempt is counted before its password is looked at, so that parallel guesses are all counted; a right one takes its
count back. Names that do not exist are counted alike (docs/adr/0003-tokens.md)."""

import hmac
import ipaddress
from dataclasses import dataclass
from hashlib import sha256

from hoistway.store.db import Database, Writer
from hoistway.store.throttle import (
    Counter,
    block_until,
    clear_counter,
    count_failure,
    find_counter,
    lock_counter,
    uncount_failure,
)
from hoistway.store.users import username_key

FREE_FAILURES = 10
FREE_FAILURES_OF_ADDRESS = 50
FIRST_DELAY = 60
LONGEST_DELAY = 5 * 3600
FORGOTTEN_AFTER = 24 * 3600


class Locked(Exception):
    """Too many failures; `wait` in seconds."""

    def __init__(self, wait: int) -> None:
        self.wait = wait
        super().__init__(f"locked for {wait} s")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One counted attempt: the counters that it raised, and what marks this place as the owner's."""

    counted: tuple[tuple[str, int], ...]
    pair: str
    place: str


def network_of(address: str) -> str:
    """The address itself, or the /64 of an IPv6 one: one subscriber has a whole one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.IPv6Network((parsed, 64), strict=False))
    return str(parsed)


def delay_after(failures: int, free: int = FREE_FAILURES) -> int:
    """Seconds: none for the first failures, then a minute, doubled by each further one up to five hours."""
    return 0 if failures < free else int(min(FIRST_DELAY * 2 ** min(failures - free, 12), LONGEST_DELAY))


class Lockout:
    """`secret` keys the digests, so that the table tells neither names nor addresses nor guesses."""

    def __init__(self, db: Database, secret: bytes) -> None:
        self._db = db
        self._secret = secret

    def _digest(self, *words: str) -> str:
        return hmac.new(self._secret, "\x00".join(words).encode("utf-8", "surrogatepass"), sha256).hexdigest()

    async def begin(self, username: str, address: str, password: str, now: int) -> Attempt:
        """Counts the attempt. Raises Locked where it may not even be tried."""
        name, network = username_key(username), network_of(address)
        pair, place = self._digest("pair", name, network), self._digest("place", name, network)
        account, origin = self._digest("account", name), self._digest("address", network)
        guess = self._digest("guess", name, password)
        async with self._db.write() as tx:
            known_place = await find_counter(tx, place) is not None
            limits = {pair: FREE_FAILURES}
            if not known_place:
                limits |= {account: FREE_FAILURES, origin: FREE_FAILURES_OF_ADDRESS}
            # Locked in one order everywhere: parallel guesses wait for each other, and none for ever.
            counters = [(await lock_counter(tx, subject, now), limits[subject]) for subject in sorted(limits)]
            wait = max(counter.blocked_until - now for counter, _ in counters)
            if wait > 0:
                raise Locked(wait)
            counted = [(c.subject, free) for c, free in counters if await self._count(tx, c, free, guess, now)]
        return Attempt(tuple(counted), pair, place)

    async def _count(self, tx: Writer, counter: Counter, free: int, guess: str, now: int) -> bool:
        if counter.last_guess == guess and counter.changed_at > now - FORGOTTEN_AFTER:
            return False
        counted = await count_failure(tx, counter.subject, at=now, guess=guess, forgotten_before=now - FORGOTTEN_AFTER)
        delay = delay_after(counted.failures, free)
        if delay:
            await block_until(tx, counter.subject, now + delay)
        return True

    async def withdraw(self, attempt: Attempt) -> None:
        """Takes the counts back of an attempt whose password nobody looked at."""
        async with self._db.write() as tx:
            for subject, free in attempt.counted:
                await uncount_failure(tx, subject, free)

    async def succeed(self, attempt: Attempt, now: int) -> None:
        """Takes the counts back and remembers the place."""
        async with self._db.write() as tx:
            for subject, free in attempt.counted:
                await uncount_failure(tx, subject, free)
            await clear_counter(tx, attempt.pair)
            await count_failure(tx, attempt.place, at=now, guess=None, forgotten_before=now)
