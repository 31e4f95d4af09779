"""hoistway master-key."""

from pathlib import Path
from typing import Annotated

import typer

from hoistway.commands.context import USAGE, AsJson, fail, in_transaction, note, read_settings, show_one, with_database
from hoistway.commands.nouns import noun, verb
from hoistway.environment import open_vault
from hoistway.on_disk import why_key_file
from hoistway.settings import Settings
from hoistway.tokens.key_file import NotSettled, add_newer_key, check_settled, forget_older_keys
from hoistway.tokens.resealing import count_sealed, reseal_all
from hoistway.tokens.vault import Vault, write_master_key

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")]
MASTER_KEY = noun("The key under which signing keys and shared secrets lie in the database.")


@verb(MASTER_KEY, "make", "Make a key in a new FILE, for a new database. Back it up apart from the database.")
def make(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Must not exist; nobody but you can read it.")],
    as_json: AsJson = False,
) -> None:
    try:
        write_master_key(path)
    except FileExistsError:
        fail(f"{path} exists and stays as it is: a database may be sealed under it")
    except OSError as error:
        fail(f"{path} can't be written: {why_key_file(error, path)}")
    show_one({"master_key_file": str(path.resolve())}, as_json)


def _settings() -> Settings:
    settings = read_settings()
    if settings.master_key_file is None and len(settings.master_keys) == 1:
        fail(
            "HOISTWAY_MASTER_KEY holds one key: put the new one before it, with a space between, restart the server, and rotate "
            "then; or set HOISTWAY_MASTER_KEY_FILE",
            USAGE,
        )
    return settings


@verb(
    MASTER_KEY,
    "rotate",
    "Put a new key before the one in HOISTWAY_MASTER_KEY_FILE and seal everything under it, while the server runs. A file that "
    "holds two keys already is used as it stands.",
)
def rotate(dry_run: DryRun = False, as_json: AsJson = False) -> None:
    settings = _settings()
    # Keys that can't open what is stored are refused before anything is touched.
    older, every = with_database(lambda db: count_sealed(db, open_vault(settings)))
    adds = settings.master_key_file is not None and len(settings.master_keys) == 1
    if dry_run:
        show_one({"would_add_key": adds, "would_seal_anew": every if adds else older}, as_json)
        return
    in_transaction(lambda tx: note(tx, "master_key.rotating", new_key=adds, to_seal=every if adds else older))
    made = False
    if settings.master_key_file is not None:
        path = Path(settings.master_key_file)
        try:
            made = add_newer_key(path)
        except OSError as error:
            fail(f"{path} can't be written: {why_key_file(error, path)}")
    sealed = _reseal(open_vault(settings), made, always=True)
    show_one({"new_key": made, "sealed_anew": sealed, "master_key_file": settings.master_key_file}, as_json)


def _reseal(vault: Vault, made: bool, *, always: bool) -> int:
    """Page by page, so it can be interrupted and repeated; with an entry of the trail where something was sealed, or always."""
    sealed = with_database(lambda db: reseal_all(db, vault))
    if sealed or always:
        in_transaction(lambda tx: note(tx, "master_key.rotated", new_key=made, sealed_anew=sealed))
    return sealed


@verb(
    MASTER_KEY,
    "forget-old",
    "Take older keys out of HOISTWAY_MASTER_KEY_FILE when nothing is sealed under them any more, a minute after the rotation. "
    "Backups made before it still need them: keep them there.",
)
def forget_old(dry_run: DryRun = False, as_json: AsJson = False) -> None:
    settings = _settings()
    if settings.master_key_file is None:
        fail("HOISTWAY_MASTER_KEY is yours to change: take the older keys out there and restart the server", USAGE)
    path, vault = Path(settings.master_key_file), open_vault(settings)
    try:
        check_settled(path)
        if dry_run:
            older, _every = with_database(lambda db: count_sealed(db, vault))
            show_one({"would_forget": len(settings.master_keys) - 1, "would_seal_anew": older}, as_json)
            return
        # On the disk before the old key is removed: if interrupted here, the command can be repeated.
        _reseal(vault, False, always=False)
        if with_database(lambda db: count_sealed(db, vault))[0]:
            fail("a process still seals under an older key: wait until all follow the file, and run the command again")
        forgotten = forget_older_keys(path, settings.master_key)
    except NotSettled:
        fail(f"the keys in {path} changed a moment ago and a process may still use the older one: wait a minute")
    except OSError as error:
        fail(f"{path} can't be written: {why_key_file(error, path)}")
    if forgotten:
        in_transaction(lambda tx: note(tx, "master_key.forgotten", keys=forgotten))
    show_one({"forgotten": forgotten, "master_key_file": str(path)}, as_json)
