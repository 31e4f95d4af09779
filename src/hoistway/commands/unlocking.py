"""hoistway user unlock and hoistway service-account unlock."""

from collections.abc import Awaitable, Callable
from typing import Any

import typer

from hoistway.authn.lockout import Lockout
from hoistway.authn.standing import find_standing, unlock
from hoistway.clock import now
from hoistway.commands.context import AsJson, fail, note, read_settings, show_one, with_database
from hoistway.commands.nouns import Id, event_of, verb
from hoistway.environment import open_vault
from hoistway.store.db import Database, Reader
from hoistway.tokens.keyring import shared_secret


def add_unlocking(app: typer.Typer, what: str, find: Callable[[Reader, Any], Awaitable[Any]]) -> None:
    @verb(app, "unlock", "End a lock after wrong passwords; counting begins anew, wherever the account is tried from.")
    def unlock_account(account_id: Id, as_json: AsJson = False) -> None:
        vault = open_vault(read_settings())

        async def work(db: Database) -> dict[str, Any]:
            lockout = Lockout(db, await shared_secret(db, vault, "lockout"))
            async with db.write() as tx:
                row = await find(tx, account_id)
                if row is None:
                    fail(f"there is no {what} {account_id}")
                before = await find_standing(tx, lockout, row.username, now())
                await unlock(tx, lockout, row.username)
                facts = {"failures": before.failures, "locked_until": before.locked_until}
                await note(tx, f"{event_of(what)}.unlocked", id=row.id, **facts)
            return {"id": row.id, "before": facts}

        show_one(with_database(work), as_json)
