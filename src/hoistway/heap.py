"""Controls the C library's heap: one for all threads, and free memory returned to the system on request; and how often Python looks for rings
(https://man7.org/linux/man-pages/man3/mallopt.3.html).
"""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager

_ARENA_MAX = -8

_C = ctypes.CDLL(None)
# Both functions belong to the GNU C library. Other libraries need no such call.
_mallopt = getattr(_C, "mallopt", None)
_malloc_trim = getattr(_C, "malloc_trim", None)


def share_heap() -> None:
    """Call it once in each process, before it has threads. By default the library gives each thread a heap of its own, and
    what a thread frees there stays with it."""
    if _mallopt is not None:
        _mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Returns free memory to the system."""
    if _malloc_trim is not None:
        _malloc_trim(0)


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """For batches of many objects without rings: to look for rings among them takes a quarter of the time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
