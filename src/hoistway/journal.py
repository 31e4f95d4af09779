"""The log: one JSON line an event, on standard error (https://docs.python.org/3/library/logging.html).

Tracebacks are plain: they never show the values of variables.
"""

import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

LONGEST_PATH = 200
"""A path in a line is cut here: callers choose it."""
_OURS = logging.getLogger("hoistway")


About = Callable[[], Mapping[str, object]]


def _nothing() -> Mapping[str, object]:
    return {}


class Lines(logging.Formatter):
    """Formats each record as one line, so that a value can't begin another line. `about` returns what every line says
    of the request in hand."""

    def __init__(self, about: About = _nothing) -> None:
        super().__init__()
        self._about = about

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        line: dict[str, object] = {"event": record.getMessage(), "level": record.levelname.lower(), "timestamp": at}
        line |= {**getattr(record, "facts", {}), **self._about()}
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
    """For warnings that requests could repeat for ever: writes one in `seconds`, with the number of those left out
    since the one before."""

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
    """A UUID of version 4 (RFC 9562 section 5.4), as text. uuid.uuid4 creates an object first and takes five times as
    long. It is no secret, so the system is asked for many at once."""
    if not _UNUSED:
        drawn = os.urandom(16 * 64).hex()
        _UNUSED.extend(drawn[at : at + 32] for at in range(0, len(drawn), 32))
    raw = _UNUSED.pop()
    return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:]}"


def _handler(about: About = _nothing) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(about))
    return handler


def configure(about: About = _nothing) -> None:
    """Call it once in each process, before the first line."""
    _OURS.handlers = [_handler(about)]
    _OURS.setLevel(logging.INFO)


def gather() -> None:
    """Writes warnings of libraries in the same form; for a process whose log belongs to us alone."""
    _OURS.propagate = False
    logging.basicConfig(handlers=[_handler()], level=logging.WARNING, force=True)
