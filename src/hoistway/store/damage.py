"""Knows whether a part of the database is damaged. What statements report goes into the log at once, and then once a minute."""

import time

from hoistway.journal import LOG

SAY_EVERY = 60.0
# A success clears a statement only so long after its last failure: its other rows are on other pages of the file, so
# one success soon after proves nothing.
SURE_AFTER = 60.0
MOST = 64


class Damage:
    """`places` maps each statement that met damage to the time when it last did. A statement leaves it when it works
    again; the rest is known until this process restarts."""

    __slots__ = ("_said_at", "places")

    def __init__(self) -> None:
        self.places: dict[str, float] = {}
        self._said_at = 0.0

    def failed(self, error: Exception, statement: str) -> None:
        now = time.monotonic()
        if not self.places or now - self._said_at >= SAY_EVERY:
            LOG.error("the database is damaged", because=str(error), statement=statement)
            self._said_at = now
        if statement in self.places or len(self.places) < MOST:
            self.places[statement] = now

    def worked(self, statement: str) -> None:
        """Call it after a statement that worked, while `places` is not empty."""
        failed_at = self.places.get(statement)
        if failed_at is not None and time.monotonic() - failed_at >= SURE_AFTER:
            self.places.pop(statement, None)
            if not self.places:
                LOG.warning("the database is no longer damaged")
