"""The file that `--report` names, with every refusal: a new file, so that no existing one is emptied, and checked before the work begins."""

import json
import stat
from pathlib import Path
from types import TracebackType
from typing import TextIO


class BadReport(Exception):
    """No report can be written there; its text says why and what to do."""


def check_report(path: Path) -> None:
    """Raises BadReport for an existing file; but not for a device such as /dev/null, where nothing is overwritten."""
    try:
        found = path.stat()
    except OSError:
        # A missing file is made by `Report`, which says why where it can't be.
        found = None
    if found is not None and not stat.S_ISCHR(found.st_mode):
        raise BadReport(f"--report {path} is there already and would be overwritten: name a new file")


class Report:
    """A context manager; set `is_whole` to False where the work ends early. An error while writing does not end the
    import: it is kept in `failed`, and nothing more is written."""

    def __init__(self, path: Path) -> None:
        """Raises BadReport."""
        check_report(path)
        self._path, self.failed = path, ""
        self.is_whole = True
        self._is_new, self._is_empty = not path.exists(), True
        try:
            self._file: TextIO = path.open("x" if self._is_new else "w", encoding="utf-8")
        except OSError as error:
            raise BadReport(f"--report {path} can't be written: {error.strerror}; name another file") from error

    def add(self, line: int, why: str) -> None:
        self._is_empty = False
        if not self.failed:
            try:
                self._file.write(json.dumps({"line": line, "because": why}) + "\n")
            except OSError as error:
                self.failed = str(error.strerror)

    def __enter__(self) -> "Report":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Removes an empty report where the work failed or ended early, so that the next attempt may use its name."""
        try:
            self._file.close()
        except OSError as failed:
            self.failed = str(failed.strerror)
        if (error is not None or not self.is_whole) and self._is_new and self._is_empty:
            self._path.unlink(missing_ok=True)
