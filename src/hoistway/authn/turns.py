"""Decides who is next where many wait: callers take turns, and so do the accounts of one caller. So a caller that asks
a hundred times does not hold up one that asks once.
"""

import asyncio
from collections import deque


class Full(Exception):
    """Too many wait, and this caller or this account has its share already."""


class Turns:
    """`places` work at the same time, and at most `most` wait, `of_account` of them for one account. When all waiting
    places are taken, a caller with fewer of them takes one from a caller with more; whoever waited there for the
    shortest time gets Full."""

    def __init__(self, places: int, most: int, of_account: int) -> None:
        self._free = places
        self._most = most
        self._of_account = of_account
        self._callers: dict[str, dict[str, deque[asyncio.Future[None]]]] = {}
        self._waiting: dict[str, int] = {}
        self._accounts: dict[str, int] = {}
        self._count = 0

    @property
    def waiting(self) -> int:
        return self._count

    async def take(self, caller: str, account: str) -> None:
        """Returns when it is the caller's turn, which `give` ends. Raises Full."""
        if self._free:
            self._free -= 1
            return
        if self._accounts.get(account, 0) >= self._of_account:
            raise Full
        if self._count >= self._most:
            self._make_room(caller)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._callers.setdefault(caller, {}).setdefault(account, deque()).append(turn)
        self._note(caller, account, 1)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._leave(caller, account, turn)
            elif turn.exception() is None:
                # The turn came just as the caller was cancelled, so it goes to the next one.
                self.give()
            raise

    def give(self) -> None:
        """Gives the turn to the next one."""
        while self._count:
            caller, accounts = next(iter(self._callers.items()))
            account = next(iter(accounts))
            turn = accounts[account].popleft()
            self._note(caller, account, -1)
            # The caller, and the account, go to the end of their queues if more of theirs wait.
            if account in accounts:
                accounts[account] = accounts.pop(account)
            if caller in self._callers:
                self._callers[caller] = self._callers.pop(caller)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _make_room(self, caller: str) -> None:
        largest = max(self._waiting, key=self._waiting.__getitem__)
        if self._waiting[largest] <= self._waiting.get(caller, 0) + 1:
            raise Full
        accounts = self._callers[largest]
        account = max(accounts, key=lambda name: len(accounts[name]))
        turn = accounts[account].pop()
        self._note(largest, account, -1)
        if not turn.done():
            turn.set_exception(Full())

    def _leave(self, caller: str, account: str, turn: asyncio.Future[None]) -> None:
        turns = self._callers.get(caller, {}).get(account)
        if turns is not None and turn in turns:
            turns.remove(turn)
            self._note(caller, account, -1)

    def _note(self, caller: str, account: str, change: int) -> None:
        """Updates the sums, and forgets callers that nobody waits for."""
        self._count += change
        for sums, name in ((self._waiting, caller), (self._accounts, account)):
            sums[name] = sums.get(name, 0) + change
            if not sums[name]:
                del sums[name]
        accounts = self._callers[caller]
        if not accounts[account]:
            del accounts[account]
        if not accounts:
            del self._callers[caller]
