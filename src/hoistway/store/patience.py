"""How long whoever asks the database waits for it: a request by its deadline, a job or a command for ten seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# A request has this long for everything that it asks; an answer is to be there within 3 s.
ANSWER_WITHIN = 2.5
JOB_WAITS = 10.0

# What `time.monotonic` will say then; None outside requests.
ANSWER_BY: ContextVar[float | None] = ContextVar("answer_by", default=None)


def begin(seconds: float = ANSWER_WITHIN) -> None:
    """The task that calls this, and what it awaits, waits no longer in all."""
    ANSWER_BY.set(time.monotonic() + seconds)


def leave_out(since: float) -> None:
    """What passed since then (`time.monotonic`) was no waiting for the database: the client sent slowly, a password was hashed."""
    by = ANSWER_BY.get()
    if by is not None:
        ANSWER_BY.set(by + time.monotonic() - since)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """What is asked inside waits no longer. It counts for the request like all else."""
    before, by = ANSWER_BY.get(), time.monotonic() + seconds
    token = ANSWER_BY.set(by if before is None else min(before, by))
    try:
        yield
    finally:
        ANSWER_BY.reset(token)


def deadline(most: float = JOB_WAITS) -> float:
    """By when, outside requests in `most` seconds."""
    by = ANSWER_BY.get()
    return time.monotonic() + most if by is None else by


def seconds_left() -> float:
    """At least a hundredth: asyncpg takes 0 for no limit."""
    by = ANSWER_BY.get()
    return JOB_WAITS if by is None else max(0.01, by - time.monotonic())
