"""How long callers wait for the database: a request until its deadline, a job or a command for ten seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# A request may wait this long in all, so that it is answered within 3 s.
ANSWER_WITHIN = 2.5
JOB_WAITS = 10.0

# The deadline, by `time.monotonic`; None outside requests.
ANSWER_BY: ContextVar[float | None] = ContextVar("answer_by", default=None)


def begin(seconds: float = ANSWER_WITHIN) -> None:
    """The current task, and whatever it awaits, waits no longer than this in all."""
    ANSWER_BY.set(time.monotonic() + seconds)


def leave_out(since: float) -> None:
    """The time since then (by `time.monotonic`) does not count as waiting for the database: the client sent slowly, or
    a password was hashed."""
    by = ANSWER_BY.get()
    if by is not None:
        ANSWER_BY.set(by + time.monotonic() - since)


def renew(until: float) -> None:
    """After an answer of the database, in a request that asks it hundreds of times: what follows may wait as long as a request
    again, but not beyond `until` (by `time.monotonic`); never less than was left. One that hangs is still noticed as soon as
    everywhere."""
    by = ANSWER_BY.get()
    if by is not None:
        ANSWER_BY.set(max(by, min(until, time.monotonic() + ANSWER_WITHIN)))


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Statements inside the block wait no longer than this. The time counts for the request as always."""
    before, by = ANSWER_BY.get(), time.monotonic() + seconds
    token = ANSWER_BY.set(by if before is None else min(before, by))
    try:
        yield
    finally:
        ANSWER_BY.reset(token)


def deadline(most: float = JOB_WAITS) -> float:
    """When waiting ends; outside requests in `most` seconds."""
    by = ANSWER_BY.get()
    return time.monotonic() + most if by is None else by


def seconds_left() -> float:
    """At least a hundredth of a second, because asyncpg takes 0 as no limit."""
    by = ANSWER_BY.get()
    return JOB_WAITS if by is None else max(0.01, by - time.monotonic())
