"""Numbers that workers write and one process reads: rows of 64-bit integers in a mapping that forked processes share
(https://docs.python.org/3/library/mmap.html).
"""

import mmap
from collections.abc import Callable, Iterable, Sequence

from hoistway.server.metrics.families import KEPT, Family

_PARENT = 0


class Board:
    """Each row has only one writer, so no lock is needed. The first cell holds the id of the process that writes the
    row, 0 where there is none. The parent has the first row, and each worker one. There are twice as many as workers,
    because the next worker may start before the last one has ended."""

    def __init__(self, workers: int, families: Sequence[Family] = KEPT) -> None:
        self.families = families
        self.mine = 1
        self.places: dict[str, int] = {}
        width = 1
        for family in families:
            self.places[family.name] = width
            width += family.width * len(family.series)
        self._width, self._rows = width, 2 * workers + 2
        self._cells = memoryview(mmap.mmap(-1, self._rows * width * 8)).cast("q")

    def row(self, number: int | None = None) -> memoryview:
        """This process's own, unless another is named."""
        at = self._width * (self.mine if number is None else number)
        return self._cells[at : at + self._width]

    def fork(self, fork: Callable[[], int]) -> int:
        """The child of `fork` writes into a free row. If there is none, it uses the last one, and numbers may be lost.
        Returns its id."""
        self.mine = next((one for one in range(1, self._rows) if not self.writer(one)), self._rows - 1)
        pid = fork()
        self.row()[0] = pid
        return pid

    def writer(self, number: int) -> int:
        return self._cells[self._width * number]

    def living(self) -> dict[int, int]:
        """The processes to which the workers' rows belong."""
        return {number: pid for number in range(1, self._rows) if (pid := self.writer(number))}

    def note_workers(self, living: Iterable[int], restarts: int) -> None:
        """Called by the parent. The row of a worker that has ended is free for another one, which continues its
        counters; its gauges are 0 from now on."""
        left = set(living)
        for number, pid in self.living().items():
            if pid not in left:
                self._bury(number)
        self.row(_PARENT)[self.places["hoistway_worker_restarts_total"]] = restarts

    def _bury(self, number: int) -> None:
        row = self.row(number)
        row[0] = 0
        for family in self.families:
            if family.lives:
                for at in range(len(family.series)):
                    row[self.places[family.name] + at] = 0

    def total(self, family: Family, cell: int) -> int:
        """Over all rows: the sum of the counters, or the greatest value."""
        at = self.places[family.name] + cell
        found = [self._cells[number * self._width + at] for number in range(self._rows)]
        return max(found) if family.fold == "most" else sum(found)
