"""Backs up both engines, and restores a backup completely or not at all (docs/adr/0019-backup-and-keys.md)."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from hoistway.on_disk import begun_beside, keep, left_beside
from hoistway.store.open import open_database, sqlite_path
from hoistway.store.postgresql_backup import dump_postgresql, restore_obstacle
from hoistway.store.postgresql_restore import interrupted_postgresql, newest_aside, restoring_postgresql
from hoistway.store.sqlite_backup import BEGUN, CannotBackUp, copy_sqlite, restoring_sqlite
from hoistway.store.tables import is_begun
from hoistway.store.trailer import add_digest, check_digest


class Restored(Struct, frozen=True):
    """`url` is the database with the restored rows before they replace the old ones; `aside` is where the old ones are
    kept, or None where there were none. Backups of older versions have no digest."""

    url: str
    aside: str | None
    has_digest: bool


def restore_warnings(url: str) -> list[str]:
    """Reasons, in words, why a backup of this database could not be restored into it. Raises DatabaseUnavailable."""
    obstacle = None if sqlite_path(url) is not None else asyncio.run(restore_obstacle(url))
    return [] if obstacle is None else [obstacle]


async def _check_ours(url: str) -> None:
    """Raises CannotBackUp, DatabaseUnavailable."""
    db = await open_database(url, connections=1)
    try:
        if not await is_begun(db):
            raise CannotBackUp(
                "there is no Hoistway in this database: check HOISTWAY_DATABASE, or make one with `hoistway setup`"
            )
    finally:
        await db.close()


def back_up(url: str, target: Path) -> None:
    """Works while the server runs. `target` appears when it is complete, readable by its owner alone. Raises
    FileExistsError, CannotBackUp, DatabaseUnavailable, and OSError where the target can't be written."""
    if target.exists():
        raise FileExistsError(target)
    asyncio.run(_check_ours(url))
    path = sqlite_path(url)
    with begun_beside(target, "begun") as begun:
        if path is not None:
            copy_sqlite(path, begun)
        else:
            dump_postgresql(url, begun)
        begun.chmod(0o600)
        add_digest(begun)
        keep(begun)
        # Unlike a rename, a link fails if somebody created the name meanwhile.
        os.link(begun, target)
        keep(target.absolute().parent)


@contextmanager
def restoring(url: str, source: Path, moment: str, *, only_try: bool = False) -> Iterator[Restored]:
    """Replaces the database by the backup when the block ends, unless that is only tried. If the block raises, everything
    stays as it was. The old rows are kept under a name that holds the time. Raises CannotBackUp, DatabaseUnavailable."""
    has_digest, path = check_digest(source), sqlite_path(url)
    if path is not None:
        with restoring_sqlite(path, source, moment, only_try=only_try) as (begun, aside):
            yield Restored(f"sqlite:///{begun}", None if aside is None else str(aside), has_digest)
    else:
        with restoring_postgresql(url, source, moment, only_try=only_try) as (restored, schema):
            yield Restored(restored, None if schema is None else f"schema {schema}", has_digest)


def left_by_restores(url: str) -> list[str]:
    """Names of what a restore that was interrupted left: rows of a backup, which the next restore removes. Raises
    DatabaseUnavailable."""
    path = sqlite_path(url)
    if path is None:
        return interrupted_postgresql(url)
    return [str(each) for each in left_beside(path.resolve(), BEGUN)]


def newest_before(url: str) -> str | None:
    """The URL of what the last restore kept aside in the same database; on SQLite it is a file of its own. Raises
    DatabaseUnavailable."""
    return newest_aside(url) if sqlite_path(url) is None else None
