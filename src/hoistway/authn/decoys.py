"""Digests of nobody's password, with which passwords for unknown names are compared, so that it takes as long as for
real accounts.

After the parameters of hashing were changed, accounts keep digests with the old ones until they sign in again. The same
share of unknown names gets the old parameters, and a name always gets the same, so that the time does not reveal who
has an account.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from hoistway.authn.passwords import COST, random_digest
from hoistway.store.cached import Cached
from hoistway.store.db import Database, Reader
from hoistway.store.service_accounts import digests_of_service_accounts
from hoistway.store.users import digests_of_users

SECONDS: Final = 60
SAMPLE: Final = 200
_COST = re.compile(r"\$argon2id\$v=19\$m=[0-9]+,t=[0-9]+,p=[0-9]+\$")
_DIGESTS: dict[str, Callable[[Reader, int], Awaitable[list[str]]]] = {
    "user": digests_of_users,
    "service_account": digests_of_service_accounts,
}


class Decoys:
    """For each kind of account, because people and technical accounts may use old parameters to different degrees."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._costs: Cached[str, tuple[str, ...]] = Cached(SECONDS)

    async def digest(self, kind: str, spot: float, now: int) -> str:
        """`spot`, from 0 up to 1, depends on the name alone."""

        async def read() -> tuple[str, ...]:
            found = [_COST.match(digest) for digest in await _DIGESTS[kind](self._db, SAMPLE)]
            # Sorted, so that a name that once got newer parameters never gets older ones again.
            costs = sorted((cost[0] == COST, cost[0]) for cost in found if cost is not None)
            return tuple(text for _, text in reversed(costs)) or (COST,)

        costs = await self._costs.get(kind, now, read)
        return random_digest(costs[int(spot * len(costs))])
