"""The archive of the audit trail: a file a day of JSON lines, compressed, complete on the disk before an entry is removed.

`audit-2026-01-30.jsonl.gz`; a day with more than MOST_OF_FILE entries goes on in `audit-2026-01-30.2.jsonl.gz`."""

import errno
import fcntl
import gzip
import json
import os
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from msgspec.structs import asdict

from hoistway.journal import LOG
from hoistway.on_disk import keep
from hoistway.store.audit import WrittenEntry

MOST_OF_FILE: Final = 100_000
_LEVEL: Final = 6


class ArchiveBusy(Exception):
    """Another process of this machine is at it."""


def line_of(entry: WrittenEntry) -> str:
    """As `hoistway audit export` writes it too."""
    return json.dumps({**asdict(entry), "detail": json.loads(entry.detail)}) + "\n"


def entry_of(line: str) -> WrittenEntry:
    said = json.loads(line)
    return WrittenEntry(**{**said, "detail": json.dumps(said["detail"], ensure_ascii=False, separators=(",", ":"))})


def day_of(at: int) -> str:
    """UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Makes the folder where it is missing. Raises ArchiveBusy, OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _narrow(folder)
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ArchiveBusy from error
        yield
    finally:
        os.close(handle)


def _narrow(folder: Path) -> None:
    """Raises OSError where that is not for this user to do."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        try:
            folder.chmod(mode & stat.S_IRWXU)
        except PermissionError as error:
            said = f"{folder} is open to other users (mode {mode:03o}) and not this user's to close: chmod 700, and chown to the server's user"
            raise PermissionError(error.errno, said, str(folder)) from error
        LOG.warning("archive was open to other users", folder=str(folder), mode=f"{mode:03o}", now="700")


def _files(folder: Path, day: str = "") -> list[Path]:
    return sorted(folder.glob(f"audit-{day}*.jsonl.gz"))


def _entries(path: Path) -> Iterator[WrittenEntry]:
    """Raises OSError, which names the file. A link is refused too: rewriting would put a new file in the place of the link,
    and leave the file that it leads to, with the names of people, as it was."""
    if not stat.S_ISREG(path.lstat().st_mode):
        said = f"{path.name} is a link or no file: put the file itself there, or take the link away"
        raise OSError(errno.ELOOP, said, str(path))
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield entry_of(line)
    except (EOFError, zlib.error, gzip.BadGzipFile, ValueError, KeyError, TypeError) as error:
        raise OSError(errno.EIO, f"{path.name} is damaged", str(path)) from error


def archived_entries(folder: Path) -> Iterator[WrittenEntry]:
    """Of every file. Raises OSError in the end where one can't be read whole."""
    failure: OSError | None = None
    for path in _files(folder):
        try:
            yield from _entries(path)
        except OSError as error:
            failure = failure or error
    if failure is not None:
        raise failure


def archived_ids(folder: Path, day: str) -> set[str]:
    """Of a day that was begun before: at most those of its files. Raises OSError where one can't be read whole."""
    return {entry.id for path in _files(folder, day) for entry in _entries(path)}


class _Lines:
    """A compressed file, new and readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._packed = gzip.GzipFile(filename="", fileobj=self._file, mode="wb", compresslevel=_LEVEL, mtime=0)

    def write(self, entry: WrittenEntry) -> None:
        self._packed.write(line_of(entry).encode())

    def close(self) -> None:
        """Raises OSError where the last of it can't be written."""
        try:
            self._packed.close()
        finally:
            self._file.close()


class DayFile:
    """A file that is being written. It gets its name when `close` has put it on the disk. What an interrupted process left
    unfinished is deleted when the next file is begun."""

    def __init__(self, folder: Path, day: str) -> None:
        self._folder, self._day = folder, day
        for left in folder.glob(".audit-*.begun"):
            left.unlink()
        self._begun = folder / f".audit-{day}.begun"
        self._lines = _Lines(self._begun)
        self.written = 0

    def add(self, entries: Iterable[WrittenEntry]) -> None:
        for entry in entries:
            self._lines.write(entry)
            self.written += 1

    def drop(self) -> None:
        """Where it can't be finished."""
        with suppress(OSError):
            self._lines.close()
        self._begun.unlink(missing_ok=True)

    def close(self) -> None:
        self._lines.close()
        if not self.written:
            self._begun.unlink()
            return
        keep(self._begun)
        number, name = 1, f"audit-{self._day}.jsonl.gz"
        while True:
            with suppress(FileExistsError):
                # A link takes no name that is there already.
                os.link(self._begun, self._folder / name)
                break
            number += 1
            name = f"audit-{self._day}.{number}.jsonl.gz"
        self._begun.unlink()
        keep(self._folder)


def rewrite_archive(folder: Path, changed: Callable[[WrittenEntry], WrittenEntry | None]) -> int:
    """Replaces entries where `changed` gives another one; returns in how many files. Each is replaced whole. Raises ArchiveBusy,
    and in the end OSError where one can't be read or written."""
    if not folder.is_dir():
        return 0
    done, failure = 0, None
    with alone(folder):
        for path in _files(folder):
            try:
                done += _rewrite(path, changed)
            except OSError as error:
                failure = failure or error
    if failure is not None:
        raise failure
    return done


def _rewrite(path: Path, changed: Callable[[WrittenEntry], WrittenEntry | None]) -> bool:
    if all(changed(entry) is None for entry in _entries(path)):
        return False
    begun = path.with_name(f".{path.name}.begun")
    begun.unlink(missing_ok=True)
    with closing(_Lines(begun)) as lines:
        for entry in _entries(path):
            lines.write(changed(entry) or entry)
    keep(begun)
    begun.replace(path)
    keep(path.parent)
    return True
