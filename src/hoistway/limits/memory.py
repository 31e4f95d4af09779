"""Numbers that forked processes share: an anonymous mapping, and semaphores that survive the death of who holds them
(https://docs.python.org/3/library/mmap.html)."""

import mmap
import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress

# The parts under a lock take microseconds: who holds one for longer was killed there.
HOLDER_IS_DEAD_AFTER = 0.5
STRIPES = 16


class Stripe:
    """A lock between processes, for a `with`. A semaphore costs a tenth of a file lock, but the kernel does not free it
    when its holder dies; so nobody waits for ever."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = multiprocessing.get_context("fork").Lock()

    def __enter__(self) -> None:
        self._lock.acquire(True, HOLDER_IS_DEAD_AFTER)

    def __exit__(self, *_raised: object) -> None:
        # Two who both gave up on a dead holder give back what is one.
        with suppress(ValueError):
            self._lock.release()


class Memory:
    """`cells` are 64-bit integers, zero at first. Made before the processes that share it are forked."""

    __slots__ = ("cells", "directory", "stripes")

    def __init__(self, cells: int, *, shared: bool = False) -> None:
        self.cells = memoryview(mmap.mmap(-1, cells * 8)).cast("q")
        # A lone process never waits inside, so any lock does, and the quickest is the best.
        make = Stripe if shared else threading.Lock
        self.directory: AbstractContextManager[object] = make()
        self.stripes: tuple[AbstractContextManager[object], ...] = tuple(make() for _ in range(STRIPES))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """With everything. The caller has the directory."""
        with ExitStack() as held:
            for stripe in self.stripes:
                held.enter_context(stripe)
            yield
