"""Seals secrets at rest with AES-256-GCM under the master key (https://csrc.nist.gov/pubs/sp/800/38/d/final)."""

import base64
import binascii
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hoistway.on_disk import keep_named

_VERSION = b"\x01"
MOST_KEYS = 3


class WrongMasterKey(Exception):
    """What is stored was sealed under another master key."""


class Vault:
    """Seals under the first key and opens under each. `name` is bound to the sealed value, so that one value can't be
    put in the place of another. Where the keys are in a `file`, a running process follows changes of it: `hoistway
    master-key rotate` makes them."""

    def __init__(self, master_key: bytes, *older: bytes, file: Path | None = None) -> None:
        self._file = file
        self._looked: tuple[int, int, int] | None = None
        self._take((master_key, *older))

    def _take(self, keys: tuple[bytes, ...]) -> None:
        self._keys = keys
        self._aeads = [AESGCM(key) for key in keys]

    def follow(self) -> None:
        """Reads the file again if it changed. A file that can't be read, or that shares no key with the known ones, is
        ignored: a key that was put there by mistake must seal nothing."""
        if self._file is None:
            return
        try:
            found = self._file.stat()
            looked = (found.st_mtime_ns, found.st_ino, found.st_size)
            if looked == self._looked:
                return
            keys = read_master_keys(self._file.read_text())
        except (OSError, ValueError):
            return
        self._looked = looked
        if set(keys) & set(self._keys):
            self._take(keys)

    def seal(self, name: str, value: bytes) -> bytes:
        self.follow()
        nonce = os.urandom(12)
        return _VERSION + nonce + self._aeads[0].encrypt(nonce, value, name.encode())

    def is_newest(self, name: str, sealed: bytes) -> bool:
        """True where it was sealed under the first key."""
        return self._opened(self._aeads[:1], name, sealed) is not None

    def open(self, name: str, sealed: bytes) -> bytes:
        """Raises WrongMasterKey."""
        value = self._opened(self._aeads, name, sealed)
        if value is None:
            self.follow()
            value = self._opened(self._aeads, name, sealed)
        if value is None:
            source = "HOISTWAY_MASTER_KEY" if self._file is None else f"HOISTWAY_MASTER_KEY_FILE ({self._file})"
            raise WrongMasterKey(
                f"{name} was sealed under another master key than that in {source}: give the one this database was made with"
            )
        return value

    @staticmethod
    def _opened(aeads: Sequence[AESGCM], name: str, sealed: bytes) -> bytes | None:
        for aead in aeads:
            with suppress(InvalidTag):
                return aead.decrypt(sealed[1:13], sealed[13:], name.encode())
        return None


def read_master_key(text: str) -> bytes:
    """32 bytes in base64url. Raises ValueError."""
    try:
        key = base64.urlsafe_b64decode(text.strip() + "=" * (-len(text.strip()) % 4))
    except (binascii.Error, ValueError) as error:
        raise ValueError("the master key must be 32 bytes in base64url") from error
    if len(key) != 32:
        raise ValueError("the master key must be 32 bytes in base64url")
    return key


def read_master_keys(text: str) -> tuple[bytes, ...]:
    """The newest first; the others only open what was sealed before. Raises ValueError."""
    words = text.split()
    if len(words) > MOST_KEYS:
        raise ValueError(f"at most {MOST_KEYS} master keys may stand there: run `hoistway master-key forget-old`")
    return tuple(read_master_key(word) for word in words or [""])


def write_master_key(path: Path) -> None:
    """Creates a key, readable by its owner alone. Raises FileExistsError, because replacing a key would make a database
    unreadable that was sealed under it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(base64.urlsafe_b64encode(os.urandom(32)).decode() + "\n")
    keep_named(path)


def keep_master_key(path: Path) -> None:
    """The demonstration's key; created where it is missing. In production a missing file is an error, because a
    mistyped path must not create a second key."""
    if not path.exists():
        write_master_key(path)
