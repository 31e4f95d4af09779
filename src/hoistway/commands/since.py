"""What happened since a backup was made, as the database before and the list of erasures tell it."""

import json
from pathlib import Path

from hoistway.accounts.resurrected import Since, read_since
from hoistway.commands.context import USAGE, fail, on_database
from hoistway.settings import Settings
from hoistway.store.db import DatabaseUnavailable
from hoistway.store.erasures import Erasure

NO_LIST = (
    "the database before can't be read, so nobody knows here who was erased since the backup: give --erasures FILE, a list that "
    "`hoistway user erasures FILE` wrote, or erase them again (hoistway user erase)"
)


def find_since(settings: Settings, now: int) -> Since | None:
    """None where there is no database before, or it can't tell."""
    try:
        return on_database(settings, lambda db: read_since(db, now))
    except DatabaseUnavailable:
        return None


def read_list(file: Path) -> tuple[Erasure, ...]:
    """Ends the command with code 2 where it is none."""
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))["erasures"]
        return tuple(Erasure(row["digest"], row["erased_at"]) for row in rows)
    except OSError as error:
        fail(f"--erasures {file} can't be read: {error.strerror}", USAGE)
    except (ValueError, KeyError, TypeError):
        fail(f"--erasures {file} is no list that `hoistway user erasures` wrote", USAGE)
