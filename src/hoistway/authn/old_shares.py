"""How many wrong passwords are passed on to an older system, of one address and in all: it judges by the caller's address, which
for it is ours (docs/adr/0041-carried-passwords.md).
"""

import hmac
from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from hoistway.protocol.text import username_key
from hoistway.store.db import Reader, Writer
from hoistway.store.throttle import Counter, find_counters, lock_counter, put_counter

WINDOW: Final = 600
SHARE: Final = 20
"""Wrong passwords of one address in a window; each right one gives it one more."""
IN_ALL: Final = 60
"""Of all addresses; each right one gives one more."""
RESERVE: Final = 60
"""More than that in all, for addresses that sent no wrong one in the window."""
MOST_REMEMBERED: Final = 10_000


class Room(Struct, frozen=True):
    """`wait` is for how many seconds this address has no room; `full` is True where all addresses together have none. More
    questions under way than `beside` for this address, or `in_all` for all, would be too many if all of them were wrong."""

    wait: int
    full: bool
    beside: int
    in_all: int

    def holds(self, under_way: "UnderWay") -> bool:
        return under_way.beside <= self.beside and under_way.in_all <= self.in_all


class UnderWay(Struct, frozen=True):
    """Questions of this process, the one that begins included: of its address and in all. Ask for the room behind it: then what ends
    meanwhile counts twice for a moment, and never not at all."""

    beside: int
    in_all: int


class Passed(Struct, frozen=True):
    wrong: int
    right: int
    ends_at: int


def _used(counter: Counter | None, now: int) -> Passed:
    """A counter's `day` is a window here, and its minute counts right ones."""
    if counter is None or not now - WINDOW < counter.day_at <= now:
        return Passed(0, 0, now + WINDOW)
    return Passed(counter.day_failures, counter.minute_failures, counter.day_at + WINDOW)


def _counted(counter: Counter, now: int, *, right: bool) -> Counter:
    used = _used(counter, now)
    return replace(
        counter, day_at=used.ends_at - WINDOW, day_failures=used.wrong + (not right),
        minute_failures=used.right + right, changed_at=now,
    )  # fmt: skip


class OldShares:
    """`secret` keys the digests, so that no table reveals addresses or guesses."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._under_way: Tally[tuple[str, str]] = Tally()
        self._seen: dict[str, None] = {}

    def _digest(self, *words: str) -> str:
        said = "\x00".join(words).encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret, said, "sha256").hex()

    def guess(self, kind: str, account_id: str, password: str) -> str:
        """What is stored of a password that was wrong."""
        return self._digest("guess", kind, account_id, password)

    def _subjects(self, tenant_id: str, network: str) -> list[str]:
        every = self._digest("old system", tenant_id)
        return [self._digest("old address", network), every] if network else [every]

    async def room(self, db: Reader, tenant_id: str, network: str, now: int) -> Room:
        subjects = self._subjects(tenant_id, network)
        found = await find_counters(db, subjects)
        every = _used(found.get(subjects[-1]), now)
        own = _used(found.get(subjects[0]), now) if network else Passed(0, 0, now)
        left = SHARE + own.right - own.wrong
        bound = IN_ALL + every.right + (0 if own.wrong else RESERVE)
        wait = max(1, own.ends_at - now) if network and left <= 0 else 0
        in_all = bound - every.wrong
        return Room(wait, in_all <= 0, left if network else SHARE, in_all)

    @contextmanager
    def asking(self, tenant_id: str, network: str) -> Iterator[UnderWay]:
        """What comes of the question is to be counted before this ends."""
        whose = (("address", network), ("tenant", tenant_id))
        self._under_way.update(whose)
        try:
            yield UnderWay(*(self._under_way[one] for one in whose))
        finally:
            self._under_way.subtract(whose)
            for one in whose:
                if not self._under_way[one]:
                    del self._under_way[one]

    def is_new(self, username: str, password: str) -> bool:
        """False for one that this process counted lately: a program with an old password is not guessing."""
        guess = self._digest("seen", username_key(username), password)
        if guess in self._seen:
            return False
        self._seen[guess] = None
        if len(self._seen) > MOST_REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return True

    async def count(self, tx: Writer, tenant_id: str, network: str, now: int, *, right: bool, asked: bool) -> None:
        """After all other counters of the transaction, and always in this order. What was not `asked` counts for the address
        alone."""
        subjects = self._subjects(tenant_id, network)
        for subject in subjects if asked else subjects[:-1]:
            await put_counter(tx, _counted(await lock_counter(tx, subject, now), now, right=right))
