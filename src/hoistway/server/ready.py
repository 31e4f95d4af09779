"""Which workers answer: each place has a cell of shared memory, into which its process writes its id
(https://docs.python.org/3/library/mmap.html).
"""

import mmap
import os


class Ready:
    """Make it before the workers are forked."""

    __slots__ = ("_cells",)

    def __init__(self, count: int) -> None:
        self._cells = memoryview(mmap.mmap(-1, count * 8)).cast("q")

    def say(self, index: int) -> None:
        """Called by the worker when it accepts connections."""
        self._cells[index] = os.getpid()

    def is_said(self, index: int, pid: int) -> bool:
        return self._cells[index] == pid
