"""Asks the other side behind the answer, compares, and counts: bounded, and nobody waits for it."""

import random
import ssl
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from queue import Full, Queue
from threading import Lock, Thread
from time import monotonic
from typing import Final
from zlib import crc32

from msgspec import Struct, field

from hoistway.journal import LOG
from hoistway.replay.carrying import Which
from hoistway.replay.comparing import compare, is_ignored, kind_of_path, only_asks, shape_of
from hoistway.replay.differing import Bases, Difference, origin
from hoistway.replay.grouping import Groups
from hoistway.replay.recorded import Skipped, members_made
from hoistway.replay.sending import Answer, Side
from hoistway.shadow.asked import Asked, Whose
from hoistway.shadow.pairs import Pairs
from hoistway.shadow.settings import Rules, Wanted

WAITING: Final = 200
LONGEST: Final = 512 * 1024
"""Bytes of a request and its answer that may wait."""
RESTS: Final = 3600.0
"""Seconds for which a side that refused somebody is not asked about them again."""
MOST_RESTING: Final = 10_000
THREADS: Final = 4
USER_AGENT: Final = "hoistway-shadow"
_PROVES: Final = frozenset(("password", "client_credentials", "refresh_token"))
Tell = Callable[[Asked, list[Difference]], None]


class Counts(Struct):
    """`left_out` counts why requests were not compared."""

    compared: int = 0
    same: int = 0
    differ: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    groups: Groups = field(default_factory=Groups)


class _Job(Struct, frozen=True):
    asked: Asked
    account: str | None
    by: Which
    answer: Answer
    rules: Rules


class Comparing:
    """`tell` is called for each comparison, by one thread at a time."""

    def __init__(self, wanted: Wanted, trust: ssl.SSLContext, tell: Tell) -> None:
        self._wanted, self._trust, self._tell = wanted, trust, tell
        # One for each thread: what a program sends is compared in its order, for a call carries the token of the request before.
        self._queues: list[Queue[_Job | None]] = [Queue(WAITING // THREADS) for _ in range(THREADS)]
        self._lock = Lock()
        self._second, self._in_second = 0.0, 0
        self.counts, self.pairs = Counts(), Pairs()
        # Until when, by digests of side and account.
        self._resting: dict[bytes, float] = {}
        self._threads = [Thread(target=self._work, args=(jobs,), daemon=True) for jobs in self._queues]
        for thread in self._threads:
            thread.start()

    def offer(self, asked: Asked, about: Whose, by: Which, answer: Answer, rules: Rules) -> None:
        """Called after the answer; returns at once."""
        why = self._why_not(asked, about, answer)
        if why is None:
            try:
                place = crc32((about.application or "").encode()) % THREADS
                self._queues[place].put_nowait(_Job(asked, about.account, by, answer, rules))
            except Full:
                why = f"{WAITING // THREADS} requests were waiting already"
        if why is not None:
            with self._lock:
                self.counts.left_out[why] += 1

    def _why_not(self, asked: Asked, about: Whose, answer: Answer) -> str | None:
        if not about.readable:
            return "its form is longer than either side reads"
        if len(asked.body) + len(answer.body) > LONGEST:
            return f"request and answer have more than {LONGEST >> 10} kB"
        if not only_asks(asked.method, asked.path):
            return f"a {asked.method} may change something"
        if asked.header("cookie") is not None:
            return "a person's session counts at the side that began it alone"
        if kind_of_path(asked.path) == "token":
            # A wrong password or secret, sent on, would count towards the other side's lockout.
            if answer.status != 200:
                return "a refused token request is not sent on"
            if about.grant not in _PROVES:
                return "a code counts at the side that gave it alone"
        # No secret hangs on it: which requests are taken may be guessed.
        if random.random() >= self._wanted.share:  # noqa: S311
            return "not in the share"
        now = monotonic()
        if now - self._second >= 1:
            self._second, self._in_second = now, 0
        self._in_second += 1
        return None if self._in_second <= self._wanted.rate else f"more than {self._wanted.rate} in a second"

    def _work(self, jobs: Queue[_Job | None]) -> None:
        sides: dict[Which, Side] = {name: Side(self._trust, self._wanted.seconds) for name in ("old", "new")}
        while (job := jobs.get()) is not None:
            try:
                self._compare(job, sides["new" if job.by == "old" else "old"])
            except Skipped as why:
                with self._lock:
                    self.counts.left_out[str(why)] += 1
            except Exception as error:
                LOG.error("comparison failed", path=shape_of(job.asked.path), exc_info=error)
        for side in sides.values():
            side.close()

    def _compare(self, job: _Job, side: Side) -> None:
        asked, wanted, rules = job.asked, self._wanted, job.rules
        headers, body = self.pairs.carried(asked)
        headers += [("user-agent", USER_AGENT), ("accept-encoding", "identity")]
        targets = {"old": asked.target, "new": rules.renamed(asked.target)}
        base, target = (wanted.new, targets["new"]) if job.by == "old" else (wanted.old, targets["old"])
        proves = kind_of_path(asked.path) == "token" and job.account is not None
        who = sha256(f"{job.by}\x00{job.account}".encode("utf-8", "surrogatepass")).digest()
        if proves and self._resting.get(who, 0.0) > monotonic():
            raise Skipped(
                "the other side refused this account within the hour: asking on would count towards its lockout"
            )
        other = side.ask(base, asked.method, target, headers, body)
        if proves and 400 <= other.status < 500:
            self._rest(who)
        self.pairs.learn(members_made(job.answer.body), members_made(other.body))
        old, new = (job.answer, other) if job.by == "old" else (other, job.answer)
        urls = (origin(wanted.old) + targets["old"], origin(wanted.new) + targets["new"])
        bases = Bases((wanted.old.lower(),), (wanted.new.lower(),), rules.paths)
        kind = kind_of_path(asked.path)
        found = [
            one
            for one in compare(asked.path, urls, old, new, bases)
            if not is_ignored(one, kind, asked.path, rules.ignore)
        ]
        differs = any(wanted.strict or not one.is_note for one in found)
        with self._lock:
            self.counts.compared += 1
            self.counts.differ += differs
            self.counts.same += not differs
            for one in found:
                self.counts.groups.add(kind, asked.method, shape_of(asked.path), asked.number, one)
            self._tell(asked, found)

    def _rest(self, who: bytes) -> None:
        with self._lock:
            self._resting.pop(who, None)
            while len(self._resting) >= MOST_RESTING:
                del self._resting[next(iter(self._resting))]
            self._resting[who] = monotonic() + RESTS

    def end(self, within: float) -> None:
        """What still waits after so many seconds is not compared."""
        by = monotonic() + within
        for jobs in self._queues:
            try:
                jobs.put(None, timeout=max(0.0, by - monotonic()))
            except Full:
                return
        for thread in self._threads:
            thread.join(max(0.0, by - monotonic()))
