"""When a backup was restored, and until when refresh token families may continue from a newer generation than the
backup has (docs/adr/0019-backup-and-keys.md).
"""

from collections.abc import Sequence

from sqlalchemy import Table, bindparam, delete, func, select, update

from hoistway.protocol.ids import ClientId, FamilyId
from hoistway.store.application_sessions import tell_of_all
from hoistway.store.codes import CODES
from hoistway.store.columns import at, insert_all, key
from hoistway.store.db import Database, Reader, Statement, Writer, nothing
from hoistway.store.families import FAMILIES, Family
from hoistway.store.links import LINKS
from hoistway.store.schema import METADATA
from hoistway.store.sessions import SESSIONS

MOST_SECONDS = 7 * 86_400

RESTORES = Table("restores", METADATA, key(), at("restored_at"), at("accepts_until"))

_F = FAMILIES.c
_ADD = Statement(lambda: insert_all(RESTORES), nothing)
_OPEN = Statement(
    lambda: select(func.max(RESTORES.c.restored_at)).where(RESTORES.c.accepts_until > bindparam("now")),
    lambda restored_at: None if restored_at is None else int(restored_at),
)
_TAKE_UP = Statement(
    lambda: (
        update(FAMILIES)
        .where(
            _F.id == bindparam("b_id"),
            _F.client_id == bindparam("b_client"),
            _F.generation < bindparam("b_generation"),
            # A family that has rotated since the restore is up to date again, so this happens once for each family.
            _F.rotated_at < bindparam("restored_at"),
            _F.revoked_at.is_(None),
            _F.idle_expires_at > bindparam("now"),
            _F.expires_at > bindparam("now"),
        )
        .values(
            generation=bindparam("next"),
            rotated_at=bindparam("now"),
            idle_expires_at=bindparam("idle"),
            rotated_from=bindparam("origin"),
        )
        .returning(*FAMILIES.columns)
    ),
    Family,
)

_SIGN_INS = (
    Statement(lambda: delete(SESSIONS), nothing),
    Statement(lambda: delete(CODES), nothing),
    Statement(lambda: delete(LINKS), nothing),
)
_REVOKED = Statement(lambda: select(_F.id).where(_F.revoked_at.is_not(None)).order_by(_F.id), FamilyId)


async def add_restore(tx: Writer, restore_id: str, now: int, accepts_until: int) -> None:
    await tx.run(_ADD, {"id": restore_id, "restored_at": now, "accepts_until": accepts_until})


async def find_open_restore(db: Reader, now: int) -> int | None:
    """The time of the restore, while tokens of later rotations are accepted."""
    return await db.one(_OPEN, {"now": now})


async def take_up_family(
    db: Database, family_id: FamilyId, generation: int, client_id: ClientId, *, restored_at: int, now: int,
    idle_expires_at: int, origin: str,
) -> Family | None:  # fmt: skip
    """Continues from a generation that the backup does not have. Returns None where the family has rotated since the
    restore."""
    values = {
        "b_id": family_id, "b_generation": generation, "b_client": client_id, "next": generation + 1, "now": now,
        "idle": idle_expires_at, "origin": origin, "restored_at": restored_at,
    }  # fmt: skip
    async with db.write() as tx:
        return await tx.one(_TAKE_UP, values)


async def end_sign_ins(tx: Writer) -> None:
    """Browser sessions, codes and links of the backup: some of them ended since, and nothing tells which."""
    for statement in _SIGN_INS:
        await tx.run(statement, {})
    await tell_of_all(tx)


async def revoked_families(db: Reader) -> Sequence[FamilyId]:
    """Those of the last days; older ones are gone."""
    return await db.all(_REVOKED, {})
