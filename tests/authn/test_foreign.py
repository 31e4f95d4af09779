"""Digests of other systems: samples that their makers published, and others computed by other libraries."""

import base64
import ctypes
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import bcrypt
import pytest
from argon2 import Type
from argon2.low_level import hash_secret, hash_secret_raw

from hoistway.authn.foreign.costs import BadDigest
from hoistway.authn.foreign.deriving import is_foreign, is_of
from hoistway.authn.foreign.kept import read_kept
from hoistway.authn.foreign.reading import keep, read_foreign
from hoistway.authn.passwords import Passwords, digest_like, is_digest, shape_of

WORD = "pässwörd ☃"
RAW = WORD.encode()
SALT = bytes(range(16))
_CRYPT = ctypes.CDLL("libcrypt.so.1")
_CRYPT.crypt.restype = ctypes.c_char_p


def crypt(word: bytes, setting: str) -> str:
    """The system's own, which has nothing in common with the library that is tested."""
    made: bytes = _CRYPT.crypt(word, setting.encode())
    return made.decode()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def keycloak(algorithm: str, iterations: int, tag: bytes, **more: Any) -> str:
    secret = {"value": b64(tag), "salt": b64(SALT), "additionalParameters": {}}
    how = {"hashIterations": iterations, "algorithm": algorithm, "additionalParameters": more}
    return json.dumps({"type": "password", "secretData": json.dumps(secret), "credentialData": json.dumps(how)})


def v3(prf: int, name: str, iterations: int, salt: bytes = SALT, length: int = 32) -> str:
    head = b"".join(number.to_bytes(4, "big") for number in (prf, iterations, len(salt)))
    return b64(b"\x01" + head + salt + hashlib.pbkdf2_hmac(name, RAW, salt, iterations, length))


PUBLISHED = (
    # crypt_blowfish's own vectors.
    ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
    # firebase/scrypt's README.
    (
        (
            "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
            "$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
        ),
        "user1password",
    ),
    # passlib's, Django's and lambdaworks' documentation and tests.
    ("$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E", "password"),
    ("pbkdf2_sha256$10000$seasalt$FQCNpiZpTb0zub+HBsH6TOwyRxJ19FwvjbweatNmK/Y=", "letmein"),
    ("sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8", "lètmein"),
    ("$s0$e0801$epIxT/h6HbbwHaehFnh/bw==$7H0vsXlY8UxxyW/BWx/9GuY7jEvGjT71GFd6O4SZND0=", "secret"),
    ("$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D", "pleaseletmein"),
)
SHA = {"{SSHA}": "sha1", "{SSHA256}": "sha256", "{SSHA512}": "sha512"}
COMPUTED = {
    "bcrypt of crypt(3), b": crypt(RAW, "$2b$04$abcdefghijklmnopqrstuu"),
    "bcrypt of crypt(3), y": crypt(RAW, "$2y$09$abcdefghijklmnopqrstuu"),
    "bcrypt of crypt(3), a": crypt(RAW, "$2a$05$ZZZZZZZZZZZZZZZZZZZZZu"),
    "scrypt of crypt(3)": crypt(RAW, "$7$B6..../....saltsaltsalt"),
    "Keycloak, argon2id": keycloak(
        "argon2",
        5,
        hash_secret_raw(RAW, SALT, 5, 7168, 1, 32, Type.ID),
        hashLength=["32"],
        memory=["7168"],
        type=["id"],
        version=["1.3"],
        parallelism=["1"],
    ),
    "Keycloak, sha512": keycloak("pbkdf2-sha512", 210_000, hashlib.pbkdf2_hmac("sha512", RAW, SALT, 210_000, 64)),
    "Keycloak, sha256 of 64 bytes": keycloak(
        "pbkdf2-sha256", 27_500, hashlib.pbkdf2_hmac("sha256", RAW, SALT, 27_500, 64)
    ),
    "Keycloak, sha1": keycloak("pbkdf2", 20_000, hashlib.pbkdf2_hmac("sha1", RAW, SALT, 20_000, 64)),
    "Keycloak before 8": json.dumps(
        {
            "type": "password",
            "hashedSaltedValue": b64(hashlib.pbkdf2_hmac("sha256", RAW, SALT, 27_500, 64)),
            "salt": b64(SALT),
            "hashIterations": 27_500,
            "algorithm": "pbkdf2-sha256",
            "digits": 0,
            "period": 0,
        }
    ),
    "ASP.NET Identity v2": b64(b"\0" + SALT + hashlib.pbkdf2_hmac("sha1", RAW, SALT, 1000, 32)),
    "ASP.NET Identity v3, sha1": v3(0, "sha1", 10_000),
    "ASP.NET Identity v3, sha256": v3(1, "sha256", 10_000),
    "ASP.NET Identity v3, sha512": v3(2, "sha512", 100_000),
    "ASP.NET Identity v3, long salt and key": v3(2, "sha512", 100_000, SALT * 2, 64),
    "passlib, sha256": f"$pbkdf2-sha256$29000${b64(SALT)[:22].replace('+', '.')}$"
    + b64(hashlib.pbkdf2_hmac("sha256", RAW, SALT, 29_000, 32))[:43].replace("+", "."),
    "passlib, sha1": f"$pbkdf2$131000${b64(SALT)[:22]}$"
    + b64(hashlib.pbkdf2_hmac("sha1", RAW, SALT, 131_000, 20)).rstrip("="),
    "Werkzeug, pbkdf2": "pbkdf2:sha256:150000$SaltSalt$"
    + hashlib.pbkdf2_hmac("sha256", RAW, b"SaltSalt", 150_000).hex(),
    "Werkzeug, scrypt": "scrypt:32768:8:1$SaltSalt$"
    + hashlib.scrypt(RAW, salt=b"SaltSalt", n=32768, r=8, p=1, maxmem=2**26).hex(),
    **{f"LDAP {mark}": mark + b64(hashlib.new(name, RAW + SALT).digest() + SALT) for mark, name in SHA.items()},
    **{f"{name} and hex": f"{name}$salt${hashlib.new(name, b'salt' + RAW).hexdigest()}" for name in SHA.values()},
    "argon2i": hash_secret(RAW, SALT, 3, 4096, 1, 32, Type.I).decode(),
    "argon2i, two lanes": hash_secret(RAW, SALT, 3, 4096, 2, 32, Type.I).decode(),
    "argon2id, four lanes": hash_secret(RAW, b"a salt of another length", 1, 8192, 4, 24, Type.ID).decode(),
}


def matches(digest: str, word: str) -> bool:
    return Passwords(1)._verify(digest, word)


@pytest.mark.parametrize(("text", "word"), PUBLISHED, ids=[text[:12] for text, _ in PUBLISHED])
def test_published_samples_are_read(text: str, word: str) -> None:
    digest = keep(read_foreign(text))
    assert matches(digest, word)
    assert not matches(digest, word + "x")


@pytest.mark.parametrize("name", COMPUTED)
def test_what_others_computed_is_read(name: str) -> None:
    digest = keep(read_foreign(COMPUTED[name]))
    assert is_digest(digest)
    assert matches(digest, WORD)
    for wrong in ("", WORD + "x", WORD[:-1], WORD.upper()):
        assert not matches(digest, wrong)
    assert Passwords(1).is_outdated(digest)
    assert is_foreign(digest) != digest.startswith("$argon2id$")


@pytest.mark.parametrize("name", COMPUTED)
def test_a_decoy_costs_the_same_and_is_of_nobody(name: str) -> None:
    digest = keep(read_foreign(COMPUTED[name]))
    decoy = digest_like(digest)
    assert shape_of(decoy) == shape_of(digest)
    assert (len(decoy), is_digest(decoy)) == (len(digest), True)
    assert decoy != digest
    assert not matches(decoy, WORD)


def test_bcrypt_never_looked_beyond_72_bytes() -> None:
    """Also where the 72nd byte is inside a character. The whole password counts again once the digest is renewed."""
    long = "ä" * 40
    digest = keep(read_foreign(crypt(long.encode()[:72], "$2b$09$abcdefghijklmnopqrstuu")))
    assert matches(digest, long)
    assert matches(digest, long + "anything")
    assert not matches(digest, "ä" * 35)
    odd = "x" + "ä" * 40
    digest = keep(read_foreign(crypt(odd.encode(), "$2b$09$abcdefghijklmnopqrstuu")))
    assert matches(digest, odd)
    assert Passwords(1).hash_now(odd) != digest


@pytest.mark.parametrize("word", ["half\0", "half\0and more", "\0"])
def test_a_zero_byte_is_no_end_of_a_password(word: str) -> None:
    """crypt(3) ends there: with it, half of the password was the whole one."""
    for rounds in ("04", "09"):
        digest = keep(read_foreign(crypt(word.encode(), f"$2b${rounds}$abcdefghijklmnopqrstuu")))
        assert not matches(digest, word)
        assert matches(digest, word.partition("\0")[0])
    assert not matches(keep(read_foreign(bcrypt.hashpw(word.encode(), bcrypt.gensalt(4)).decode())), word)


WEAK = (
    "LDAP {SSHA}",
    "LDAP {SSHA512}",
    "sha256 and hex",
    "ASP.NET Identity v2",
    "ASP.NET Identity v3, sha256",
    "bcrypt of crypt(3), b",
)
STRONG = ("bcrypt of crypt(3), y", "Keycloak, sha512", "ASP.NET Identity v3, sha512", "Werkzeug, scrypt", "argon2i")


@pytest.mark.parametrize("name", WEAK + STRONG)
def test_a_weak_digest_is_never_stored_as_it_came(name: str) -> None:
    """Whoever has the database must compute argon2id for each guess."""
    found, stored = read_foreign(COMPUTED[name]), keep(read_foreign(COMPUTED[name]))
    kept = read_kept(stored)
    assert kept is not None
    assert kept.kind.endswith("-argon2id") == (name in WEAK)
    assert (found.tag == kept.tag) == (name in STRONG)
    if name in WEAK:
        assert {word: kept.numbers[word] for word in ("am", "at", "ap")} == {"am": 19 * 1024, "at": 2, "ap": 1}


DEAR = {
    "bcrypt": "$2b$15$abcdefghijklmnopqrstuuCE5elHaaO4EbggVDjb8P19RukzXSM3e",
    "PBKDF2": b64(b"\x01" + b"".join(number.to_bytes(4, "big") for number in (1, 2**32 - 1, 16)) + SALT + b"x" * 32),
    "scrypt": "$scrypt$ln=20,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
    "lanes of scrypt": "$scrypt$ln=14,r=8,p=99$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
    "memory": "$argon2id$v=19$m=1048576,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43,
    "passes": "$argon2id$v=19$m=65536,t=11,p=1$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43,
    "argon2i": "$argon2i$v=19$m=1048576,t=3,p=1$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43,
    "Keycloak": keycloak("pbkdf2-sha512", 2_000_001, b"x" * 64),
    "blocks of PBKDF2": keycloak("pbkdf2-sha256", 1_000_001, b"x" * 64),
}
OTHER = {
    "a fault of bcrypt": ("$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "known fault"),
    "MD5": ("$1$salt$hash", "MD5"),
    "argon2d": ("$argon2d$v=19$m=64,t=1,p=1$c29tZXNhbHQ$" + "A" * 43, "argon2d"),
    "argon2i of 2015": ("$argon2i$m=4096,t=3,p=1$c29tZXNhbHQ$" + "A" * 43, "no form"),
    "cut off": ("$2b$10$abcdefghijklmnopqrstuu", "no form"),
    "text": ("a password", "no form"),
    "nothing": ("", "no form"),
    "no salt": ("{SSHA}" + b64(b"x" * 20), "no salt"),
    "a PRF of nobody": (b64(b"\x01" + b"\0\0\0\x09" + b"\0\0\x10\0" + b"\0\0\0\x10" + b"x" * 48), "PRF 9"),
    "a salt of nobody": (b64(b"\x01" + b"\0\0\0\x01" + b"\0\0\x10\0" + b"\xff\xff\xff\xff" + b"x" * 48), "4294967295"),
    "one byte of a tag": ("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$" + "A" * 6, "too short"),
    "another PRF of Keycloak": (keycloak("md5", 1, b"x" * 32), "'md5' is not known"),
    "no PRF of Keycloak": (keycloak("argon2", 1, b"x" * 32), "a number of Keycloak"),
    "half of Keycloak": ('{"type": "password", "secretData": "{}", "credentialData": "{}"}', "partial export"),
    "an OTP of Keycloak": ('{"type": "otp", "secretData": "{}"}', "none of the type password"),
    "deep JSON": ('{"secretData": ' + '"' + "[" * 3000 + '"}', "no JSON object"),
    "Firebase's key of another length": (
        "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=AAAA$42xEC+ixf3L2lw==$lSrfV15cpw==",
        "length",
    ),
    "long": ("x" * 4001, "more than 4000"),
}


@pytest.mark.parametrize("name", DEAR)
def test_what_would_cost_too_much_is_refused(name: str) -> None:
    with pytest.raises(BadDigest, match="would be the cost of every attempt"):
        read_foreign(DEAR[name])


@pytest.mark.parametrize("name", OTHER)
def test_what_is_not_read_is_refused_with_words_and_without_the_digest(name: str) -> None:
    text, said = OTHER[name]
    with pytest.raises(BadDigest) as refused:
        read_foreign(text)
    assert said in str(refused.value)
    assert len(text) < 12 or text not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "$bcrypt$$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAA",
        "$bcrypt$r=99$AAAA$AAAAAAAA",
        "$scrypt$ln=90,r=8,p=1$AAAA$AAAAAAAA",
        "$nothing$r=1$AAAA$AAAAAAAA",
        "$bcrypt$r=4,r=5$AAAA$AAAAAAAA",
    ],
)
def test_a_damaged_digest_matches_nothing(text: str) -> None:
    assert not is_of(text, "word")
    assert not matches(text, "word")


def test_many_lanes_do_not_hang() -> None:
    """OpenSSL's own threads wait for each other where two digests are computed at once."""
    digest = keep(read_foreign(COMPUTED["argon2id, four lanes"]))
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda _: matches(digest, WORD), range(6))) == [True] * 6
