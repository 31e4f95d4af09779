"""The signing keys of this process: read from the database, created and rotated there (docs/operating.md)."""

import asyncio
import secrets as randomness
from collections.abc import Mapping
from time import monotonic
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from hoistway.protocol.ids import KeyId
from hoistway.protocol.jwt import (
    PrivateKey,
    SigningKey,
    UnknownKey,
    VerifyingKey,
    dump_private,
    load_private,
    public_jwk,
    sign,
    verify,
)
from hoistway.store.db import Conflict, Database, Reader, Writer
from hoistway.store.keys import Key, add_key, all_keys
from hoistway.store.secrets import add_sealed, find_sealed
from hoistway.tokens.vault import Vault

ALGORITHMS = ("ES256", "RS256")
SHORTEST_TOKEN: Final = 300
LONGEST_TOKEN: Final = 86_400
"""Seconds that an API may choose for its tokens. What is revoked is remembered for the longest."""
# Other processes notice a new key only some seconds after it took over, and sign with the old one until then.
LATE = 300
READ_EVERY: Final = 5
"""Seconds after which a process reads the keys anew."""
LEAST_LEAD: Final = 3 * READ_EVERY
"""Seconds for which a key is published before it signs, however urgent: every process has heard of it by then."""
SHARED: Final = ("lockout", "refresh", "cookie", "links")
"""Names of the random values that all processes share."""
READ_AGAIN_AFTER: Final = 1.0
"""Seconds between two readings for the sake of an unknown key."""


class NoKey(Exception):
    """There is no key of that algorithm that may sign now."""


def new_private_key(alg: str) -> PrivateKey:
    """RS256 or ES256."""
    if alg == "RS256":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


class Keyring:
    """Signs and verifies. `load` brings it up to date; an unknown `kid` also leads to a reload before it is refused."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._opened: dict[KeyId, SigningKey] = {}
        self._signing: dict[str, SigningKey] = {}
        self.verifying: dict[str, VerifyingKey] = {}
        self.jwks = self.rsa_jwks = b'{"keys":[]}'
        self._newest: dict[str, int] = {}
        self._reading = asyncio.Lock()
        self._read_again_at = 0.0

    async def load(self, db: Database, now: int) -> None:
        """Raises WrongMasterKey, DatabaseUnavailable."""
        self._vault.follow()
        rows = [
            row for row in await all_keys(db) if row.published_at <= now and (row.gone_at is None or row.gone_at > now)
        ]
        for row in rows:
            if row.id not in self._opened:
                private = load_private(self._vault.open(row.id, row.sealed))
                self._opened[row.id] = SigningKey(row.id, row.alg, private)
        self._opened = {row.id: self._opened[row.id] for row in rows}
        may_sign = [row for row in rows if row.signs_from <= now and (row.retired_at is None or row.retired_at > now)]
        self._signing = {row.alg: self._opened[row.id] for row in may_sign}
        self._newest = {row.alg: row.signs_from for row in sorted(rows, key=lambda row: row.generation)}
        self.verifying = {
            key.kid: VerifyingKey(key.kid, key.alg, key.private.public_key()) for key in self._opened.values()
        }
        published = [public_jwk(key) for key in self.verifying.values()]
        self.jwks = msgspec.json.encode({"keys": published})
        self.rsa_jwks = msgspec.json.encode({"keys": [jwk for jwk in published if jwk["kty"] == "RSA"]})

    def rotates_at(self, alg: str, lifetime: int) -> int:
        """When the newest key has signed as long as it may; 0 without a key."""
        begins = self._newest.get(alg)
        return 0 if begins is None else begins + lifetime

    def is_ready(self) -> bool:
        return all(alg in self._signing for alg in ALGORITHMS)

    def sign(self, alg: str, claims: Mapping[str, Any], typ: str) -> str:
        key = self._signing.get(alg)
        if key is None:
            raise NoKey(alg)
        return sign(key, claims, typ)

    def verify(self, token: str, typ: frozenset[str]) -> dict[str, Any]:
        """With the keys that this process has read. Raises BadToken; UnknownKey where another process may have
        published the key."""
        return verify(token, self.verifying, typ=typ)

    async def verify_late(self, db: Database, token: str, typ: frozenset[str], now: int) -> dict[str, Any]:
        """Also with keys that other processes published a moment ago. Raises BadToken, DatabaseUnavailable."""
        try:
            return self.verify(token, typ)
        except UnknownKey:
            await self.catch_up(db, now)
        return self.verify(token, typ)

    async def catch_up(self, db: Database, now: int) -> None:
        """Reads the keys anew, at most once a second. Callers that arrive while they are being read wait for the
        result, and invented key ids cause no more queries."""
        async with self._reading:
            if monotonic() < self._read_again_at:
                return
            await self.load(db, now)
            self._read_again_at = monotonic() + READ_AGAIN_AFTER


async def make_key(db: Reader, vault: Vault, alg: str, now: int, *, lead: int, after: int | None = None) -> Key:
    """Creates a key that takes over after `lead` seconds, for `publish_key`. `lead` is at least LEAST_LEAD, except for
    the first key of an algorithm. This takes a while, so don't call it inside a transaction. `after` is the generation
    that the caller saw as the newest."""
    if after is None:
        after = max((row.generation for row in await all_keys(db) if row.alg == alg), default=0)
    generation = after + 1
    lead = max(lead, LEAST_LEAD) if after else 0
    key_id = KeyId(f"{alg.lower()}-{generation}-{randomness.token_hex(4)}")
    sealed = vault.seal(key_id, dump_private(new_private_key(alg)))
    return Key(key_id, alg, generation, sealed, published_at=now, signs_from=now + lead)


async def publish_key(tx: Writer, new: Key) -> None:
    """Raises Conflict where another process published a key of this generation first."""
    await add_key(tx, new, gone_at=new.signs_from + LONGEST_TOKEN + LATE)


async def rotate_key(
    db: Database, vault: Vault, alg: str, now: int, *, lead: int, after: int | None = None
) -> KeyId | None:
    """Creates and publishes a key. Returns False where another process did so first."""
    new = await make_key(db, vault, alg, now, lead=lead, after=after)
    try:
        async with db.write() as tx:
            await publish_key(tx, new)
    except Conflict:
        return None
    return new.id


async def rotate_due(db: Database, vault: Vault, now: int, *, lifetime: int, lead: int) -> list[KeyId]:
    """Creates missing keys and, `lead` seconds before a key reaches its lifetime, its successor."""
    made = []
    rows = await all_keys(db)
    for alg in ALGORITHMS:
        newest = max((row for row in rows if row.alg == alg), key=lambda row: row.generation, default=None)
        if newest is None or newest.signs_from + lifetime - lead <= now:
            # Decided by the keys that were read here. If another process adds one meanwhile, that is a conflict, and no
            # reason to create one more.
            seen = 0 if newest is None else newest.generation
            key_id = await rotate_key(db, vault, alg, now, lead=lead, after=seen)
            made += [key_id] if key_id else []
    return made


async def shared_secret(db: Database, vault: Vault, name: str) -> bytes:
    """The random value of that name, created by whichever process asks first."""
    sealed = await find_sealed(db, name)
    if sealed is None:
        async with db.write() as tx:
            await add_sealed(tx, name, vault.seal(name, randomness.token_bytes(32)))
        sealed = await find_sealed(db, name)
    if sealed is None:
        raise RuntimeError("the database lost what was just written")
    return vault.open(name, sealed)
