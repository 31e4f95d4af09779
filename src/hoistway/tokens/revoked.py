"""This process's copy of what was revoked. Entries end with the tokens concerned, and no application can fill the list."""

from collections import Counter
from sys import intern
from typing import Final, Literal, NamedTuple

from hoistway.store.db import Database
from hoistway.store.revocations import revocations_since

_OVERLAP = 30
_CLEARED_EVERY = 60
FIRST: Final = 100
MOST_TOKENS: Final = 5_000
MOST_FAMILIES: Final = 50_000
MOST: Final = 200_000
SHARES: Final = 5
"""Living entries: those that an account always has room for at an application, those of an application by access tokens and by
families of refresh tokens, and all together. One customer has a fifth of an application that is not its own."""

Full = Literal["customer", "application", "server"]


class Maker(NamedTuple):
    """The account, customer and application of the token or family that an entry is about. The entry counts towards
    their share, whoever revoked it. `owner` is the customer that owns the application."""

    client_id: str
    customer_id: str
    account_id: str
    kind: Literal["access", "refresh"]
    owner: str | None = None

    def __str__(self) -> str:
        """The form that the table stores."""
        return " ".join(self[:4])


def _counted_for(made_by: str) -> tuple[str, str, str]:
    """The account, the customer and the application as keys. The version before wrote the application alone, with the
    word "refresh" for a family."""
    words = made_by.split(" ")
    if len(words) < 4:
        words = [words[0], "", "", "access" if len(words) == 1 else "refresh"]
    client_id, customer_id, _account, kind = words
    return " ".join(words), f"{client_id} {customer_id} {kind}", f"{client_id} {kind}"


class Revoked:
    """Reloaded every second or two; what this process revokes itself counts at once. `made_by` is a Maker as text. What
    people and operators end themselves (a new password, access taken back) has none, and always finds room."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[int, str | None]] = {}
        self._made: dict[str, int] = {}
        self._read_at = 0
        self._cleared_at = 0

    def __contains__(self, revoked_id: object) -> bool:
        return revoked_id in self._until

    def add(self, revoked_id: str, expires_at: int, made_by: str | None = None) -> None:
        if made_by is not None and revoked_id not in self._until:
            self._count(made_by, 1)
        self._until[revoked_id] = (expires_at, None if made_by is None else intern(made_by))

    def _count(self, made_by: str, entries: int) -> None:
        for key in _counted_for(made_by):
            self._made[key] = self._made.get(key, 0) + entries

    def find_full(self, maker: Maker, most: int) -> Full | None:
        """Whose share would be exceeded by one more entry; an application may have `most`. None where there is room."""
        account, customer, application = (self._made.get(key, 0) for key in _counted_for(str(maker)))
        if account < min(FIRST, most):
            # The first entries of each account are always accepted. Otherwise those who fill the list would keep
            # everybody else from revoking.
            return None
        if application >= most:
            return "application"
        if maker.owner != maker.customer_id and customer >= most // SHARES:
            return "customer"
        return "server" if len(self._until) >= MOST else None

    async def load(self, db: Database, now: int) -> None:
        """Reads what was added since the last time; the spans overlap, to catch transactions that were committed late."""
        for revoked_id, expires_at, made_by in await revocations_since(db, self._read_at - _OVERLAP, now):
            self.add(revoked_id, expires_at, made_by)
        self._read_at = now
        if self._cleared_at <= now - _CLEARED_EVERY:
            self._clear(now)

    def _clear(self, now: int) -> None:
        self._cleared_at = now
        self._until = {revoked_id: entry for revoked_id, entry in self._until.items() if entry[0] > now}
        self._made = {}
        for made_by, entries in Counter(made_by for _, made_by in self._until.values()).items():
            if made_by is not None:
                self._count(made_by, entries)
