"""Backs up both engines, and restores a backup completely or not at all (docs/adr/0019-backup-and-keys.md)."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from hoistway.on_disk import keep
from hoistway.store.open import open_database, sqlite_path
from hoistway.store.postgresql_backup import dump_postgresql, restore_obstacle, restoring_postgresql
from hoistway.store.sqlite_backup import CannotBackUp, copy_sqlite, restoring_sqlite
from hoistway.store.tables import is_begun


class Restored(Struct, frozen=True):
    """`url` is the database with the restored rows before they replace the old ones; `aside` is where the old ones are
    kept, or None where there were none."""

    url: str
    aside: str | None


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
    begun = target.with_name(f".{target.name}.{os.getpid()}")
    write: Callable[[], None] = (
        (lambda: copy_sqlite(path, begun)) if path is not None else (lambda: dump_postgresql(url, begun))
    )
    try:
        write()
        begun.chmod(0o600)
        keep(begun)
        # Unlike a rename, a link fails if somebody created the name meanwhile.
        os.link(begun, target)
        keep(target.absolute().parent)
    finally:
        begun.unlink(missing_ok=True)


@contextmanager
def restoring(url: str, source: Path, moment: str) -> Iterator[Restored]:
    """Replaces the database by the backup when the block ends. If the block raises, everything stays as it was. The old
    rows are kept under a name that holds the time. Raises CannotBackUp, DatabaseUnavailable."""
    path = sqlite_path(url)
    if path is not None:
        with restoring_sqlite(path, source, moment) as (begun, aside):
            yield Restored(f"sqlite:///{begun}", None if aside is None else str(aside))
    else:
        with restoring_postgresql(url, source, moment) as schema:
            yield Restored(url, None if schema is None else f"schema {schema}")
