"""Passwords as argon2id digests, hashed in a few threads behind a bounded queue (https://www.rfc-editor.org/rfc/rfc9106)."""

import asyncio
import os
import secrets
import string
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic
from typing import TypeVar
from unicodedata import normalize

from hoistway.authn import argon2id
from hoistway.authn.argon2id import SALT_BYTES, TAG_BYTES, TODAYS, derive, read_digest, write_digest
from hoistway.authn.foreign import deriving
from hoistway.authn.foreign.kept import read_kept
from hoistway.authn.turns import Full, Turns
from hoistway.measures import Times
from hoistway.protocol.errors import TemporarilyUnavailable
from hoistway.store.patience import leave_out

T = TypeVar("T")
LONGEST = 1024
COST = TODAYS.text
"""How the digests of this program begin."""
POLITENESS = 10
"""By how much threads that hash are nicer than others (setpriority(2))."""
_LETTERS = string.ascii_letters + string.digits


def generate_password(length: int = 28) -> str:
    """Letters and digits only, because some programs put a password into a form without encoding it."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def random_digest(cost: str = COST) -> str:
    """The digest of a password that nobody knows: verifying against it takes as long as against any other of that cost."""
    made = write_digest(TODAYS, os.urandom(SALT_BYTES), os.urandom(TAG_BYTES))
    return cost + made.removeprefix(COST)


def digest_like(digest: str) -> str:
    """The digest of a password that nobody knows: verifying against it takes as long as against this one."""
    if (ours := read_digest(digest)) is not None:
        return write_digest(ours.cost, os.urandom(len(ours.salt)), os.urandom(len(ours.tag)))
    foreign = read_kept(digest)
    return random_digest() if foreign is None else foreign.of_nobody().text


def _step_back() -> None:
    """Gives this thread a lower priority than all other work. If the system refuses that, it runs like any other."""
    if sys.platform == "linux":
        with suppress(OSError):
            # A thread that wakes up does not displace a running one (sched(7)).
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        with suppress(OSError):
            thread = threading.get_native_id()
            nice = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, min(nice + POLITENESS, 19))


def is_digest(text: str) -> bool:
    return read_digest(text) is not None or deriving.is_foreign(text)


def shape_of(digest: str) -> str:
    """What is the same of all digests that cost the same: everything but salt and tag."""
    return digest.rsplit("$", 2)[0]


def _composed(password: str) -> str:
    """The same letters are the same bytes, whatever the keyboard sends (SP 800-63B-4 section 3.1.1.2)."""
    return password if password.isascii() else normalize("NFC", password)


class Passwords:
    """At most `waiting` hashes wait, a quarter of them for one account. Callers and accounts take turns; a request
    without a place is answered 503."""

    def __init__(self, threads: int | None = None, waiting: int = 200) -> None:
        threads = threads or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(threads, "argon2", _step_back)
        # One more than there are threads, so that no thread waits for the event loop between two hashes.
        self._turns = Turns(threads + 1, waiting, max(1, waiting // 4))
        self.waited, self.hashed, self.turned_away = Times(), Times(), 0

    async def hash(self, password: str, *, caller: str = "", account: str = "") -> str:
        """Raises TemporarilyUnavailable."""
        return await self._run(lambda: self.hash_now(password), caller, account)

    def hash_now(self, password: str) -> str:
        """For the command line, where nothing else waits."""
        salt = os.urandom(SALT_BYTES)
        return write_digest(TODAYS, salt, derive(_composed(password)[:LONGEST], TODAYS, salt))

    async def matches(self, digest: str, password: str, *, caller: str = "", account: str = "") -> bool:
        """Raises TemporarilyUnavailable."""
        return await self._run(lambda: self._verify(digest, password), caller, account)

    def is_outdated(self, digest: str) -> bool:
        """True where it was made with other parameters than this program uses, or came from another system."""
        if deriving.is_foreign(digest):
            return True
        found = read_digest(digest)
        return found is not None and (found.cost, len(found.salt), len(found.tag)) != (TODAYS, SALT_BYTES, TAG_BYTES)

    def _verify(self, digest: str, password: str) -> bool:
        is_of, word = deriving.is_of if deriving.is_foreign(digest) else argon2id.is_of, _composed(password)
        # Digests from elsewhere, and from before, are of what was typed, however it was composed.
        return is_of(digest, word[:LONGEST]) or (word != password and is_of(digest, password[:LONGEST]))

    async def _run(self, work: Callable[[], T], caller: str, account: str) -> T:
        begun = monotonic()
        try:
            await self._turns.take(caller, account)
        except Full as full:
            self.turned_away += 1
            text = "Too many sign-ins are waiting: try again in a few seconds."
            raise TemporarilyUnavailable(text, log="argon2 queue is full", retry_after=5) from full
        turn_at = monotonic()
        self.waited.add(turn_at - begun)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._turns.give()
            self.hashed.add(monotonic() - turn_at)
            leave_out(begun)

    @property
    def waiting(self) -> int:
        return self._turns.waiting

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
