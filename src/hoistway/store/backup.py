"""Backups of both engines, and restoring them whole or not at all (docs/adr/0019-backup-and-keys.md)."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hoistway.on_disk import keep
from hoistway.store.open import sqlite_path
from hoistway.store.postgresql_backup import dump_postgresql, restoring_postgresql
from hoistway.store.sqlite_backup import copy_sqlite, restoring_sqlite


@dataclass(frozen=True, slots=True)
class Restored:
    """`url` is where the restored rows lie until they take their place; `aside` is where those before are kept."""

    url: str
    aside: str


def back_up(url: str, target: Path) -> None:
    """While the server runs. `target` appears when it is complete, readable by its owner alone.

    Raises FileExistsError, CannotBackUp, DatabaseUnavailable."""
    if target.exists():
        raise FileExistsError(target)
    path = sqlite_path(url)
    begun = target.with_name(f".{target.name}.{os.getpid()}")
    write: Callable[[], None] = (
        (lambda: copy_sqlite(path, begun)) if path is not None else (lambda: dump_postgresql(url, begun))
    )
    try:
        write()
        begun.chmod(0o600)
        keep(begun)
        # A link takes no name that another has taken meanwhile.
        os.link(begun, target)
        keep(target.absolute().parent)
    finally:
        begun.unlink(missing_ok=True)


@contextmanager
def restoring(url: str, source: Path, suffix: str) -> Iterator[Restored]:
    """The backup takes the place of the database when the block ends; where it raises, everything is as before.

    Raises CannotBackUp, DatabaseUnavailable."""
    path = sqlite_path(url)
    if path is not None:
        with restoring_sqlite(path, source, suffix) as (begun, aside):
            yield Restored(f"sqlite:///{begun}", str(aside))
    else:
        with restoring_postgresql(url, source, suffix) as schema:
            yield Restored(url, f"schema {schema}")
