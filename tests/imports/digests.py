"""Digests of the tests' password in the forms of other systems."""

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import bcrypt
from argon2.low_level import Type, hash_secret_raw

from tests.world import PASSWORD

SALT: Final = b"0123456789abcdef"


@cache
def pbkdf2(name: str = "sha512", rounds: int = 210_000, length: int = 64, word: str = PASSWORD) -> bytes:
    return hashlib.pbkdf2_hmac(name, word.encode(), SALT, rounds, length)


def text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def credential(
    algorithm: str = "pbkdf2-sha512", rounds: int = 210_000, value: bytes | None = None, **more: Any
) -> dict[str, Any]:
    """As Keycloak has it since version 8: JSON in texts."""
    made = pbkdf2(rounds=rounds) if value is None else value
    secret = {"value": text(made), "salt": text(SALT), "additionalParameters": {}}
    data = {"hashIterations": rounds, "algorithm": algorithm, "additionalParameters": more}
    return {
        "id": "c0ffee00-0000-4000-8000-000000000001", "type": "password", "createdDate": 1_700_000_000_000,
        "secretData": json.dumps(secret), "credentialData": json.dumps(data),
    }  # fmt: skip


@cache
def _argon2(memory: int, rounds: int, word: str) -> bytes:
    return hash_secret_raw(word.encode(), SALT, rounds, memory, 1, 32, Type.ID)


def argon2_credential(memory: int = 7168, rounds: int = 5, word: str = PASSWORD) -> dict[str, Any]:
    made = _argon2(memory, rounds, word)
    return credential(
        "argon2", rounds, made, hashLength=["32"], memory=[str(memory)], type=["id"], version=["1.3"], parallelism=["1"]
    )


def _b64(raw: bytes) -> str:
    return text(raw).rstrip("=")


ARGON2: Final = f"$argon2id$v=19$m=7168,t=5,p=1${_b64(SALT)}${_b64(hash_secret_raw(PASSWORD.encode(), SALT, 5, 7168, 1, 32, Type.ID))}"
WEAK: Final = f"pbkdf2_sha1$1000${SALT.decode()}${text(pbkdf2('sha1', 1000, 20))}"
BCRYPT: Final = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()
DIGESTS: Final[Mapping[str, str]] = {
    "argon2": ARGON2, "bcrypt": BCRYPT, "weak": WEAK, "keycloak": json.dumps(credential()),
    "keycloak-argon2": json.dumps(argon2_credential()), "scrypt": "scrypt:32768:8:1$salt$" + hashlib.scrypt(
        PASSWORD.encode(), salt=b"salt", n=32768, r=8, p=1, maxmem=2**27, dklen=64
    ).hex(),
}  # fmt: skip
