"""Maps subjects to places in the shared memory, in the order in which they were first met."""

from hashlib import sha256

from hoistway.limits.memory import Memory

MOST_SUBJECTS = 32_768
HEAD = 8  # cells before the first place
# MACHINE is the id under which this machine's batches are numbered by SEQUENCE.
COUNT, GENERATION, LEADS_UNTIL, RESTS_UNTIL, MACHINE, SEQUENCE = range(6)
RATE, QUOTA, LOADED, NAME = 0, 5, 10, 12  # within a place
# Cells of a limit: its window, calls that the database knows of, calls that it does not, and those of the latter that
# are in the last batch.
START, PERIOD, KNOWN, FRESH, SENT = range(5)
NAME_CELLS = 8
STRIDE = NAME + NAME_CELLS
SIZE = HEAD + MOST_SUBJECTS * STRIDE


def short_name(subject: str) -> str:
    """At most 64 bytes; a longer name is replaced by its digest."""
    raw = subject.encode()
    return subject if len(raw) <= NAME_CELLS * 8 else f"{subject[:2]}#{sha256(raw).hexdigest()[:48]}"


class Full(Exception):
    """There is no place left."""


class Places:
    """This process's copy of the directory. Entries are only added, until it is full and starts over."""

    __slots__ = ("_at", "_memory", "_seen", "generation", "most")

    def __init__(self, memory: Memory, most: int = MOST_SUBJECTS) -> None:
        self._memory = memory
        self._at: dict[str, int] = {}
        self._seen = 0
        self.generation = memory.cells[GENERATION]
        self.most = most

    def forget(self) -> None:
        """Called after the directory started over."""
        self._at.clear()
        self._seen = 0
        self.generation = self._memory.cells[GENERATION]

    def find(self, subject: str) -> int:
        """The index of the subject's first cell, which is created where it is missing. Raises Full."""
        place = self._at.get(subject)
        if place is not None:
            return place
        with self._memory.directory:
            self._catch_up()
            name = short_name(subject)
            place = self._at.get(name)
            self._at[subject] = place = self._add(name) if place is None else place
            return place

    def _catch_up(self) -> None:
        cells = self._memory.cells
        if cells[GENERATION] != self.generation:
            self.forget()
        for index in range(self._seen, cells[COUNT]):
            place = HEAD + index * STRIDE
            self._at[self.name(place)] = place
        self._seen = cells[COUNT]

    def _add(self, name: str) -> int:
        cells = self._memory.cells
        count = cells[COUNT]
        if count >= self.most:
            raise Full
        place = HEAD + count * STRIDE
        raw = name.encode().ljust(NAME_CELLS * 8, b"\0")
        cells[place + NAME : place + STRIDE] = memoryview(raw).cast("q")
        cells[COUNT] = self._seen = count + 1
        self._at[name] = place
        return place

    def name(self, place: int) -> str:
        return self._memory.cells[place + NAME : place + STRIDE].tobytes().rstrip(b"\0").decode()
