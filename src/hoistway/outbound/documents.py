"""JSON documents of other servers, kept for a while: what was read, and for a moment that it could not be read."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from hoistway.outbound.failed import Failed
from hoistway.outbound.fetcher import Fetcher

D = TypeVar("D")
_Key = tuple[str, str]
FAILED_FOR: Final = 20
AGAIN_AFTER: Final = 60
MOST: Final = 500


class _Kept(Struct, Generic[D], frozen=True):
    """`found` is the document, or why it can't be had; `tried_at` is when it was last asked for, and `problem` why that
    brought nothing newer."""

    found: D | Failed
    read_at: int
    until: int
    tried_at: int
    problem: Failed | None = None


def read_object(body: bytes) -> dict[str, Any]:
    """Raises Failed."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Failed("not_json", "the answer is no JSON object")
    return found


def _found(what: D | Failed) -> D:
    """Raises Failed: a new one each time, so that no traceback grows on the one that is kept."""
    if isinstance(what, Failed):
        raise Failed(what.reason, str(what), what.key, **what.facts)
    return what


class Documents(Generic[D]):
    """`read` makes of a JSON object what is kept, and may raise Failed. Callers who ask at the same time share one
    exchange. Each owner has its own, also of the same address, so that none can make another wait, or fail."""

    def __init__(self, fetcher: Fetcher, read: Callable[[dict[str, Any]], D], seconds: int, most: int = MOST) -> None:
        self._fetcher, self._read, self._seconds, self._most = fetcher, read, seconds, most
        self._kept: dict[_Key, _Kept[D]] = {}
        self._asking: dict[_Key, asyncio.Task[_Kept[D]]] = {}

    async def get(self, url: str, now: int, whose: str) -> D:
        """Raises Failed."""
        kept = self._kept.get((whose, url))
        if kept is None or not kept.read_at <= now < kept.until:
            kept = await self._ask((whose, url), now)
        return _found(kept.found)

    async def again(self, url: str, now: int, whose: str) -> D:
        """Like `get`, but not what was read more than a minute ago: whoever makes others ask again and again, for
        example by unknown key ids, causes one exchange a minute. Where that fails, `get` goes on with what is there until
        its time is over. Raises Failed."""
        kept = self._kept.get((whose, url))
        if kept is None or not kept.read_at <= now < min(kept.until, kept.tried_at + AGAIN_AFTER):
            kept = await self._ask((whose, url), now)
        return _found(kept.problem or kept.found)

    async def _ask(self, key: _Key, now: int) -> _Kept[D]:
        task = self._asking.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._fetch(key, now), context=Context())
            self._asking[key] = task
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        # Shielded: others may wait for the same answer.
        return await asyncio.shield(task)

    async def _fetch(self, key: _Key, now: int) -> _Kept[D]:
        found: D | Failed
        whose, url = key
        try:
            answer = await self._fetcher.fetch(url, whose=whose, headers={"accept": "application/json"})
            if answer.status != 200:
                raise Failed("status", f"it answers {answer.status}", status=answer.status)
            found, lasts = self._read(read_object(answer.body)), self._seconds
        except Failed as error:
            # That we are busy says nothing of the other server.
            found, lasts = error, 0 if error.reason == "busy" else FAILED_FOR
        kept: _Kept[D] = _Kept(found, now, now + lasts, now)
        old = self._kept.pop(key, None)
        if isinstance(found, Failed) and old is not None and old.read_at <= now < old.until:
            kept = replace(old, tried_at=now if lasts else old.tried_at, problem=found)
        self._kept[key] = kept
        if len(self._kept) > self._most:
            self._kept.pop(next(iter(self._kept)))
        return kept
