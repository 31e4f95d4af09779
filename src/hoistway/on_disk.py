"""Makes sure that what must survive a power failure is on the disk before anybody relies on it
(https://man7.org/linux/man-pages/man2/fsync.2.html), and explains what to do about a file that belongs to another user.
"""

import os
import pwd
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
