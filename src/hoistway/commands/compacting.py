"""hoistway compact."""

from typing import Annotated

import typer

from hoistway.commands.context import UNAVAILABLE, AsJson, fail, read_settings, show_one
from hoistway.commands.nouns import verb
from hoistway.store.causes import sentence_of
from hoistway.store.compact import StillRead, compact, removed_since
from hoistway.store.db import DatabaseUnavailable
from hoistway.store.sqlite_backup import CannotBackUp


def add_compacting(app: typer.Typer) -> None:
    @verb(
        app, "compact", "Rewrite the database without what was removed, after erasing a person; writers wait meanwhile."
    )
    def rewrite(
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Say how much was removed since, and change nothing.")
        ] = False,
        as_json: AsJson = False,
    ) -> None:
        settings = read_settings()
        try:
            if dry_run:
                show_one({"would_compact": True, **removed_since(settings.database)}, as_json)
                return
            compact(settings.database)
        except StillRead:
            fail("the file was rewritten, and its write-ahead log is still being read: say it again in a moment")
        except CannotBackUp as error:
            fail(str(error))
        except DatabaseUnavailable as error:
            fail(sentence_of(error, settings.database), UNAVAILABLE)
        show_one({"compacted": True}, as_json)
