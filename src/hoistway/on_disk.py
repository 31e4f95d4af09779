"""Makes sure that what must survive a power failure is on the disk before anybody relies on it
(https://man7.org/linux/man-pages/man2/fsync.2.html), and explains what to do about a file that belongs to another user.
"""

import fcntl
import os
import pwd
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


def keep(path: Path) -> None:
    """Writes a file's content, or a folder's list of names, from the cache to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def keep_named(path: Path) -> None:
    """Keeps a file and its name."""
    keep(path)
    keep(path.absolute().parent)


def running_as() -> str:
    """The user as whom this process reads and writes files; with sudo, not the user who called it."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def why_key_file(error: OSError, path: Path) -> str:
    """Why the file of the master key can't be read or written and, where its owner or mode is wrong, the fix."""
    if not isinstance(error, PermissionError):
        return str(error.strerror)
    return (
        f"{error.strerror} for the user {running_as()}. Service and commands run as one user, who owns the folder (mode 700) and "
        f"the file (mode 600): as root, `install -d -o USER -m 700 {path.parent}`, and `chown USER {path}` where it is there already"
    )


def why_not_written(folder: Path) -> str | None:
    """Why nothing could be written into the folder, or why it could not be made; None where it can."""
    path = folder.absolute()
    there = next(one for one in (path, *path.parents) if one.exists())
    if there.is_dir() and os.access(there, os.R_OK | os.W_OK | os.X_OK):
        return None
    why = f"the user {running_as()} may not write in {there}" if there.is_dir() else f"{there} is no folder"
    return f"{path} can't be used: {why}. Make the folder, and give it to that user"


def _is_held(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        return not isinstance(error, FileNotFoundError)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def left_beside(path: Path, kind: str) -> list[Path]:
    """Files that a command which was killed had begun and that nobody holds any more."""
    begun = re.compile(rf"(\.{re.escape(path.name)}\.{kind}-[0-9]+)(?:-[a-z]+)?")
    try:
        found = [(each, begun.fullmatch(each.name)) for each in path.absolute().parent.iterdir()]
    except OSError:
        return []
    # SQLite's log lies beside the file that is held.
    return [each for each, name in found if name is not None and not _is_held(each.with_name(name[1]))]


@contextmanager
def begun_beside(path: Path, kind: str, beside: Sequence[str] = ("",)) -> Iterator[Path]:
    """A new empty file for what `path` is to become, which only its owner can read. It is gone when the block ends, and so
    are those of commands that were killed; `beside` are the ends of the names of files that may lie beside it."""
    for left in left_beside(path, kind):
        with suppress(OSError):
            left.unlink()
    begun = path.absolute().with_name(f".{path.name}.{kind}-{os.getpid()}")
    handle = os.open(begun, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        # Held as long as this process lives, however it ends.
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield begun
    finally:
        for end in beside:
            begun.with_name(begun.name + end).unlink(missing_ok=True)
        os.close(handle)


def write_new(path: Path, text: str) -> None:
    """A file that only its owner can read, complete or not at all. Raises FileExistsError, OSError."""
    if path.is_symlink() or path.exists():
        raise FileExistsError(path)
    with begun_beside(path, "begun") as begun:
        begun.write_text(text, encoding="utf-8")
        keep(begun)
        # Unlike a rename, a link fails if somebody created the name meanwhile.
        os.link(begun, path)
        keep(path.absolute().parent)
