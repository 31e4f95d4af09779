"""What a restored backup must not bring back: erased people, sign-ins that ended, refresh tokens that were revoked since."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from hoistway.accounts.erasing import Eraser, erase, opened
from hoistway.accounts.forgetting import forget
from hoistway.chain.rewriting import carry_rewritten
from hoistway.protocol.ids import FamilyId
from hoistway.store.audit_archive import ArchiveBusy
from hoistway.store.audit_chain import Rewritten, find_chain, rewritten_up_to
from hoistway.store.db import Database, DatabaseUnavailable
from hoistway.store.erasures import Erasure, add_erasures, list_erasures
from hoistway.store.families import revoke_family
from hoistway.store.restores import end_sign_ins, revoked_families
from hoistway.store.revocations import add_revocation, revocations_since
from hoistway.store.users import list_users, lock_user
from hoistway.tokens.vault import WrongMasterKey

PAGE = 1_000
BECAUSE = "it was revoked before the restore"


class Since(Struct, frozen=True):
    """What the database before knew that the backup may not: who was erased, which families and access tokens were revoked, the
    latter as (id, expires_at, made_by). `rewritten` are entries in the archive of the audit trail, where erased people were taken
    out."""

    erasures: Sequence[Erasure] = ()
    families: Sequence[FamilyId] = ()
    tokens: Sequence[tuple[str, int, str | None]] = ()
    rewritten: Sequence[Rewritten] = ()


async def read_since(db: Database, now: int) -> Since:
    """Raises DatabaseUnavailable, where it is damaged or of a version that has no such list."""
    erasures = tuple(await _all(db))
    return Since(erasures, await revoked_families(db), await revocations_since(db, 0, now), await _rewritten(db))


async def end_again(db: Database, eraser: Eraser, since: Since, now: int, archive: Path | None) -> int:
    """Ends and erases in the restored database, which nobody uses yet, what `since` names. Returns how many people were
    erased again. If the archive can't be rewritten now, the server does it later."""
    async with db.write() as tx:
        await end_sign_ins(tx)
        for family_id in since.families:
            await revoke_family(tx, family_id, now, BECAUSE)
        for token_id, expires_at, made_by in since.tokens:
            await add_revocation(tx, token_id, now=now, expires_at=expires_at, made_by=made_by)
        await add_erasures(tx, [_readable(eraser, row) for row in since.erasures])
    for first in range(0, len(since.rewritten), PAGE):
        async with db.write() as tx:
            await carry_rewritten(tx, eraser.chain, since.rewritten[first : first + PAGE])
    listed = {row.digest: row.erased_at for row in await _all(db)}
    done, after = 0, ""
    while listed and (people := await list_users(db, after, PAGE)):
        after = people[-1].id
        for person in people:
            # Whoever was added since has another id; an id that was given again after the erasure is somebody's who came back.
            if person.created_at < listed.get(eraser.digest(person.id), 0):
                async with db.write() as tx:
                    row = await lock_user(tx, person.id)
                    if row is not None:
                        await erase(tx, row, eraser, now)
                        done += 1
    with suppress(ArchiveBusy, OSError):
        await forget(db, eraser, archive, now, at_once=True)
    return done


def _readable(eraser: Eraser, row: Erasure) -> Erasure:
    """With what was left to do for a person, unless that was sealed under another master key."""
    try:
        if row.rest is not None:
            opened(eraser.vault, row)
    except WrongMasterKey:
        return replace(row, rest=None)
    return row


async def _rewritten(db: Database) -> list[Rewritten]:
    """None from a version that had no chain."""
    found: list[Rewritten] = []
    with suppress(DatabaseUnavailable):
        up_to = (await find_chain(db)).cut_id
        while rows := await rewritten_up_to(db, found[-1].id if found else "", up_to, PAGE):
            found += rows
    return found


async def _all(db: Database) -> list[Erasure]:
    found: list[Erasure] = []
    while rows := await list_erasures(db, found[-1].digest if found else "", PAGE):
        found += rows
    return found
