"""The log: one JSON line an event, on standard error (https://docs.python.org/3/library/logging.html).

Tracebacks are plain: they never show the values of variables.
"""

import json
import logging
import os
import sys
import time
from datetime import UTC, datetime

_OURS = logging.getLogger("hoistway")


class Lines(logging.Formatter):
    """Makes each record one line: what is in a value can't begin another."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        line = {"event": record.getMessage(), "level": record.levelname.lower(), "timestamp": at}
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class Journal:
    """`facts` become fields of the line, next to `event`, `level` and `timestamp`."""

    def info(self, event: str, **facts: object) -> None:
        _OURS.info(event, extra={"facts": facts})

    def warning(self, event: str, **facts: object) -> None:
        _OURS.warning(event, extra={"facts": facts})

    def error(self, event: str, *, exc_info: BaseException | None = None, **facts: object) -> None:
        """With the traceback of `exc_info`."""
        _OURS.error(event, exc_info=exc_info, extra={"facts": facts})


LOG = Journal()


class Seldom:
    """Warnings that requests could repeat for ever: one in `seconds`, and how many were left out since the one before."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0
        self._left_out = 0

    def tell(self, event: str, **facts: object) -> None:
        now = time.monotonic()
        if now < self._next:
            self._left_out += 1
            return
        LOG.warning(event, left_out=self._left_out, **facts)
        self._next, self._left_out = now + self._seconds, 0


_UNUSED: list[str] = []
os.register_at_fork(after_in_child=_UNUSED.clear)


def random_id() -> str:
    """A UUID of version 4 (RFC 9562 section 5.4), as text; uuid.uuid4 makes an object first, at five times the cost. No secret:
    the system is asked for many at once."""
    if not _UNUSED:
        drawn = os.urandom(16 * 64).hex()
        _UNUSED.extend(drawn[at : at + 32] for at in range(0, len(drawn), 32))
    raw = _UNUSED.pop()
    return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:]}"


def _handler() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    return handler


def configure() -> None:
    """Once a process, before the first line."""
    _OURS.handlers = [_handler()]
    _OURS.setLevel(logging.INFO)


def gather() -> None:
    """Writes the warnings of libraries in the same way; for a process whose log is ours alone."""
    _OURS.propagate = False
    logging.basicConfig(handlers=[_handler()], level=logging.WARNING, force=True)
