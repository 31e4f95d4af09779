"""Reads a digest in the form in which another system wrote it."""

import os
import re
from collections.abc import Callable
from typing import Final

from hoistway.authn.argon2id import SALT_BYTES, TODAYS, Digest, read_digest, write_digest
from hoistway.authn.foreign.aspnet import read_aspnet
from hoistway.authn.foreign.costs import SHORTEST_TAG, BadDigest, check_argon2, check_cost, is_weak
from hoistway.authn.foreign.deriving import FROM_BCRYPT, wrap
from hoistway.authn.foreign.kept import Kept, decode
from hoistway.authn.foreign.keycloak import read_keycloak
from hoistway.authn.foreign.scrypts import read_crypt_scrypt, read_firebase, read_lambdaworks
from hoistway.protocol.numbers import read_whole

Foreign = Kept | Digest
LONGEST: Final = 4000
FORMS: Final = (
    "bcrypt ($2a$, $2b$, $2y$), PBKDF2 (Keycloak's credential, ASP.NET Identity's, Django's, passlib's), "
    "scrypt ($scrypt$, $7$, $s0$, $fbscrypt$), {SSHA}, {SSHA256}, {SSHA512}, sha256$salt$hex, argon2i and argon2id"
)
_BCRYPT = re.compile(r"\$2([a-z]?)\$([0-9]{2})\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})")
_PASSLIB = re.compile(
    r"\$(pbkdf2(?:-sha(?:1|256|512))?|scrypt|argon2i(?=\$v=19\$))\$(?:v=19\$)?([a-z0-9=,]{1,80})\$([A-Za-z0-9+/.=]{0,700})\$([A-Za-z0-9+/.=]+)"
)
_DJANGO = re.compile(r"pbkdf2[_:](sha1|sha256|sha512)[$:]([0-9]{1,9})\$([^$]{1,200})\$([A-Za-z0-9+/=]+)")
_WERKZEUG = re.compile(r"scrypt:([0-9]{1,9}):([0-9]{1,4}):([0-9]{1,4})\$([^$]{1,200})\$([0-9a-f]+)")
_LDAP = re.compile(r"\{(SSHA|SSHA256|SSHA512)\}([A-Za-z0-9+/=]+)", re.IGNORECASE)
_PLAIN = re.compile(r"(sha1|sha256|sha512)\$([^$]{1,200})\$([0-9A-Fa-f]+)")
_SIZES = {"sha1": 20, "sha256": 32, "sha512": 64}
_LDAP_KINDS = {"ssha": "sha1", "ssha256": "sha256", "ssha512": "sha512"}
_UNSAFE = {
    "$2x$": "was made by a bcrypt with a known fault",
    "$1$": "is MD5, which is guessed too fast",
    "$argon2d$": "is argon2d, which is not for passwords",
    "$5$": "is of a kind that is not read",
    "$6$": "is of a kind that is not read",
}


def _needed(raw: bytes | None) -> bytes:
    if raw is None:
        raise BadDigest("a part of the digest is not base64: was it cut off, or changed by a spreadsheet?")
    return raw


def _bcrypt(text: str) -> Kept | None:
    found = _BCRYPT.fullmatch(text)
    if found is None or found[1] not in {"a", "b", "y"}:
        return None
    salt, tag = (decode(part.encode().translate(FROM_BCRYPT).decode()) for part in (found[3], found[4]))
    return Kept("bcrypt", {"r": read_whole(found[2], 0, 99) or 0}, _needed(salt), _needed(tag))


def _numbers(text: str) -> dict[str, int]:
    pairs = [one.partition("=") for one in text.split(",")]
    return {name: read_whole(said, 0, 2**40) or 0 for name, _, said in pairs}


def _passlib(text: str) -> Kept | None:
    """Also PHC strings. passlib's base64 has a full stop for the plus."""
    found = _PASSLIB.fullmatch(text)
    if found is None:
        return None
    kind, said = "pbkdf2-sha1" if found[1] == "pbkdf2" else found[1], found[2]
    numbers = _numbers(said if "=" in said else f"i={said}")
    salt, tag = (_needed(decode(part.replace(".", "+"))) for part in (found[3], found[4]))
    wanted = {"scrypt": ("ln", "r", "p"), "argon2i": ("m", "t", "p")}.get(kind, ("i",))
    if not all(numbers.get(name) for name in wanted):
        raise BadDigest(f"the digest's numbers {', '.join(wanted)} are missing or can't be read")
    return Kept(kind, {name: numbers[name] for name in wanted}, salt, tag)


def _django(text: str) -> Kept | None:
    """Also Werkzeug's, whose tag is hexadecimal. The salt is text."""
    found = _DJANGO.fullmatch(text)
    if found is None:
        return None
    tag = bytes.fromhex(found[4]) if text[6] == ":" and _is_hex(found[4]) else decode(found[4])
    return Kept(f"pbkdf2-{found[1]}", {"i": read_whole(found[2], 0, 10**9) or 0}, found[3].encode(), _needed(tag))


def _is_hex(text: str) -> bool:
    return len(text) % 2 == 0 and re.fullmatch("[0-9a-fA-F]+", text) is not None


def _werkzeug(text: str) -> Kept | None:
    found = _WERKZEUG.fullmatch(text)
    if found is None or not _is_hex(found[5]):
        return None
    n, r, p = (read_whole(one, 1, 10**9) or 1 for one in found.groups()[:3])
    if n & (n - 1):
        raise BadDigest("scrypt's N is no power of two")
    return Kept("scrypt", {"ln": n.bit_length() - 1, "r": r, "p": p}, found[4].encode(), bytes.fromhex(found[5]))


def _ldap(text: str) -> Kept | None:
    """RFC 2307 and what directories made of it: the salt stands behind the tag, and behind the password."""
    found = _LDAP.fullmatch(text)
    if found is None:
        return None
    name, raw = _LDAP_KINDS[found[1].lower()], _needed(decode(found[2]))
    size = _SIZES[name]
    if len(raw) <= size:
        raise BadDigest(f"{{{found[1]}}} has no salt: {len(raw)} bytes where more than {size} are needed")
    return Kept(f"salted-{name}", {"first": 0}, raw[size:], raw[:size])


def _plain(text: str) -> Kept | None:
    """`sha256$salt$hex`, where the salt stands before the password."""
    found = _PLAIN.fullmatch(text)
    if found is None or len(found[3]) != 2 * _SIZES[found[1]]:
        return None
    return Kept(f"salted-{found[1]}", {"first": 1}, found[2].encode(), bytes.fromhex(found[3]))


READERS: Final[tuple[Callable[[str], Foreign | None], ...]] = (
    read_digest, _bcrypt, _passlib, _django, _werkzeug, _ldap, _plain, read_crypt_scrypt, read_lambdaworks, read_firebase,
    read_keycloak, read_aspnet,
)  # fmt: skip


def read_foreign(text: str) -> Foreign:
    """Computes nothing. Raises BadDigest."""
    text = text.strip()
    if len(text) > LONGEST:
        raise BadDigest(f"the digest has more than {LONGEST} characters")
    found = next((kept for reader in READERS if (kept := reader(text)) is not None), None)
    if found is None:
        why = next((said for begin, said in _UNSAFE.items() if text.startswith(begin)), "is of no form that is known")
        raise BadDigest(f"the digest {why}. Known are {FORMS}. Without a digest the person resets the password.")
    check_digest(found)
    return found


def check_digest(digest: Foreign) -> None:
    """Raises BadDigest."""
    if isinstance(digest, Kept):
        check_cost(digest)
        return
    check_argon2(digest.cost)
    if len(digest.tag) < SHORTEST_TAG:
        raise BadDigest("the digest is too short: is it cut off?")


def keep(digest: Foreign) -> str:
    """The text that is stored. Takes as long as argon2id for a weak one, which is wrapped."""
    if not isinstance(digest, Kept):
        return write_digest(digest.cost, digest.salt, digest.tag)
    return wrap(digest, TODAYS, os.urandom(SALT_BYTES)).text if is_weak(digest) else digest.text
