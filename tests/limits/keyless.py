"""Calls without a key, as the server counts them, and days as forms name them."""

from datetime import UTC, datetime

from hoistway.protocol.latency import BINS
from hoistway.settings import DAY
from hoistway.store.db import Writer
from hoistway.store.usage_days import DAYS


def day_in(now: int, days: int) -> tuple[str, int]:
    """The day so many days from now, as 2027-01-31, and the second in which it begins."""
    begins = now - now % DAY + days * DAY
    return datetime.fromtimestamp(begins, UTC).date().isoformat(), begins


async def count_calls(
    tx: Writer, now: int, client: str, *, days_ago: int = 1, subscription: str = "", customer: str = "c-a", status: int = 200
) -> None:  # fmt: skip
    """One call, for its customer and in the sums over all."""
    day = now - now % DAY - days_ago * DAY
    for owner, who, key in ((customer, client, subscription), ("", "", "")):
        await DAYS.add(tx, [((owner, day, who, key, "api", "listUnits", status, ""), [1, 1, *[0] * (BINS - 1)])])
