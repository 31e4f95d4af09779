"""What must not be lost by a power cut is on the disk before anybody relies on it (https://man7.org/linux/man-pages/man2/fsync.2.html)."""

import os
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
