"""A bounded cache of rows that were read a moment ago. A change in the database is seen after a few seconds at the most."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Cached(Generic[K, V]):
    """Keeps up to `most` values for `seconds` each; the oldest are dropped first. `now` is passed in. The default size
    is what a busy process asks for in two seconds: up to 4 MB of applications, less of anything else."""

    __slots__ = ("_most", "_seconds", "_values", "hits", "misses")

    def __init__(self, seconds: int, most: int = 2_000) -> None:
        self._seconds = seconds
        self._most = most
        self._values: dict[K, tuple[int, V]] = {}
        self.hits = self.misses = 0

    async def get(self, key: K, now: int, read: Callable[[], Awaitable[V]]) -> V:
        found = self._values.get(key)
        if found is not None and found[0] > now:
            self.hits += 1
            return found[1]
        self.misses += 1
        value = await read()
        self._values.pop(key, None)
        self._values[key] = (now + self._seconds, value)
        if len(self._values) > self._most:
            self._values.pop(next(iter(self._values)))
        return value

    def peek(self, key: K, now: int) -> V | None:
        """Returns what `get` would return without reading from the database, or None where `get` would have to read. It
        costs a tenth of `get`."""
        found = self._values.get(key)
        if found is None or found[0] <= now:
            return None
        self.hits += 1
        return found[1]

    def forget(self, key: K) -> None:
        self._values.pop(key, None)
