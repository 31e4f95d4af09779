"""Whether a part of the database is damaged: what statements met, told in the log at once and then once a minute."""

import time

from hoistway.journal import LOG

SAY_EVERY = 60.0
# Of a statement that succeeds: another row may lie on another page, so the next caller of the damaged one comes first.
SURE_AFTER = 60.0
MOST = 64


class Damage:
    """`places` is empty where none was met, else statements and when each met it last: known until they succeed again, or this
    process starts anew."""

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
        """To be called where `places` holds something."""
        failed_at = self.places.get(statement)
        if failed_at is not None and time.monotonic() - failed_at >= SURE_AFTER:
            self.places.pop(statement, None)
            if not self.places:
                LOG.warning("no damage of the database is met any more")
