"""Writes what a process has counted: hours and days in one transaction, each batch exactly once (docs/operating.md, Usage)."""

from collections.abc import Iterator
from datetime import UTC, datetime

from hoistway.store.actor_uses import add_actor_uses
from hoistway.store.db import Database, Writer
from hoistway.store.flow_uses import add_flow_uses
from hoistway.store.legacy_uses import LegacyUse, add_legacy_uses
from hoistway.store.password_uses import add_password_uses
from hoistway.store.recent_requests import RecentRequest, add_requests, trim_requests
from hoistway.store.usage_days import DAYS
from hoistway.store.usage_hours import HOURS
from hoistway.store.usage_losses import Loss, add_losses
from hoistway.store.usage_writers import take_turn
from hoistway.usage.tally import DAY, Batch, Key, Tally

FAILED_KEPT, ANSWERED_KEPT = 200, 100


def _by_day(batch: Batch) -> list[tuple[Key, list[int]]]:
    days: dict[Key, list[int]] = {}
    for key, cell in batch.cells:
        day: Key = (key[0], key[1] - key[1] % DAY, *key[2:])
        known = days.get(day)
        days[day] = cell if known is None else [a + b for a, b in zip(known, cell, strict=True)]
    return sorted(days.items())


def _requests(batch: Batch, writer_id: str) -> Iterator[RecentRequest]:
    number = 0
    for (customer_id, client_id, failed), samples in batch.samples.items():
        for at, correlation_id, surface, operation, status, cause, detail, took_ms, subscription_id in samples:
            number += 1
            # Sorts by time. The ids depend only on the batch, so writing it again meets its own rows.
            request_id = f"{at:010x}-{batch.sequence:08x}-{number:04x}-{writer_id}"
            yield RecentRequest(
                request_id, at, customer_id, client_id, subscription_id, surface, operation, status, cause, detail, took_ms,
                correlation_id, failed,
            )  # fmt: skip


async def _write(tx: Writer, batch: Batch, writer_id: str) -> None:
    if batch.cells:
        await HOURS.add(tx, batch.cells)
        await DAYS.add(tx, _by_day(batch))
    requests = list(_requests(batch, writer_id))
    if requests:
        await add_requests(tx, requests)
        for customer_id, client_id, failed in sorted(batch.samples):
            await trim_requests(tx, customer_id, client_id, failed, FAILED_KEPT if failed else ANSWERED_KEPT)
    if batch.losses:
        await add_losses(tx, [
            Loss(f"{writer_id}-{batch.sequence}-{number}", customer_id, since, until, calls)
            for number, (customer_id, (calls, since, until)) in enumerate(sorted(batch.losses.items()))
        ])  # fmt: skip
    if batch.uses:
        # Applications first, as requests do that write their own.
        await add_legacy_uses(
            tx, [LegacyUse(one.client_id, one.flow, one.day, uses, at) for one, uses, at in batch.uses]
        )
        await add_flow_uses(tx, batch.uses)
    if batch.passwords:
        await add_password_uses(tx, batch.passwords)
    if batch.actors:
        await add_actor_uses(tx, batch.actors)
    if batch.addresses:
        await add_legacy_uses(
            tx,
            [
                LegacyUse(client_id, flow, datetime.fromtimestamp(day * DAY, UTC).date().isoformat(), uses, at)
                for (client_id, flow, day), (uses, at) in batch.addresses
            ],
        )


async def flush(tally: Tally, db: Database, now: int) -> None:
    """Writes batches from an earlier attempt first, then what was counted since. Raises DatabaseUnavailable; then
    whatever was not written waits for the next call."""
    for _ in range(2):
        tally.take()
        while tally.waiting:
            batch = tally.waiting[0]
            async with db.write() as tx:
                if await take_turn(tx, tally.writer_id, batch.sequence, now):
                    await _write(tx, batch, tally.writer_id)
            tally.waiting.popleft()
