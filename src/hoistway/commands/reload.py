"""hoistway reload: new code, certificate and settings, without a refused connection (docs/adr/0024-reload.md)."""

import os
from typing import Annotated

import typer

from hoistway.commands.context import CHOSEN, REFUSED, UNAVAILABLE, AsJson, fail, known_environment, show_one, warn
from hoistway.commands.nouns import verb
from hoistway.server.asking import NoDoor, ask
from hoistway.server.door import RELOAD, TRY, folders

Port = Annotated[
    int | None, typer.Option(metavar="N", min=1, max=65535, help="Its port, where several servers run on this machine.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only find out whether the new code and settings would serve.")]


def add_reload(app: typer.Typer) -> None:
    verb(app, "reload", "Replace the workers of the server on this machine: new code, certificate and settings.")(
        reload
    )


def reload(port: Port = None, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    data = CHOSEN.get().data
    choices = folders(data, None if data is not None else known_environment().database, os.environ)
    try:
        outcome = ask(choices, port, TRY if dry_run else RELOAD)
    except NoDoor as error:
        fail(str(error), UNAVAILABLE)
    warn(outcome.warnings)
    if not outcome.done:
        fail(f"{'it would not serve' if dry_run else 'the server goes on as before'}: {outcome.because}", REFUSED)
    nothing = "" if as_json else "nothing"
    show_one(
        {"would_serve": True, "would_change": outcome.because or nothing} if dry_run else {"reloaded": True}, as_json
    )
