"""Knows whether anything can be saved. What the last writes met goes into the log at once, and then once a minute."""

import time
from secrets import token_hex
from typing import Any

from sqlalchemy import bindparam, delete, insert

from hoistway.journal import LOG
from hoistway.store.db import NotWritable, Statement, nothing
from hoistway.store.jobs import JOBS

SAY_EVERY = 60.0
# A full disk still accepts a small change now and then.
SURE_AFTER = 5.0
_ROOM: dict[str, Any] = {"id": "room", "process": "", "started_at": 0, "milliseconds": 0}

CHANGE_NOTHING = Statement(lambda: delete(JOBS).where(JOBS.c.id == bindparam("id")), nothing)
_TAKE_ROOM = Statement(lambda: insert(JOBS).values({name: bindparam(name) for name in (*_ROOM, "outcome")}), nothing)


def take_room() -> tuple[Statement[Any], dict[str, Any]]:
    """A row of 64 KiB that can't be compressed: there must be room for it before saving counts as working again."""
    return _TAKE_ROOM, {**_ROOM, "outcome": token_hex(32 * 1024)}


class Writing:
    """`because` is the reason why nothing can be saved; None where saving works."""

    __slots__ = ("_failed_at", "_said_at", "because")

    def __init__(self) -> None:
        self.because: str | None = None
        self._failed_at = self._said_at = 0.0

    def failed(self, error: NotWritable) -> None:
        now = time.monotonic()
        if self.because is None or now - self._said_at >= SAY_EVERY:
            LOG.error("nothing can be saved", because=str(error))
            self._said_at = now
        self.because, self._failed_at = str(error), now

    @property
    def may_work(self) -> bool:
        """False shortly after a failure, even if a write has succeeded since."""
        return time.monotonic() - self._failed_at >= SURE_AFTER

    def worked(self) -> None:
        """Call it after a write that succeeded, while `because` is set."""
        if self.may_work:
            LOG.warning("saving works again", because=self.because)
            self.because = None
