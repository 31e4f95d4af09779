"""Digests are those of every other argon2id: argon2-cffi and OpenSSL read ours, and we read theirs."""

import os
import threading

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from hoistway.authn.argon2id import Cost, derive, is_of, read_digest, write_digest
from hoistway.authn.passwords import LONGEST, POLITENESS, Passwords, random_digest

WORDS = ("correct horse", "", "pässwörd ☃", "x" * LONGEST, "a\x00b")
CHEAP = Cost(64, 1, 1)


@pytest.mark.parametrize("word", WORDS)
def test_ours_are_read_by_others(word: str) -> None:
    digest = Passwords(1).hash_now(word)
    assert PasswordHasher().verify(digest, word)
    Argon2id.verify_phc_encoded(word.encode(), digest)
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(digest, word + "x")


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize(
    "cost", [CHEAP, Cost(8, 1, 1), Cost(19 * 1024, 2, 1), Cost(64, 3, 2), Cost(256, 1, 4)], ids=lambda cost: cost.text
)
@pytest.mark.parametrize(("salt", "tag"), [(16, 32), (8, 16), (24, 64)])
def test_theirs_are_read(word: str, cost: Cost, salt: int, tag: int) -> None:
    hasher = PasswordHasher(cost.passes, cost.kibibytes, cost.lanes, tag, salt)
    digest = hasher.hash(word)
    assert is_of(digest, word)
    assert not is_of(digest, word + "x")
    made = read_digest(digest)
    assert made is not None
    assert write_digest(made.cost, made.salt, made.tag) == digest
    openssl = Argon2id(salt=made.salt, length=tag, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.kibibytes)
    assert derive(word, cost, made.salt, tag) == openssl.derive(word.encode())


@pytest.mark.parametrize(
    "text",
    [
        "", "none", "$2b$12$abcdefghijklmnopqrstuv", "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2E$aGFzaGhhc2hoYXNo",
        "$argon2id$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2E$aGFzaGhhc2hoYXNo",
        "$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHRzYWx0c2E$aGFzaGhhc2hoYXNo",
        "$argon2id$v=19$m=1,t=1,p=1$c2FsdHNhbHRzYWx0c2E$aGFzaGhhc2hoYXNo",
        "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c$aGFzaGhhc2hoYXNo",
        "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2E$aGFzaGhhc2hoYXNo\n",
    ],
)  # fmt: skip
def test_what_is_no_digest_matches_nothing(text: str) -> None:
    assert not is_of(text, "word")


def test_nothing_matches_a_decoy() -> None:
    assert not any(is_of(random_digest(CHEAP.text), word) for word in WORDS)


async def test_threads_that_hash_step_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are nicer than the thread that answers, which keeps its own priority, and take no processor from one that runs."""
    seen: list[tuple[int, int]] = []

    def look(_self: Passwords, _digest: str, _word: str) -> bool:
        thread = threading.get_native_id()
        seen.append((os.getpriority(os.PRIO_PROCESS, thread), os.sched_getscheduler(thread)))
        return True

    monkeypatch.setattr(Passwords, "_verify", look)
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id()), os.sched_getscheduler(0)
    passwords = Passwords(1)
    assert await passwords.matches("", "")
    passwords.close()
    assert seen == [(min(before[0] + POLITENESS, 19), os.SCHED_BATCH)]
    assert (os.getpriority(os.PRIO_PROCESS, threading.get_native_id()), os.sched_getscheduler(0)) == before
