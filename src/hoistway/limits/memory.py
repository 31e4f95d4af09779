"""Numbers that forked processes share: an anonymous mapping, and semaphores that survive the death of the process that
holds them (https://docs.python.org/3/library/mmap.html).
"""

import mmap
import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress

# Work under a lock takes microseconds: a process that holds one for longer was killed inside.
HOLDER_IS_DEAD_AFTER = 0.5
STRIPES = 16


class Stripe:
    """A lock between processes, used in a `with`. A semaphore costs a third of a file lock (ADR 7), but the kernel does not
    release it when its holder dies; therefore nobody waits for ever."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = multiprocessing.get_context("fork").Lock()

    def __enter__(self) -> None:
        self._lock.acquire(True, HOLDER_IS_DEAD_AFTER)

    def __exit__(self, *_raised: object) -> None:
        # When two processes both gave up on a dead holder, the semaphore must not be released twice.
        with suppress(ValueError):
            self._lock.release()


class Memory:
    """`cells` are 64-bit integers, initially zero. Make it before the processes that share it are forked."""

    __slots__ = ("cells", "directory", "stripes")

    def __init__(self, cells: int, *, shared: bool = False) -> None:
        self.cells = memoryview(mmap.mmap(-1, cells * 8)).cast("q")
        # A process on its own never waits inside a lock, so the cheapest lock is enough.
        make = Stripe if shared else threading.Lock
        self.directory: AbstractContextManager[object] = make()
        self.stripes: tuple[AbstractContextManager[object], ...] = tuple(make() for _ in range(STRIPES))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Locks everything. The caller holds the lock of the directory."""
        with ExitStack() as held:
            for stripe in self.stripes:
                held.enter_context(stripe)
            yield
