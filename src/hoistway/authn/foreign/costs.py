"""What a digest from elsewhere may cost: each attempt to sign in costs us what the digest says, so that the bound is at import."""

from typing import Final

from hoistway.authn.argon2id import Cost
from hoistway.authn.foreign.deriving import PBKDF2, SALTED
from hoistway.authn.foreign.kept import Kept

MEMORY: Final = 64 * 1024 * 1024
"""Bytes."""
ROUNDS: Final = 2_000_000
"""Of PBKDF2, for each block of its output: about a second of one processor, as are the others."""
BCRYPT: Final = 14
ARGON2: Final = 640 * 1024
"""KiB of memory times passes."""
SCRYPT: Final = 2**21
"""N times r times p."""
LANES: Final = 16
SHORTEST_TAG: Final = 16
"""Bytes. With a shorter one, other passwords match, too."""
_BLOCK = {"sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}
_WEAK_ROUNDS = 100_000
_WEAK_BCRYPT = 9
_WEAK_SCRYPT = 2**17


class BadDigest(ValueError):
    """It can't be taken over; the text says why and what to do, and holds nothing of the digest but numbers."""


def rounds_of(digest: Kept) -> int:
    """Of PBKDF2: each block of its output costs all of them."""
    return digest.numbers["i"] * -(-len(digest.tag) // _BLOCK[PBKDF2[digest.kind]])


def check_argon2(cost: Cost) -> None:
    """Raises BadDigest."""
    if cost.kibibytes * 1024 > MEMORY:
        raise BadDigest(_costly(f"{cost.kibibytes // 1024} MiB of memory", f"{MEMORY >> 20} MiB"))
    if cost.kibibytes * cost.passes > ARGON2:
        raise BadDigest(_costly(f"{cost.passes} passes over {cost.kibibytes} KiB", f"{ARGON2} KiB passed over in all"))
    if cost.lanes > LANES:
        raise BadDigest(_costly(f"{cost.lanes} lanes", f"{LANES}"))


def check_cost(digest: Kept) -> None:
    """Raises BadDigest."""
    numbers = digest.numbers
    if digest.kind == "bcrypt" and not 4 <= numbers["r"] <= BCRYPT:
        raise BadDigest(_costly(f"bcrypt's cost {numbers['r']}", f"4 to {BCRYPT}"))
    if digest.kind in PBKDF2 and not 0 < rounds_of(digest) <= ROUNDS:
        raise BadDigest(_costly(f"{rounds_of(digest)} rounds of PBKDF2", f"1 to {ROUNDS}"))
    if digest.kind.endswith("scrypt"):
        _check_scrypt(numbers["ln"], numbers["r"], numbers["p"])
    if digest.kind == "argon2i":
        check_argon2(Cost(numbers["m"], numbers["t"], numbers["p"]))
    if len(digest.tag) < SHORTEST_TAG:
        raise BadDigest(f"the digest has {len(digest.tag)} bytes, fewer than {SHORTEST_TAG}: is it cut off?")


def _check_scrypt(ln: int, r: int, p: int) -> None:
    if not (1 <= ln <= 30 and r >= 1 and p >= 1) or 128 * r << ln > MEMORY:
        raise BadDigest(_costly(f"scrypt's ln={ln}, r={r}, p={p}", f"128 · r · 2^ln up to {MEMORY >> 20} MiB"))
    if (r * p) << ln > SCRYPT:
        raise BadDigest(_costly(f"scrypt's ln={ln}, r={r}, p={p}", f"r · p · 2^ln up to {SCRYPT}"))


def _costly(what: str, bound: str) -> str:
    return (
        f"{what} would be the cost of every attempt to sign in, and {bound} is what is taken: leave the digest out, and let the person "
        "reset the password"
    )


def is_weak(digest: Kept) -> bool:
    """True where a thief of the database would try millions of passwords in a second."""
    numbers = digest.numbers
    if digest.kind in PBKDF2:
        return rounds_of(digest) < _WEAK_ROUNDS
    if digest.kind == "bcrypt":
        return numbers["r"] < _WEAK_BCRYPT
    if digest.kind.endswith("scrypt"):
        return (numbers["r"] * numbers["p"]) << numbers["ln"] < _WEAK_SCRYPT
    return digest.kind in SALTED
