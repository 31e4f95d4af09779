"""What must not be lost by a power cut is on the disk before anybody relies on it (https://man7.org/linux/man-pages/man2/fsync.2.html);
and what to do about a file that another user owns."""

import os
import pwd
from pathlib import Path


def keep(path: Path) -> None:
    """What a file holds, or which names a folder has: on the disk, and not in its cache."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def keep_named(path: Path) -> None:
    """A file together with its name."""
    keep(path)
    keep(path.absolute().parent)


def running_as() -> str:
    """The user as whom this process reads and writes; behind sudo not the one who called."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def why_key_file(error: OSError, path: Path) -> str:
    """Why the file of the master key can't be read or written, and where an owner or a mode is wrong, the fix."""
    if not isinstance(error, PermissionError):
        return str(error.strerror)
    return (
        f"{error.strerror} for the user {running_as()}. Service and commands run as one user, who owns the folder (mode 700) and "
        f"the file (mode 600): as root, `install -d -o USER -m 700 {path.parent}`, and `chown USER {path}` where it is there already"
    )
