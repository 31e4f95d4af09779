"""The C library's heap: what was freed is kept for the next taker, and given back when told (https://man7.org/linux/man-pages/man3/mallopt.3.html)."""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGEST_BLOCK, _LARGEST_REST = 32 * 1024 * 1024, 1024 * 1024 * 1024

_C = ctypes.CDLL(None)
# Both are of the GNU C library; others give large blocks back at once, and there is nothing to tell them.
_mallopt = getattr(_C, "mallopt", None)
_malloc_trim = getattr(_C, "malloc_trim", None)


def keep_freed() -> None:
    """Once a process, before it has threads. Left alone, the library gives each thread a heap that `give_back` can't reach.

    The thresholds are set because one heap for all would otherwise be trimmed again and again between two hashes of
    passwords, and to ask for 19 MiB anew costs half as much as the hash."""
    if _mallopt is None or _malloc_trim is None:
        return
    _mallopt(_ARENA_MAX, 1)
    _mallopt(_MMAP_THRESHOLD, _LARGEST_BLOCK)
    _mallopt(_TRIM_THRESHOLD, _LARGEST_REST)


def give_back() -> None:
    """Returns to the system what is free."""
    if _malloc_trim is not None:
        _malloc_trim(0)
