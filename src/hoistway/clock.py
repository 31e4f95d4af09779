"""The clock: passed in as a value wherever time matters, so that tests can turn it."""

import time


def now() -> int:
    """Integer seconds since the epoch."""
    return int(time.time())
