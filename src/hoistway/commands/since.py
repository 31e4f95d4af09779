"""What happened since a backup was made, as the database before and the list of erasures tell it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from hoistway.accounts.resurrected import Since, read_since
from hoistway.commands.context import USAGE, fail, on_database
from hoistway.settings import Settings
from hoistway.store.backup import newest_before
from hoistway.store.db import DatabaseUnavailable
from hoistway.store.erasures import Erasure
from hoistway.store.sqlite_backup import CannotBackUp

NO_LIST = (
    "the database before can't be read, so nobody knows here who was erased since the backup: give --erasures FILE, a list that "
    "`hoistway user erasures FILE` wrote, or erase them again (hoistway user erase)"
)
NO_MARK = "--erasures {} does not say of which installation it is: a list of another one erases nobody here"
OTHERS = (
    "--erasures {} is a list of another installation, or younger than the backup's own secret, so it would erase nobody: nothing "
    "was changed; give the list that this installation wrote, or none and erase people again (hoistway user erase)"
)
MARK = "the installation of this list"
"""Its digest stands in every list. No person has this id."""


class _Row(Struct):
    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
    erased_at: Annotated[int, Meta(ge=0, lt=2**40)]


class Listed(Struct):
    """The file. Those of older versions have no `installation`."""

    erasures: list[_Row]
    installation: str | None = None

    @property
    def rows(self) -> Sequence[Erasure]:
        return [Erasure(row.digest, row.erased_at) for row in self.erasures]


def _told(settings: Settings, now: int) -> Since | None:
    """None where there is no database, or it can't tell."""
    try:
        return on_database(settings, lambda db: read_since(db, now))
    except DatabaseUnavailable:
        return None


def find_since(settings: Settings, now: int) -> Since | None:
    """As the database tells, and the one that the last restore kept aside: versions before could be ended between the two.
    None where neither can tell."""
    try:
        aside = newest_before(settings.database)
    except (DatabaseUnavailable, CannotBackUp):
        aside = None
    before = None if aside is None else _told(msgspec.structs.replace(settings, database=aside), now)
    found = _told(settings, now)
    if before is None or found is None:
        return found or before
    return Since(
        (*found.erasures, *before.erasures), (*found.families, *before.families), (*found.tokens, *before.tokens)
    )


def read_list(file: Path) -> Listed:
    """Ends the command with code 2 where it is none."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Listed)
    except OSError as error:
        fail(f"--erasures {file} can't be read: {error.strerror}", USAGE)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        fail(f"--erasures {file} is no list that `hoistway user erasures` wrote: {why}", USAGE)
