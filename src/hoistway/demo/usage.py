"""The demo's past: a month of simulated calls, so that the pages of usage have something to show. It ends a day before
the demo was made; later calls are counted for real.
"""

import math
import random
from collections.abc import Iterator, Mapping

from hoistway.protocol.ids import ClientId
from hoistway.protocol.latency import BINS, bin_of
from hoistway.store.client_uses import mark_clients_used
from hoistway.store.db import Writer
from hoistway.store.legacy_uses import count_legacy_use
from hoistway.store.usage_days import DAYS
from hoistway.store.usage_hours import HOURS
from hoistway.store.usage_shape import EVERYBODY
from hoistway.usage.tally import Key
from hoistway.web.templates.filters import date

HOUR, DAY = 3600, 86_400
PAST = 30
BEFORE = (PAST + 1) * DAY
"""Seconds ago at which what calls was made."""
Cells = dict[Key, list[int]]

# Application, surface, operation, status, cause, calls in a busy hour, typical response time in ms.
_CALLS = (
    ("daemon", "api", "listUnits", 200, "", 44, 2.2),
    ("daemon", "api", "readUnit", 200, "", 31, 1.1),
    ("daemon", "api", "readUnit", 404, "not-found", 0.7, 0.9),
    ("daemon", "api", "listUnits", 401, "token-refused", 1.2, 0.4),
    ("web", "api", "listUnits", 200, "", 18, 2.6),
    ("web", "api", "listSites", 200, "", 7, 1.4),
    ("web", "api", "readMe", 200, "", 9, 0.8),
    ("web", "api", "readUser", 403, "scope-missing", 0.4, 0.5),
    ("ropc_proxy", "api", "listUnits", 200, "", 6, 2.4),
    ("ropc_proxy", "api", "listUnits", 400, "bad-request", 0.3, 0.5),
    ("daemon", "token", "client_credentials", 200, "", 1, 1.3),
    ("web", "token", "refresh_token", 200, "", 3, 2.0),
    ("ropc_proxy", "token", "password", 200, "", 2, 48.0),
    ("ropc_proxy", "token", "password", 400, "invalid_grant:90225", 0.2, 46.0),
    ("", "sign_in", "password", 200, "", 3, 52.0),
    ("", "sign_in", "password", 401, "sign-in-wrong", 0.3, 50.0),
)


def _counts(dice: random.Random, expected: float, typical: float) -> list[int]:
    """All calls, then the bins, as the tables store them."""
    calls = math.floor(expected) + (dice.random() < expected % 1)
    counts = [calls] + [0] * BINS
    for _ in range(calls):
        counts[1 + bin_of(typical * dice.lognormvariate(0, 0.45))] += 1
    return counts


def _busy(hour: int) -> float:
    """Offices work from seven to six, and not on Sundays (UTC)."""
    day_share = 0.12 if (hour // DAY + 4) % 7 == 0 else 1.0
    return day_share * (1.0 if 7 <= hour % DAY // HOUR < 18 else 0.25)


def _past(
    customer_id: str, clients: Mapping[str, str], subscriptions: Mapping[str, str], now: int
) -> Iterator[tuple[Key, list[int]]]:
    dice = random.Random(1377515)  # noqa: S311  the same past in every demo
    for hour in range(now - now % DAY - PAST * DAY, now - now % DAY, HOUR):
        for word, surface, operation, status, cause, often, typical in _CALLS:
            counts = _counts(dice, often * _busy(hour) * dice.uniform(0.6, 1.3), typical)
            if counts[0]:
                yield (
                    (
                        customer_id if word else EVERYBODY,
                        hour,
                        clients.get(word, ""),
                        subscriptions.get(word, "") if surface == "api" else "",
                        surface,
                        operation,
                        status,
                        cause,
                    ),
                    counts,
                )


def _add(cells: Cells, key: Key, counts: list[int]) -> None:
    known = cells.get(key)
    cells[key] = counts if known is None else [a + b for a, b in zip(known, counts, strict=True)]


async def write_past(
    tx: Writer, customer_id: str, clients: Mapping[str, str], subscriptions: Mapping[str, str], now: int
) -> dict[ClientId, int]:
    """`clients` maps the demo's names of applications to ids, `subscriptions` to those with whose keys they call.
    Returns when each application was last used."""
    hours: Cells = {}
    days: Cells = {}
    used: dict[ClientId, int] = {}
    for key, counts in _past(customer_id, clients, subscriptions, now):
        if key[2]:
            used[ClientId(key[2])] = key[1]
        if key[4:7] == ("token", "password", 200):
            for _ in range(counts[0]):
                await count_legacy_use(tx, ClientId(key[2]), "password", date(key[1]), key[1])
        everybody: Key = (EVERYBODY, key[1], "", "", *key[4:])
        for one in {key, everybody}:
            _add(hours, one, counts)
            _add(days, (one[0], one[1] - one[1] % DAY, *one[2:]), counts)
    await HOURS.add(tx, hours.items())
    await DAYS.add(tx, days.items())
    await mark_clients_used(tx, used)
    return used
