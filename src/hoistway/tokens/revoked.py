"""This process's copy of what was revoked: a set that ends with the tokens concerned, so it stays small."""

from hoistway.store.db import Database
from hoistway.store.revocations import revocations_since

_OVERLAP = 30


class Revoked:
    """Read anew every second or two; what this process revokes counts at once."""

    def __init__(self) -> None:
        self._until: dict[str, int] = {}
        self._read_at = 0

    def __contains__(self, revoked_id: object) -> bool:
        return revoked_id in self._until

    def add(self, revoked_id: str, expires_at: int) -> None:
        self._until[revoked_id] = expires_at

    async def load(self, db: Database, now: int) -> None:
        """Reads what came since the last time; the overlap catches transactions that committed late."""
        for revoked_id, expires_at in await revocations_since(db, self._read_at - _OVERLAP, now):
            self._until[revoked_id] = expires_at
        self._read_at = now
        if len(self._until) > 1000:
            self._until = {revoked_id: at for revoked_id, at in self._until.items() if at > now}
