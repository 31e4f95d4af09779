"""How many accounts are carried over from older systems, and how many wait, for the metrics."""

from hoistway.engine import Engine
from hoistway.store.carried_accounts import STATES, count_carried


async def count_waiting(engine: Engine) -> None:
    """As long as a tenant is connected: counting reads an index entry of each account."""
    counts: dict[str, int] = dict.fromkeys(STATES, 0)
    if await engine.old.connections(engine.now()):
        for one in await count_carried(engine.db):
            counts[one.state] = counts.get(one.state, 0) + one.accounts
    engine.measures.carried_accounts = counts
