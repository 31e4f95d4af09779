"""May this be a password? The one function for every place where somebody types a new one (docs/adr/0029-passwords.md;
https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver)."""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from hoistway.authn.breached import BadList, is_breached
from hoistway.authn.guessable import NoEstimate, known_words, why_guessable
from hoistway.authn.passwords import LONGEST
from hoistway.authn.turns import Full, Turns
from hoistway.journal import LOG
from hoistway.protocol.errors import TemporarilyUnavailable

T = TypeVar("T")
ALONE: Final = 15
"""Characters of a password that is the only factor (SP 800-63B-4 section 3.1.1.2)."""
BESIDE: Final = 8
"""The same, beside a second factor."""
MOST_WAITING: Final = 20
OF_ACCOUNT: Final = 10
"""As many wait of one account or link, so that nobody's attempts keep others from a new password."""
_LATER = "Passwords can't be checked right now: try again in a minute."


class Unacceptable(ValueError):
    """`reasons` are keys of sentences (web/password_words), the most helpful first."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(", ".join(self.reasons))


class Acceptable:
    """`breached` is the operator's list. One password is looked at at a time; accounts take turns."""

    def __init__(self, breached: Path | None = None) -> None:
        self._breached = breached
        self._pool = ThreadPoolExecutor(1, "password")
        self._turns = Turns(1, MOST_WAITING, OF_ACCOUNT)

    async def check(self, password: str, known: Iterable[str | None], *, least: int = ALONE, account: str = "") -> None:
        """`least` is ALONE or BESIDE. `known` are the person's name, user name and addresses, and the operator's name: guessers
        know them. `account` decides the turn. Raises Unacceptable, TemporarilyUnavailable."""
        if len(password) < least:
            raise Unacceptable([f"too_short_{least}"])
        if len(password) > LONGEST:
            raise Unacceptable(["too_long"])
        words = known_words(known)
        reasons = await self._run(lambda: self._look(password, words), account)
        if reasons:
            raise Unacceptable(reasons)

    def _look(self, password: str, words: list[str]) -> list[str]:
        if self._breached is not None and is_breached(self._breached, password):
            return ["breached"]
        return why_guessable(password, words)

    async def _run(self, work: Callable[[], T], account: str) -> T:
        try:
            await self._turns.take(account, account)
        except Full as full:
            log = "too many passwords wait to be looked at"
            raise TemporarilyUnavailable(_LATER, log=log, retry_after=5) from full
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except (BadList, NoEstimate) as error:
            # Not left out silently: that would look like a check.
            LOG.error("a new password could not be checked", because=str(error))
            raise TemporarilyUnavailable(_LATER, log=str(error), retry_after=60) from error
        finally:
            self._turns.give()

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
