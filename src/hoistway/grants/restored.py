"""Refresh tokens of rotations that happened after the backup that was restored (docs/adr/0019-backup-and-keys.md)."""

from hoistway.engine import Engine
from hoistway.grants.base import Ask
from hoistway.store.families import Family
from hoistway.store.restores import find_open_restore, take_up_family


async def take_up(engine: Engine, ask: Ask, family: Family, generation: int, origin: str) -> Family | None:
    """None where the operator did not allow it, its time is over, or the family has rotated since the restore. The
    token is genuine; only the row is older than the token."""
    restored_at = await find_open_restore(engine.db, ask.now)
    if restored_at is None:
        return None
    taken = await take_up_family(
        engine.db, family.id, generation, ask.proven.client.id, restored_at=restored_at, now=ask.now,
        idle_expires_at=ask.now + engine.settings.refresh_idle, origin=origin,
    )  # fmt: skip
    if taken is None:
        return None
    async with engine.db.write() as tx:
        await engine.record(
            tx, "grant.taken_up", client_id=family.client_id, customer_id=family.customer_id, actor=family.subject_id,
            correlation_id=ask.correlation_id, grant=family.id, generation=generation, known=family.generation,
        )  # fmt: skip
    return taken
