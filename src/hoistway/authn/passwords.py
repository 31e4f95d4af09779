"""Passwords as argon2id digests, hashed in a few threads behind a bounded queue (https://www.rfc-editor.org/rfc/rfc9106)."""

import asyncio
import base64
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

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError

from hoistway import memory
from hoistway.authn.turns import Full, Turns
from hoistway.measures import Times
from hoistway.protocol.errors import TemporarilyUnavailable
from hoistway.store.patience import leave_out

T = TypeVar("T")
LONGEST = 1024
TIMES, KIBIBYTES, LANES = 2, 19 * 1024, 1
COST = f"$argon2id$v=19$m={KIBIBYTES},t={TIMES},p={LANES}$"
"""How the digests of this program begin."""
QUIET = 3
POLITENESS = 10
"""By how much threads that hash are nicer than others (setpriority(2))."""
_LETTERS = string.ascii_letters + string.digits


def generate_password(length: int = 28) -> str:
    """Letters and digits only: programs exist that put a password into a form without encoding it."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def random_digest(cost: str = COST) -> str:
    """A digest of no known password: verifying against it takes as long as against any other of that cost."""
    salt, tag = (base64.b64encode(os.urandom(size)).decode().rstrip("=") for size in (16, 32))
    return f"{cost}{salt}${tag}"


def _step_back() -> None:
    """This thread leaves the processors to others: whatever else is to be done is done first, and a hash in what is left. Where the system
    refuses that, it runs like any other."""
    if sys.platform == "linux":
        with suppress(OSError):
            # A thread that is woken does not take the place of one that runs (sched(7)).
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        with suppress(OSError):
            thread = threading.get_native_id()
            nice = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, min(nice + POLITENESS, 19))


class Passwords:
    """At most `waiting` hashes queue, a quarter of them for one account; callers and accounts come
    in turn, and who has no place hears 503."""

    def __init__(self, threads: int | None = None, waiting: int = 200) -> None:
        self._hasher = PasswordHasher(time_cost=TIMES, memory_cost=KIBIBYTES, parallelism=LANES, type=Type.ID)
        threads = threads or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(threads, "argon2", _step_back)
        # One more than threads: the next hash is at hand, and no thread waits for the event loop.
        self._turns = Turns(threads + 1, waiting, max(1, waiting // 4))
        self._busy = 0
        self._quiet = QUIET
        self.waited, self.hashed, self.turned_away = Times(), Times(), 0

    async def hash(self, password: str, *, caller: str = "", account: str = "") -> str:
        """Raises TemporarilyUnavailable."""
        return await self._run(lambda: self._hasher.hash(password[:LONGEST]), caller, account)

    def hash_now(self, password: str) -> str:
        """For the command line, where nothing else waits."""
        return self._hasher.hash(password)

    async def matches(self, digest: str, password: str, *, caller: str = "", account: str = "") -> bool:
        """Raises TemporarilyUnavailable."""
        return await self._run(lambda: self._verify(digest, password), caller, account)

    def is_outdated(self, digest: str) -> bool:
        """It was made with other parameters than those of this program."""
        try:
            return self._hasher.check_needs_rehash(digest)
        except InvalidHashError:
            return False

    def _verify(self, digest: str, password: str) -> bool:
        try:
            return self._hasher.verify(digest, password[:LONGEST])
        except (Argon2Error, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T], caller: str, account: str) -> T:
        begun = monotonic()
        try:
            await self._turns.take(caller, account)
        except Full as full:
            self.turned_away += 1
            text = "Too many sign-ins are waiting: try again in a few seconds."
            raise TemporarilyUnavailable(text, log="argon2 queue is full", retry_after=5) from full
        self._busy += 1
        self._quiet = 0
        turn_at = monotonic()
        self.waited.add(turn_at - begun)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._busy -= 1
            self._turns.give()
            self.hashed.add(monotonic() - turn_at)
            leave_out(begun)

    @property
    def waiting(self) -> int:
        return self._turns.waiting

    def give_back(self) -> None:
        """Called every second: a few seconds after the last hash, what hashing took goes back to the system.

        The C library keeps it, 19 MiB a thread, because asking for it anew costs half as much as the hash. That is right
        while people sign in, and wrong for the rest of the day."""
        if self._busy or self._quiet >= QUIET:
            return
        self._quiet += 1
        if self._quiet == QUIET:
            self._pool.submit(memory.give_back)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
