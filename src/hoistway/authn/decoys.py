"""What the password of an unknown name is compared with: a digest of nobody's, that costs what those of accounts cost.

After the parameters of hashing were changed, accounts have digests of both kinds until they sign in again. A share of the
unknown names as large gets the old parameters, and a name always the same, so that the time does not tell who has an account."""

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
    """By the kind of account that is asked for: a page and a grant may have accounts of other ages."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._costs: Cached[str, tuple[str, ...]] = Cached(SECONDS)

    async def digest(self, kind: str, spot: float, now: int) -> str:
        """`spot`, from 0 to below 1, is the name's own."""

        async def read() -> tuple[str, ...]:
            found = [_COST.match(digest) for digest in await _DIGESTS[kind](self._db, SAMPLE)]
            # In one order: a name that once got the newer parameters never gets the older ones again.
            costs = sorted((cost[0] == COST, cost[0]) for cost in found if cost is not None)
            return tuple(text for _, text in reversed(costs)) or (COST,)

        costs = await self._costs.get(kind, now, read)
        return random_digest(costs[int(spot * len(costs))])
