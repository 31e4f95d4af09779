"""Passwords of technical accounts that were proven a moment ago, in this process's memory alone (docs/adr/0025-remembered.md).

A right one then costs a keyed digest instead of argon2. A wrong one learns nothing here, and goes the slow way."""

import os
from hmac import compare_digest, digest
from typing import Final, Literal, NamedTuple

from hoistway.protocol.ids import CustomerId, ServiceAccountId
from hoistway.store.service_accounts import ServiceAccount

MOST: Final = 10_000
Outcome = Literal["known", "other", "nothing"]


class _Kept(NamedTuple):
    tag: bytes
    proven_at: int
    customer_id: CustomerId


class Remembered:
    """One password an account, for `seconds` from its proof, of at most `most` accounts; 0 seconds remember nothing. Where there are as
    many, the customer with the most gives up its oldest, so that many accounts of one push out none of another.

    `asked_for` counts passwords, and `hits` those that were not hashed."""

    def __init__(self, seconds: int, most: int = MOST) -> None:
        self.seconds = seconds
        self.asked_for = self.hits = 0
        self._most = most
        # Made by this process for itself: a worker is forked before it has one.
        self._key = os.urandom(32)
        self._nothing = os.urandom(32)
        self._kept: dict[ServiceAccountId, _Kept] = {}
        self._of: dict[CustomerId, dict[ServiceAccountId, None]] = {}
        self._tried: set[str] = set()

    def __len__(self) -> int:
        return len(self._kept)

    def _tag(self, account: ServiceAccount, password: str) -> bytes:
        """Each part with its length before it: no two rows and passwords are the same text. A row that changed is another."""
        facts = (
            account.id, account.customer_id, account.password_digest, str(account.password_changed_at), str(account.ended_at),
            password,
        )  # fmt: skip
        parts = [fact.encode("utf-8", "surrogatepass") for fact in facts]
        return digest(self._key, b"".join(b"%d:%b" % (len(part), part) for part in parts), "sha256")

    def compare(self, account: ServiceAccount, password: str, guesses: str, now: int) -> Outcome:
        """`known` where it was proven for this very row. Where it is `other` than the one that was, the caller says when that has
        counted; until then nothing is compared for these `guesses`: else of many at once all were before the first of them counts."""
        self.asked_for += 1
        if not self.seconds or guesses in self._tried:
            return "nothing"
        kept = self._kept.get(account.id)
        # Computed and compared whether or not there is something to compare with.
        same = compare_digest(self._tag(account, password), self._nothing if kept is None else kept.tag)
        if kept is None:
            return "nothing"
        if not same:
            self._tried.add(guesses)
            return "other"
        if not self._is_fresh(kept, now):
            return "nothing"
        self.hits += 1
        return "known"

    def counted(self, guesses: str) -> None:
        """What came of the one that was another is counted, or was right after all."""
        self._tried.discard(guesses)

    def keep(self, account: ServiceAccount, password: str, now: int) -> None:
        """It was proven by argon2, for the row as it was locked."""
        if not self.seconds:
            return
        self.forget(account.id)
        if len(self._kept) >= self._most:
            self._make_room(account.customer_id)
        self._kept[account.id] = _Kept(self._tag(account, password), now, account.customer_id)
        self._of.setdefault(account.customer_id, {})[account.id] = None

    def forget(self, account_id: ServiceAccountId) -> None:
        kept = self._kept.pop(account_id, None)
        if kept is None:
            return
        theirs = self._of[kept.customer_id]
        del theirs[account_id]
        if not theirs:
            del self._of[kept.customer_id]

    def sweep(self, now: int) -> None:
        """Called every second: what ended is not kept until somebody asks. The oldest stand first."""
        while self._kept:
            account_id, kept = next(iter(self._kept.items()))
            if self._is_fresh(kept, now):
                return
            self.forget(account_id)

    def _is_fresh(self, kept: _Kept, now: int) -> bool:
        """Not where the clock was turned back either: it would be kept for longer."""
        return kept.proven_at <= now < kept.proven_at + self.seconds

    def _make_room(self, customer_id: CustomerId) -> None:
        largest = max(self._of, key=lambda one: len(self._of[one]))
        if len(self._of[largest]) <= len(self._of.get(customer_id, ())):
            largest = customer_id
        self.forget(next(iter(self._of[largest])))
