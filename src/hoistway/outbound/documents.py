"""JSON documents of other servers, kept for a while: what was read, and for a moment that it could not be read."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from hoistway.outbound.failed import Failed
from hoistway.outbound.fetcher import Fetcher

D = TypeVar("D")
FAILED_FOR: Final = 20
AGAIN_AFTER: Final = 60
MOST: Final = 500


class _Kept(Struct, Generic[D], frozen=True):
    """`found` is the document, or why it can't be had."""

    found: D | Failed
    read_at: int
    until: int


def read_object(body: bytes) -> dict[str, Any]:
    """Raises Failed."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Failed("not_json", "the answer is no JSON object")
    return found


class Documents(Generic[D]):
    """`read` makes of a JSON object what is kept, and may raise Failed. Callers who ask at the same time share one
    exchange."""

    def __init__(self, fetcher: Fetcher, read: Callable[[dict[str, Any]], D], seconds: int, most: int = MOST) -> None:
        self._fetcher, self._read, self._seconds, self._most = fetcher, read, seconds, most
        self._kept: dict[str, _Kept[D]] = {}
        self._asking: dict[str, asyncio.Task[_Kept[D]]] = {}

    async def get(self, url: str, now: int) -> D:
        """Raises Failed."""
        kept = self._kept.get(url)
        if kept is None or not kept.read_at <= now < kept.until:
            kept = await self._ask(url, now)
        if isinstance(kept.found, Failed):
            # A new one each time, so that no traceback grows on the one that is kept.
            raise Failed(kept.found.reason, str(kept.found))
        return kept.found

    async def again(self, url: str, now: int) -> D:
        """Like `get`, but not what was read more than a minute ago: whoever makes others ask again and again, for
        example by unknown key ids, causes one exchange a minute. Raises Failed."""
        kept = self._kept.get(url)
        if kept is not None and now >= kept.read_at + AGAIN_AFTER:
            self._kept.pop(url, None)
        return await self.get(url, now)

    def forget(self, url: str) -> None:
        self._kept.pop(url, None)

    async def _ask(self, url: str, now: int) -> _Kept[D]:
        task = self._asking.get(url)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._fetch(url, now), context=Context())
            self._asking[url] = task
            task.add_done_callback(lambda _: self._asking.pop(url, None))
        # Shielded: others may wait for the same answer.
        return await asyncio.shield(task)

    async def _fetch(self, url: str, now: int) -> _Kept[D]:
        found: D | Failed
        try:
            answer = await self._fetcher.fetch(url, headers={"accept": "application/json"})
            if answer.status != 200:
                raise Failed("status", f"it answers {answer.status}")
            found, lasts = self._read(read_object(answer.body)), self._seconds
        except Failed as error:
            found, lasts = error, FAILED_FOR
        kept: _Kept[D] = _Kept(found, now, now + lasts)
        self._kept.pop(url, None)
        self._kept[url] = kept
        if len(self._kept) > self._most:
            self._kept.pop(next(iter(self._kept)))
        return kept
