"""Digests of nobody's password, with which passwords for unknown names are compared, so that it takes as long as for
real accounts.

After the parameters of hashing were changed, accounts keep digests with the old ones until they sign in again, and so do
accounts that came from another system with its digests. The same share of unknown names gets such a digest, and a name
always gets the same kind, so that the time does not reveal who has an account.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from hoistway.authn.passwords import COST, digest_like, is_digest, random_digest, shape_of
from hoistway.store.cached import Cached
from hoistway.store.db import Database, Reader
from hoistway.store.service_accounts import digests_of_service_accounts
from hoistway.store.users import digests_of_users

SECONDS: Final = 60
SAMPLE: Final = 200
_DIGESTS: dict[str, Callable[[Reader, int], Awaitable[list[str]]]] = {
    "user": digests_of_users,
    "service_account": digests_of_service_accounts,
}


class Decoys:
    """For each kind of account, because people and technical accounts may use old parameters to different degrees."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._patterns: Cached[str, tuple[str, ...]] = Cached(SECONDS)

    async def digest(self, kind: str, spot: float, now: int) -> str:
        """`spot`, from 0 up to 1, depends on the name alone."""

        async def read() -> tuple[str, ...]:
            found = [digest for digest in await _DIGESTS[kind](self._db, SAMPLE) if is_digest(digest)]
            # Sorted, so that a name that once got newer parameters never gets older ones again.
            patterns = sorted((digest.startswith(COST), shape_of(digest), digest_like(digest)) for digest in found)
            return tuple(text for *_, text in reversed(patterns)) or (random_digest(),)

        patterns = await self._patterns.get(kind, now, read)
        return digest_like(patterns[int(spot * len(patterns))])
