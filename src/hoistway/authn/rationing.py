"""Bounds how often something is done that anybody may ask for: counters that are locked where they are judged."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from hoistway.store.db import Writer
from hoistway.store.throttle import lock_counter, put_counter


class Ration(Struct, frozen=True):
    """At most `most` within `seconds` of the first; `subject` is a keyed digest of whom or what is counted. `of_all` where everybody
    shares it."""

    subject: str
    most: int
    seconds: int
    of_all: bool = False


class RationSpent(Exception):
    """There were as many already; nothing was counted. `wait` in seconds."""

    def __init__(self, wait: int) -> None:
        self.wait = wait
        super().__init__(f"spent for {wait} s")


class AllSpent(RationSpent):
    """What everybody shares is spent, whoever asked."""


async def take(tx: Writer, rations: Iterable[Ration], now: int) -> None:
    """Counts one more in each. Raises RationSpent, AllSpent."""
    # Always in the same order, so that two requests can't wait for each other.
    for ration in sorted(rations, key=lambda one: one.subject):
        counter = await lock_counter(tx, ration.subject, now)
        began = counter.day_at
        count = counter.day_failures if began > now - ration.seconds else 0
        if count >= ration.most:
            spent = AllSpent if ration.of_all else RationSpent
            raise spent(max(1, began + ration.seconds - now))
        counted = replace(counter, day_at=began if count else now, day_failures=count + 1, changed_at=now)
        await put_counter(tx, counted)


async def is_left(tx: Writer, rations: Iterable[Ration], now: int) -> bool:
    """Like `take`, for what is held back without a word: where one is spent, those before it count all the same."""
    try:
        await take(tx, rations, now)
    except RationSpent:
        return False
    return True
