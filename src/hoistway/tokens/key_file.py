"""The file of master keys during a change of the key: the newest comes first (docs/adr/0019-backup-and-keys.md)."""

import base64
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hoistway.on_disk import keep
from hoistway.tokens.vault import read_master_keys

SETTLED_AFTER = 60
"""Seconds after a change of the file when no process seals under what stood there before: each reads it every 5."""


class NotSettled(Exception):
    """The file changed a moment ago."""


@contextmanager
def _alone(path: Path) -> Iterator[Path]:
    """Only one command at a time may change the key file of this folder. Gives the file itself, where the path is a link."""
    path = path.resolve()
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield path
    finally:
        os.close(handle)


def _write(path: Path, keys: tuple[bytes, ...]) -> None:
    """Replaces the file completely or not at all, and keeps its owner, because the server must be able to read it."""
    before = path.stat()
    begun = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write("".join(f"{base64.urlsafe_b64encode(key).decode()}\n" for key in keys))
            os.fchmod(file.fileno(), before.st_mode & 0o777)
            if os.geteuid() == 0:
                os.fchown(file.fileno(), before.st_uid, before.st_gid)
        keep(begun)
        begun.replace(path)
        keep(path.absolute().parent)
    finally:
        begun.unlink(missing_ok=True)


def add_newer_key(path: Path) -> bool:
    """Puts a new key before the existing one. Returns False where there are two already: then the change that has begun
    goes on. Raises OSError, ValueError."""
    with _alone(path) as path:
        keys = read_master_keys(path.read_text())
        if len(keys) > 1:
            return False
        _write(path, (os.urandom(32), *keys))
        return True


def check_settled(path: Path) -> None:
    """Raises NotSettled, OSError."""
    if time.time() < path.stat().st_mtime + SETTLED_AFTER:
        raise NotSettled


def forget_older_keys(path: Path, newest: bytes) -> int:
    """Returns how many keys were removed. Raises NotSettled, OSError, ValueError."""
    with _alone(path) as path:
        keys = read_master_keys(path.read_text())
        if keys[0] != newest:
            raise NotSettled
        check_settled(path)
        if len(keys) > 1:
            _write(path, keys[:1])
        return len(keys) - 1
