"""Passwords of technical accounts that were proven a moment ago, in this process's memory only
(docs/adr/0025-remembered.md).

A right password then costs a keyed digest instead of argon2. A wrong one learns nothing from this, and is compared the
slow way.
"""

import hmac
import os
from hmac import compare_digest
from typing import Final, Literal, NamedTuple

from hoistway.protocol.ids import CustomerId, ServiceAccountId
from hoistway.protocol.two_passwords import Which, which_of
from hoistway.store.service_accounts import ServiceAccount

MOST: Final = 10_000
Outcome = Literal["known", "other", "nothing"]
Place = tuple[ServiceAccountId, Which]


class _Kept(NamedTuple):
    tag: bytes
    proven_at: int
    customer_id: CustomerId


class Remembered:
    """Each of an account's two passwords for `seconds` from its proof, at most `most` in all; 0 seconds turns it off.
    When it is full, the customer with the most entries gives up its oldest one, so that one customer can't push out
    another's. `asked_for` counts passwords, `hits` those that were not hashed."""

    def __init__(self, seconds: int, most: int = MOST) -> None:
        self.seconds = seconds
        self.asked_for = self.hits = 0
        self._most = most
        # Made by each process for itself: workers are forked before it exists.
        self._mac = hmac.new(os.urandom(32), digestmod="sha256")
        self._nothing = os.urandom(32)
        self._kept: dict[Place, _Kept] = {}
        self._of: dict[CustomerId, dict[Place, None]] = {}
        self._tried: set[str] = set()

    def __len__(self) -> int:
        return len(self._kept)

    def _tag(self, account: ServiceAccount, password: str) -> bytes:
        """Each part is preceded by its length, so that no two combinations of row and password give the same text. A
        changed row gives another tag."""
        secret = account.secret(which_of(password))
        facts = (
            account.id, account.customer_id, secret.digest, str(secret.changed_at), str(account.ended_at), password,
        )  # fmt: skip
        parts = [fact.encode("utf-8", "surrogatepass") for fact in facts]
        mac = self._mac.copy()
        mac.update(b"".join(b"%d:%b" % (len(part), part) for part in parts))
        return mac.digest()

    def compare(self, account: ServiceAccount, password: str, guesses: str, now: int) -> Outcome:
        """`known` where the password was proven for this very row. For `other`, a password that differs from the proven
        one, the caller reports when that was counted; until then nothing is compared for the same `guesses`, because
        parallel guesses would otherwise all be compared before the first one counts."""
        self.asked_for += 1
        if not self.seconds or guesses in self._tried:
            return "nothing"
        kept = self._kept.get((account.id, which_of(password)))
        # Computed and compared even if nothing is remembered, so that it takes the same time.
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
        """The differing password was counted as a failure, or was right after all."""
        self._tried.discard(guesses)

    def keep(self, account: ServiceAccount, password: str, now: int) -> None:
        """The password was proven by argon2, for the row as it was locked."""
        if not self.seconds:
            return
        place = (account.id, which_of(password))
        self.forget(place)
        if len(self._kept) >= self._most:
            self._make_room(account.customer_id)
        self._kept[place] = _Kept(self._tag(account, password), now, account.customer_id)
        self._of.setdefault(account.customer_id, {})[place] = None

    def forget(self, place: Place) -> None:
        kept = self._kept.pop(place, None)
        if kept is None:
            return
        theirs = self._of[kept.customer_id]
        del theirs[place]
        if not theirs:
            del self._of[kept.customer_id]

    def sweep(self, now: int) -> None:
        """Called every second, so that expired entries do not stay until somebody asks. The oldest come first."""
        while self._kept:
            place, kept = next(iter(self._kept.items()))
            if self._is_fresh(kept, now):
                return
            self.forget(place)

    def _is_fresh(self, kept: _Kept, now: int) -> bool:
        """Also False where the clock was set back, because the entry would be kept for longer."""
        return kept.proven_at <= now < kept.proven_at + self.seconds

    def _make_room(self, customer_id: CustomerId) -> None:
        largest = max(self._of, key=lambda one: len(self._of[one]))
        if len(self._of[largest]) <= len(self._of.get(customer_id, ())):
            largest = customer_id
        self.forget(next(iter(self._of[largest])))
