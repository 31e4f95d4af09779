"""Controls the C library's heap: freed memory is kept for the next use, and returned to the system on request
(https://man7.org/linux/man-pages/man3/mallopt.3.html).
"""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGEST_BLOCK, _LARGEST_REST = 32 * 1024 * 1024, 1024 * 1024 * 1024

_C = ctypes.CDLL(None)
# Both functions belong to the GNU C library. Other libraries return large blocks at once and need no such call.
_mallopt = getattr(_C, "mallopt", None)
_malloc_trim = getattr(_C, "malloc_trim", None)


def keep_freed() -> None:
    """Call it once in each process, before it has threads. By default the library gives each thread a heap that
    `give_back` can't reach. The thresholds are set because otherwise the single heap would be trimmed between two
    password hashes again and again, and asking for 19 MiB anew takes half as long as the hash."""
    if _mallopt is None or _malloc_trim is None:
        return
    _mallopt(_ARENA_MAX, 1)
    _mallopt(_MMAP_THRESHOLD, _LARGEST_BLOCK)
    _mallopt(_TRIM_THRESHOLD, _LARGEST_REST)


def give_back() -> None:
    """Returns free memory to the system."""
    if _malloc_trim is not None:
        _malloc_trim(0)
