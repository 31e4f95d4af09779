"""hoistway master-key."""

from pathlib import Path
from typing import Annotated

import typer

from hoistway.commands.context import AsJson, fail, show_one
from hoistway.commands.nouns import noun, verb
from hoistway.tokens.vault import write_master_key

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
        fail(f"{path} can't be written: {error.strerror}")
    show_one({"master_key_file": str(path.resolve())}, as_json)
