"""Slows guessers down, for each account and each address, but lets the owner in from places and browsers where they signed
in before.

A guess counts once it has failed, and its outcome is told only if the counters, which are locked then, still allow it.
So parallel guesses reveal no more than guesses one after the other, and right passwords that are being checked count
for nothing (docs/adr/0016-guessing.md). Names that do not exist are counted in the same way.
"""

import hmac
from collections.abc import Iterable
from operator import itemgetter

from msgspec import Struct
from msgspec.structs import replace

from hoistway.authn.counting import ACCOUNT, ADDRESS, BROWSERS, MINUTE, PAIR, Rule, after_failure, is_repeated, wait_of
from hoistway.journal import LOG
from hoistway.protocol.addresses import network_of
from hoistway.protocol.counts import is_round
from hoistway.protocol.text import username_key
from hoistway.store.db import Database, Reader, Writer
from hoistway.store.throttle import (
    Counter,
    find_counters,
    forgive,
    lock_counter,
    look_at_counters,
    put_counter,
    see_place,
)

SEEN_ANEW = 3600
"""Seconds after which a sign-in at a known place is written down once more."""
FEW = 5
"""Attempts that an unfinished sign-in allows."""
MOST_TOLD = 60
"""Failures that one process tells the audit trail in a minute."""


_NAMES = {ACCOUNT: "account", ADDRESS: "address", PAIR: "pair", BROWSERS: "account"}


class Locked(Exception):
    """Too many failures; `wait` in seconds."""

    def __init__(self, wait: int) -> None:
        self.wait = wait
        super().__init__(f"locked for {wait} s")


class Spent(Exception):
    """What allowed few attempts allows no more."""


class Attempt(Struct, frozen=True):
    """One password that is about to be checked. `rules` are the counters that judge it. `place` is stored as one of the
    owner's after a success; None where it was stored a moment ago, or is unknown. `caller` and `account` decide the
    turn in the queue of hashes. `spot`, from 0 up to 1, depends on the name alone; `of_account` is the counter of the
    name itself. `at_home` is true where the owner signed in at this place within the last hour, `spotless` where no
    failure has to be forgiven after a success."""

    rules: dict[str, Rule]
    pair: str
    place: str | None
    guess: str
    network: str
    caller: str
    account: str
    spot: float
    of_account: str
    at_home: bool = False
    spotless: bool = False


def _check(counters: Iterable[Counter], rules: dict[str, Rule], now: int) -> None:
    wait = max((wait_of(counter, rules[counter.subject], now) for counter in counters), default=0)
    if wait > 0:
        raise Locked(wait)


class Lockout:
    """`secret` keys the digests, so that the table reveals neither names nor addresses nor guesses."""

    def __init__(self, db: Database, secret: bytes) -> None:
        self._db = db
        self._mac = hmac.new(secret, digestmod="sha256")
        self._told_at, self._told, self._untold = 0, 0, 0
        self.began = dict.fromkeys(_NAMES.values(), 0)

    def _digest(self, *words: str) -> str:
        # Copied, because preparing the key again would cost three times as much.
        mac = self._mac.copy()
        mac.update("\x00".join(words).encode("utf-8", "surrogatepass"))
        return mac.hexdigest()

    def account_of(self, username: str) -> str:
        """The counter of the name, for attempts from anywhere."""
        return self._digest("account", username_key(username))

    def is_told(self, today: int, now: int) -> bool:
        """True where a failure, the n-th of a day at one place for one account, gets an entry in the audit trail: the
        first, the tenth, the hundredth, as long as there are not too many in all."""
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

    async def begin(
        self, username: str, address: str, password: str, now: int, what: str = "", *, browser: int | None = None
    ) -> Attempt:
        """Writes nothing: an attempt in progress is no failure, and is forgotten if its process ends. `what` is something
        else than the password that is guessed, whose counters are others; only that of the address is the same. `browser` is
        since when the owner signs in in this one: it is counted by itself, wherever it is and whatever its cookie is, and with
        all others that the owner has. Raises Locked."""
        name, network = username_key(username), network_of(address)
        where = network if browser is None else f"browser {browser}"
        pair, place = self._digest(f"{what}pair", name, where), self._digest(f"{what}place", name, network)
        account, origin = self._digest(f"{what}account", name), self._digest("address", network)
        every = self._digest(f"{what}browsers", name)
        asked = [pair, account, origin] if browser is None else [pair, every]
        subjects = [*asked, place] if network else asked[:2]
        found = await look_at_counters(self._db, subjects)
        seen = found.pop(place, None)
        known, fresh = seen is not None or browser is not None, seen is not None and seen.changed_at > now - SEEN_ANEW
        rules = {pair: PAIR} if known else {pair: PAIR, account: ACCOUNT, origin: ADDRESS}
        if browser is not None:
            rules = {pair: PAIR, every: BROWSERS}
        elif not network:
            # Callers without a known address are not counted together; the account and its own rate still apply.
            rules = {pair: PAIR, account: ACCOUNT}
        attempt = Attempt(
            rules, pair, place if network and not fresh else None, self._digest("guess", name, password), network,
            caller=origin if network else pair, account=pair if known else account,
            spot=int(account[:8], 16) / 2**32, of_account=self.account_of(username), at_home=bool(network) and fresh,
            spotless=pair not in found or not found[pair].failures,
        )  # fmt: skip
        _check([counter for subject, counter in found.items() if subject in rules], rules, now)
        return attempt

    async def fail(self, tx: Writer, attempt: Attempt, now: int) -> int:
        """Counts the failure; returns how many failed today at this place for this account. Raises Locked where
        parallel failures locked the counters first: then it is not counted, and its outcome must not be told."""
        # The counters are locked in the same order everywhere, so that parallel guesses can't block each other for
        # ever.
        counters = {
            one: await lock_counter(
                tx, one, now, None if rule is ADDRESS or one == attempt.of_account else attempt.of_account
            )
            for one, rule in sorted(attempt.rules.items(), key=itemgetter(0))
        }
        _check(counters.values(), attempt.rules, now)
        # The counter of the address sees the same password tried at several accounts, one after the other. Whether it
        # is new is decided by the counters of the accounts.
        at_place = is_repeated(counters[attempt.pair], attempt.guess, now)
        today = 0
        for subject, counter in counters.items():
            rule = attempt.rules[subject]
            repeated = at_place or (rule in {ACCOUNT, BROWSERS} and is_repeated(counter, attempt.guess, now))
            counted = after_failure(counter, rule, attempt.guess, now, repeated=repeated)
            await put_counter(tx, counted)
            # It was not locked before: that would have raised.
            if wait_of(counted, rule, now) > 0:
                self.began[_NAMES[rule]] += 1
            today = counted.day_failures if subject == attempt.pair else today
        return today

    async def fail_at(self, tx: Writer, address: str, guess: str, now: int) -> None:
        """Counts a failure of what nobody can guess, such as a signature: for the address alone. Whose it would have been is not
        counted, or whoever knows its name could lock its owner out. Raises Locked."""
        network = network_of(address)
        if not network:
            return
        origin = self._digest("address", network)
        counter, digest = await lock_counter(tx, origin, now), self._digest("guess", guess)
        _check([counter], {origin: ADDRESS}, now)
        counted = after_failure(counter, ADDRESS, digest, now, repeated=is_repeated(counter, digest, now))
        await put_counter(tx, counted)
        if wait_of(counted, ADDRESS, now) > 0:
            self.began[_NAMES[ADDRESS]] += 1

    async def begin_few(self, number: str) -> None:
        """For something that allows few attempts in all, such as an unfinished sign-in. Raises Spent."""
        await self._check_few(self._db, number)

    async def _check_few(self, db: Reader, number: str) -> None:
        subject = self._digest("few", number)
        found = (await find_counters(db, [subject])).get(subject)
        if found is not None and found.failures >= FEW:
            raise Spent

    async def fail_few(self, tx: Writer, number: str, username: str, now: int) -> None:
        """Counts one. Raises Spent where parallel attempts used up the last; its outcome must not be told."""
        counter = await lock_counter(tx, self._digest("few", number), now, self.account_of(username))
        if counter.failures >= FEW:
            raise Spent
        # A day's counter: it is pruned like one.
        await put_counter(tx, replace(counter, failures=counter.failures + 1, day_at=now, changed_at=now))

    async def succeed_few(self, tx: Writer, number: str) -> None:
        """Raises Spent."""
        await self._check_few(tx, number)

    async def succeed(self, tx: Writer, attempt: Attempt, now: int) -> None:
        """Stores the place and clears its failures. Raises Locked where guesses that failed meanwhile lock it."""
        counters = await find_counters(tx, list(attempt.rules))
        _check(counters.values(), attempt.rules, now)
        if attempt.pair in counters:
            await forgive(tx, attempt.pair)
        if attempt.place is not None:
            await see_place(tx, attempt.place, now)
