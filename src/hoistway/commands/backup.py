"""hoistway backup and hoistway restore."""

import asyncio
import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec.structs import replace

from hoistway import clock
from hoistway.accounts.erasing import Eraser, open_eraser
from hoistway.accounts.resurrected import Since, end_again
from hoistway.commands.context import UNAVAILABLE, USAGE, AsJson, fail, note, on_database, read_settings, show_one, warn
from hoistway.commands.nouns import verb, whole
from hoistway.commands.since import MARK, NO_LIST, NO_MARK, OTHERS, Listed, find_since, read_list
from hoistway.engine import time_ordered_id
from hoistway.environment import open_vault
from hoistway.settings import Settings
from hoistway.store.apart import is_current, migrate_apart
from hoistway.store.backup import back_up, left_by_restores, restore_warnings, restoring
from hoistway.store.causes import full, sentence_of
from hoistway.store.db import Database, DatabaseUnavailable
from hoistway.store.erasures import waiting_erasures
from hoistway.store.open import DriverMissing
from hoistway.store.restores import MOST_SECONDS, add_restore
from hoistway.store.sqlite_backup import CannotBackUp
from hoistway.store.tables import is_whole
from hoistway.tokens.keyring import Keyring
from hoistway.tokens.vault import WrongMasterKey

ARCHIVE_LEFT = (
    "the archive of the audit trail could not be rewritten: the server takes erased people out of it after its start; where that "
    "goes on, its log names the file"
)
NO_DIGEST = "this backup has no digest, as those of older versions: damage of a value in it would not be noticed"
LEFT = "an earlier restore was interrupted before it changed anything; what it left is removed now: {}"
File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]


def add_backup(app: typer.Typer) -> None:
    verb(app, "backup", "Write the database to a new FILE, while the server runs. The master key is not in it.")(backup)
    verb(app, "restore", "Put a backup in the place of the database, which is kept aside. Stop the server first.")(
        restore
    )


def backup(path: File, as_json: AsJson = False) -> None:
    settings, folder = read_settings(), path.absolute().parent
    if not folder.is_dir():
        fail(f"there is no folder {folder}: make it, or name a file in another one", USAGE)
    try:
        warn(f"this backup could not be restored here: {one}" for one in restore_warnings(settings.database))
        warn(_beside_key(settings, folder))
        back_up(settings.database, path)
    except FileExistsError:
        fail(f"{path} exists and stays as it is: name a new file")
    except CannotBackUp as error:
        fail(str(error))
    except DatabaseUnavailable as error:
        fail(sentence_of(error, settings.database), UNAVAILABLE)
    except OSError as error:
        fail(full(path) if error.errno == errno.ENOSPC else f"{path} can't be written: {error.strerror}")
    show_one({"file": str(path.resolve()), "bytes": path.stat().st_size}, as_json)


def _beside_key(settings: Settings, folder: Path) -> list[str]:
    """Whoever takes such a folder has the signing keys."""
    file = settings.master_key_file
    if file is None or Path(file).resolve().parent != folder.resolve():
        return []
    return [
        f"the master key lies in {folder} too: keep backups and key apart, for with both anybody signs tokens in your name"
    ]


def restore(
    path: File,
    accept: Annotated[
        int,
        typer.Option(
            "--accept-rotations-for",
            metavar="SECONDS",
            parser=whole(0, MOST_SECONDS),
            help="For so long, at most 7 days, a family of refresh tokens may go on once with a token that is newer than "
            "the backup. Without it such a token looks replayed: its holder signs in again.",
        ),
    ] = 0,
    erasures: Annotated[
        Path | None,
        typer.Option(help="A list that `hoistway user erasures` wrote, for people who were erased since the backup."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check FILE, say who would be erased again, and change nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    settings, now = read_settings(), clock.now()
    if not path.is_file():
        fail(f"there is no file {path}", USAGE)
    if not os.access(path, os.R_OK):
        fail(f"{path} can't be read by this user: run the command as its owner", USAGE)
    listed, before = None if erasures is None else read_list(erasures), find_since(settings, now)
    if before is None and erasures is None:
        warn([NO_LIST])
    since = before or Since()
    if listed is not None:
        warn([NO_MARK.format(erasures)] if listed.installation is None else [])
        since = replace(since, erasures=(*since.erasures, *listed.rows))
    moment = f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}"
    try:
        warn(LEFT.format(one) for one in left_by_restores(settings.database))
        with restoring(settings.database, path, moment, only_try=dry_run) as restored:
            warn([] if restored.has_digest else [NO_DIGEST])
            # What lies outside the database changes only when the restore is meant.
            archive = None if dry_run else settings.audit_archive
            there = replace(settings, database=restored.url, audit_archive=archive)
            erased = _finish(there, path, now, accept, since, _installation(erasures, listed))
    except CannotBackUp as error:
        fail(str(error))
    except DatabaseUnavailable as error:
        fail(sentence_of(error, settings.database), UNAVAILABLE)
    except OSError as error:
        place = Path(error.filename or path)
        fail(full(place) if error.errno == errno.ENOSPC else f"the backup can't be restored: {place}: {error.strerror}")
    except (DriverMissing, WrongMasterKey, ValueError) as error:
        fail(str(error), USAGE)
    until = now + accept if accept else None
    if dry_run:
        show_one({"would_restore": str(path.resolve()), "would_erase_again": erased}, as_json)
        return
    told = {"restored": str(path.resolve()), "before": restored.aside, "rotations_accepted_until": until}
    show_one({**told, "erased_again": erased}, as_json)


def _installation(file: Path | None, listed: Listed | None) -> Callable[[Eraser], None]:
    """Checks that the list is of the installation of the backup. Raises CannotBackUp."""

    def check(eraser: Eraser) -> None:
        if listed is not None and listed.installation not in {None, eraser.digest(MARK)}:
            raise CannotBackUp(OTHERS.format(file))

    return check


def _finish(
    settings: Settings, path: Path, now: int, accept: int, since: Since, check: Callable[[Eraser], None]
) -> int:
    """Updates the restored database and records the restore there, before it replaces the old one. Raises what the
    store raises."""
    if not asyncio.run(is_current(settings.database)):
        migrate_apart(settings.database)

    async def work(db: Database) -> int:
        if not await is_whole(db):
            raise CannotBackUp(f"{path} lacks tables: take another backup")
        # A database that was sealed under another master key could sign nothing.
        vault = open_vault(settings)
        await Keyring(vault).load(db, now)
        archive = None if settings.audit_archive is None else Path(settings.audit_archive)
        eraser = await open_eraser(db, vault)
        check(eraser)
        erased = await end_again(db, eraser, since, now, archive)
        if await waiting_erasures(db):
            warn([ARCHIVE_LEFT])
        detail: dict[str, Any] = {"file": path.name, "rotations_accepted_until": now + accept if accept else None}
        async with db.write() as tx:
            if accept:
                await add_restore(tx, time_ordered_id(), now, now + accept)
            await note(tx, "database.restored", erased_again=erased, **detail)
        return erased

    return on_database(settings, work)
