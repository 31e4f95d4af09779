"""The clock. It is passed in as a value wherever time matters, so that tests can set it."""

import time


def now() -> int:
    """Integer seconds since the epoch."""
    return int(time.time())
