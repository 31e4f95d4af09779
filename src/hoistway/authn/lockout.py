"""Slows guessers down, for each account and each address, and lets the owner in from a place where they signed in before.

A guess counts when it has failed, and its outcome is told only where the counters, locked, still allow it: of parallel
guesses no more are told than of those one after the other, and right passwords under way count for nothing
(docs/adr/0016-guessing.md). Names that do not exist are counted alike."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from hoistway.authn.counting import ACCOUNT, ADDRESS, MINUTE, PAIR, Rule, after_failure, is_repeated, wait_of
from hoistway.journal import LOG
from hoistway.protocol.addresses import network_of
from hoistway.protocol.counts import is_round
from hoistway.protocol.text import username_key
from hoistway.store.db import Database, Writer
from hoistway.store.throttle import Counter, find_counters, forgive, lock_counter, put_counter, see_place

SEEN_ANEW = 3600
"""Seconds after which a sign-in at a known place is written down once more."""
MOST_TOLD = 60
"""Failures that one process tells the audit trail in a minute."""


class Locked(Exception):
    """Too many failures; `wait` in seconds."""

    def __init__(self, wait: int) -> None:
        self.wait = wait
        super().__init__(f"locked for {wait} s")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One password that is about to be looked at. `rules` are the counters that judge it, `place` is to be remembered as
    the owner's, None where it just was or can't be told; `caller` and `account` share the queue of hashes.
    `spot`, from 0 to below 1, is the name's own; `of_account` the counter of the name itself."""

    rules: dict[str, Rule]
    pair: str
    place: str | None
    guess: str
    network: str
    caller: str
    account: str
    spot: float
    of_account: str


def _check(counters: Iterable[Counter], rules: dict[str, Rule], now: int) -> None:
    wait = max((wait_of(counter, rules[counter.subject], now) for counter in counters), default=0)
    if wait > 0:
        raise Locked(wait)


class Lockout:
    """`secret` keys the digests, so that the table tells neither names nor addresses nor guesses."""

    def __init__(self, db: Database, secret: bytes) -> None:
        self._db = db
        self._secret = secret
        self._told_at, self._told, self._untold = 0, 0, 0

    def _digest(self, *words: str) -> str:
        return hmac.new(self._secret, "\x00".join(words).encode("utf-8", "surrogatepass"), sha256).hexdigest()

    def account_of(self, username: str) -> str:
        """The counter of the name, wherever it is tried."""
        return self._digest("account", username_key(username))

    def is_told(self, today: int, now: int) -> bool:
        """Whether a failure, the n-th of a day at one place for one account, has an entry of its own in the audit trail:
        the first, the tenth, the hundredth, while there are not too many in all."""
        if not is_round(today):
            return False
        if self._told_at <= now - MINUTE:
            if self._untold:
                LOG.warning("failed sign-ins are missing in the audit trail", missing=self._untold)
            self._told_at, self._told, self._untold = now, 0, 0
        is_told = self._told < MOST_TOLD
        self._told += is_told
        self._untold += not is_told
        return is_told

    async def begin(self, username: str, address: str, password: str, now: int) -> Attempt:
        """Writes nothing: what is under way is no failure, and is forgotten with a process that ends. Raises Locked."""
        name, network = username_key(username), network_of(address)
        pair, place = self._digest("pair", name, network), self._digest("place", name, network)
        account, origin = self.account_of(username), self._digest("address", network)
        subjects = [pair, account] if not network else [pair, account, origin, place]
        found = await find_counters(self._db, subjects)
        seen = found.pop(place, None)
        known, fresh = seen is not None, seen is not None and seen.changed_at > now - SEEN_ANEW
        rules = {pair: PAIR} if known else {pair: PAIR, account: ACCOUNT, origin: ADDRESS}
        if not network:
            # Who can't be told apart is not counted together: the account and its own rate still hold.
            rules = {pair: PAIR, account: ACCOUNT}
        attempt = Attempt(
            rules, pair, place if network and not fresh else None, self._digest("guess", name, password), network,
            caller=origin if network else pair, account=pair if known else account,
            spot=int(account[:8], 16) / 2**32, of_account=account,
        )  # fmt: skip
        _check([counter for subject, counter in found.items() if subject in rules], rules, now)
        return attempt

    async def fail(self, tx: Writer, attempt: Attempt, now: int) -> int:
        """Counts it; returns how many failed today at this place for this account. Raises Locked where others were faster:
        then it is not counted, and what came of it must not be told."""
        # Locked in one order everywhere: parallel guesses wait for each other, and none for ever.
        accounts = {attempt.pair: attempt.of_account}
        counters = {one: await lock_counter(tx, one, now, accounts.get(one)) for one in sorted(attempt.rules)}
        _check(counters.values(), attempt.rules, now)
        # The address hears of the same guess of several accounts, one after the other: theirs tell whether it is new.
        at_place = is_repeated(counters[attempt.pair], attempt.guess, now)
        today = 0
        for subject, counter in counters.items():
            rule = attempt.rules[subject]
            repeated = at_place or (rule is ACCOUNT and is_repeated(counter, attempt.guess, now))
            counted = after_failure(counter, rule, attempt.guess, now, repeated=repeated)
            await put_counter(tx, counted)
            today = counted.day_failures if subject == attempt.pair else today
        return today

    async def succeed(self, tx: Writer, attempt: Attempt, now: int) -> None:
        """Remembers the place and forgives it its failures. Raises Locked where guesses that failed meanwhile lock it."""
        counters = await find_counters(tx, list(attempt.rules))
        _check(counters.values(), attempt.rules, now)
        if attempt.pair in counters:
            await forgive(tx, attempt.pair)
        if attempt.place is not None:
            await see_place(tx, attempt.place, now)
