"""The report of an import: NDJSON with a line for each record that was not taken, which can be cut back to a length that is known."""

import errno
import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

import msgspec
from msgspec import Struct

from hoistway.imports.seen import seen, sentence_of

SHOWN: Final = 20
LONGEST_ID: Final = 200
ALIKE: Final = 3
"""Of one reason, so that a thousand of it hide no other."""
_NO_LOCKS: Final = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL})
"""What file systems and devices answer that have no locks."""
_ENCODE = msgspec.json.Encoder().encode


class BadReport(Exception):
    """No report can be written there; its text says why and what to do."""


class Refusal(Struct, frozen=True):
    """A record that was not taken. `id` is the old system's, None where it has none."""

    file: str
    line: int
    id: str | None
    because: str

    @classmethod
    def of(cls, file: str, line: int, id: str | None, because: str) -> "Refusal":
        """What the files say in it can be seen, and has an end: it is read at a terminal."""
        return cls(file, line, None if id is None else seen(id[:LONGEST_ID]), sentence_of(because))


class Report:
    """A context manager. `first` are some of the first refusals, for a terminal; without a path nothing else is kept."""

    def __init__(self, path: Path | None, length: int = 0, *, goes_on: bool = False) -> None:
        """Of an import that `goes_on`, `length` bytes are known, and what stands behind them is cut off. Raises BadReport."""
        self.first: list[Refusal] = []
        self.length = length
        self._file = None if path is None else _open(path, length, goes_on=goes_on)

    def add(self, refusals: Sequence[Refusal]) -> None:
        """On the disk when this returns, so that what is committed afterwards never names more than there is. Raises BadReport."""
        for one in refusals:
            if len(self.first) < SHOWN and sum(one.because == other.because for other in self.first) < ALIKE:
                self.first.append(one)
        if self._file is None or not refusals:
            return
        data = b"".join(_ENCODE(one) + b"\n" for one in refusals)
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._file, left) :]
            os.fdatasync(self._file)
        except OSError as error:
            raise BadReport(f"the report can't be written: {error.strerror}; make room, and run it again") from error
        self.length += len(data)

    def cut(self, length: int) -> None:
        """Takes back what was added since it had this length."""
        if self._file is not None and length < self.length:
            os.ftruncate(self._file, length)
            os.lseek(self._file, length, os.SEEK_SET)
        self.length = length

    def __enter__(self) -> "Report":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            os.close(self._file)


def _open(path: Path, length: int, *, goes_on: bool) -> int:
    there = path.is_file()
    if there and not goes_on:
        raise BadReport(f"--report {path} is there already and would be overwritten: name a new file")
    if goes_on and length and (not there or path.stat().st_size < length):
        raise BadReport(f"{path} is not the report with which the interrupted import began: name that one")
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _own(file, path)
            if path.is_file():
                os.ftruncate(file, length)
                os.lseek(file, 0, os.SEEK_END)
        except BaseException:
            os.close(file)
            raise
    except OSError as error:
        raise BadReport(f"--report {path} can't be written: {error.strerror}; name another file") from error
    return file


def _own(file: int, path: Path) -> None:
    """Until it is closed, also by the end of the process: two imports that write one report would cut each other's lines. Raises BadReport."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BadReport(
            f"--report {path} is being written by another import: let it end, or name another file"
        ) from None
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
