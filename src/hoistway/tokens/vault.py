"""Seals secrets at rest with AES-256-GCM under the master key (https://csrc.nist.gov/pubs/sp/800/38/d/final)."""

import base64
import binascii
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = b"\x01"


class WrongMasterKey(Exception):
    """What is stored was sealed under another master key."""


class Vault:
    """`name` is bound to the sealed value, so that one can't be put in the place of another."""

    def __init__(self, master_key: bytes) -> None:
        self._aead = AESGCM(master_key)

    def seal(self, name: str, value: bytes) -> bytes:
        nonce = os.urandom(12)
        return _VERSION + nonce + self._aead.encrypt(nonce, value, name.encode())

    def open(self, name: str, sealed: bytes) -> bytes:
        """Raises WrongMasterKey."""
        try:
            return self._aead.decrypt(sealed[1:13], sealed[13:], name.encode())
        except InvalidTag as error:
            raise WrongMasterKey(
                f"{name} was sealed under another master key: give the one this database was made with"
            ) from error


def read_master_key(text: str) -> bytes:
    """32 bytes in base64url. Raises ValueError."""
    try:
        key = base64.urlsafe_b64decode(text.strip() + "=" * (-len(text.strip()) % 4))
    except (binascii.Error, ValueError) as error:
        raise ValueError("the master key must be 32 bytes in base64url") from error
    if len(key) != 32:
        raise ValueError("the master key must be 32 bytes in base64url")
    return key


def write_master_key(path: Path) -> None:
    """A new one, readable by its owner alone. Raises FileExistsError: what a database was sealed under is not replaced."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(base64.urlsafe_b64encode(os.urandom(32)).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())


def keep_master_key(path: Path) -> bytes:
    """The demonstration's: made where it is missing. In production a path with a typing error must not make another."""
    if not path.exists():
        write_master_key(path)
    return read_master_key(path.read_text())
