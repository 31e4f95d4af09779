"""This process's copy of what was revoked: a set that ends with the tokens concerned, and that no application can fill."""

from typing import Final

from hoistway.store.db import Database
from hoistway.store.revocations import revocations_since

_OVERLAP = 30
_CLEARED_EVERY = 60
MOST_TOKENS: Final = 5_000
MOST_FAMILIES: Final = 50_000
MOST: Final = 200_000
"""Living entries that one application may have by its own revoking of access tokens and of refresh tokens; and all together."""


class Revoked:
    """Read anew every second or two; what this process revokes counts at once. `made_by` says whose revoking it was; what we
    revoke ourselves (a replay, a new password) has none, and always finds room."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[int, str | None]] = {}
        self._made: dict[str, int] = {}
        self._read_at = 0
        self._cleared_at = 0

    def __contains__(self, revoked_id: object) -> bool:
        return revoked_id in self._until

    def add(self, revoked_id: str, expires_at: int, made_by: str | None = None) -> None:
        if made_by is not None and revoked_id not in self._until:
            self._made[made_by] = self._made.get(made_by, 0) + 1
        self._until[revoked_id] = (expires_at, made_by)

    def has_room(self, made_by: str, most: int) -> bool:
        return self._made.get(made_by, 0) < most and len(self._until) < MOST

    async def load(self, db: Database, now: int) -> None:
        """Reads what came since the last time; the overlap catches transactions that committed late."""
        for revoked_id, expires_at, made_by in await revocations_since(db, self._read_at - _OVERLAP, now):
            self.add(revoked_id, expires_at, made_by)
        self._read_at = now
        if self._cleared_at <= now - _CLEARED_EVERY:
            self._clear(now)

    def _clear(self, now: int) -> None:
        self._cleared_at = now
        self._until = {revoked_id: entry for revoked_id, entry in self._until.items() if entry[0] > now}
        self._made = {}
        for _, made_by in self._until.values():
            if made_by is not None:
                self._made[made_by] = self._made.get(made_by, 0) + 1
