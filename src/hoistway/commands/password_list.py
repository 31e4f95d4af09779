"""hoistway passwords: the list of breached passwords."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from hoistway.authn.breached import BadList
from hoistway.authn.list_check import check_list
from hoistway.commands.context import USAGE, AsJson, fail, known_environment, show_one
from hoistway.commands.nouns import noun, verb

PASSWORDS = noun("The list of breached passwords that new ones are compared with.")


@verb(PASSWORDS, "check-list", "Read all of the list, and say where it is not sorted, malformed or cut off.")
def check(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="HOISTWAY_BREACHED_PASSWORDS without it.", dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    said = known_environment().breached_passwords
    if file is None and said is None:
        fail("name a file, or set HOISTWAY_BREACHED_PASSWORDS", USAGE)
    path = file or Path(said or "")
    try:
        size = path.stat().st_size
        with Progress(console=Console(stderr=True), disable=as_json) as progress:
            bar = progress.add_task("bytes", total=size)
            lines = check_list(path, lambda more: progress.advance(bar, more))
    except OSError as error:
        fail(f"{path} can't be read: {error.strerror}")
    except BadList as error:
        fail(f"{path}: {error}")
    show_one({"file": str(path), "lines": lines, "bytes": size, "sorted": True}, as_json)
