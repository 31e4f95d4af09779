"""Passwords of technical accounts, and the addresses from which they may be used (docs/adr/0037-two-passwords.md)."""

from typing import Annotated

import typer

from hoistway import clock
from hoistway.accounts.technical import (
    MOST_RANGES,
    BadRanges,
    NoSuchPassword,
    TwoPasswords,
    end_after,
    fresh_password,
    give_password,
    limit_account,
    passwords_of,
    read_addresses,
    take_password,
)
from hoistway.authn.passwords import Passwords
from hoistway.commands.context import USAGE, AsJson, fail, in_transaction, note, show_one, with_database
from hoistway.commands.named import account_called, refuse_without_password
from hoistway.commands.nouns import Id, verb
from hoistway.commands.tables import show
from hoistway.protocol.two_passwords import BOTH
from hoistway.store.account_lists import lock_account_of
from hoistway.store.db import Database, Reader, Writer
from hoistway.store.password_uses import password_uses_of
from hoistway.store.service_accounts import ServiceAccount

COLUMNS = ("password", "made_at", "expires_at", "used_at")


async def _found(db: Reader, word: str) -> ServiceAccount:
    row = await account_called(db, word)
    if row is None:
        fail(f"there is no service account {word}")
    refuse_without_password(row)
    return row


async def _locked(tx: Writer, word: str) -> ServiceAccount:
    found = await _found(tx, word)
    row = await lock_account_of(tx, found.customer_id, found.id)
    if row is None:
        fail(f"there is no service account {word}")
    return row


def add_technical(app: typer.Typer) -> None:
    _add_showing(app)
    _add_making(app)
    _add_ending(app)
    _add_limiting(app)


def _add_showing(app: typer.Typer) -> None:
    @verb(app, "passwords", "Show which passwords an account has, when each ends and was last used.")
    def passwords(account_id: Id, as_json: AsJson = False) -> None:
        async def read(db: Database) -> list[dict[str, object]]:
            row = await _found(db, account_id)
            used = await password_uses_of(db, row.id)
            return [
                {
                    "password": one.which, "made_at": one.changed_at, "expires_at": one.expires_at,
                    "used_at": at if (at := used.get(one.which)) is not None and at >= one.changed_at else None,
                }
                for one in passwords_of(row, clock.now())
            ]  # fmt: skip

        show(with_database(read), as_json, COLUMNS)


def _add_making(app: typer.Typer) -> None:
    @verb(app, "add-password", "Make a second password beside the first, shown once; both work until one is ended.")
    def add_one(
        account_id: Id,
        days: Annotated[int, typer.Option(min=0, max=3650, help="It ends after so many; 0 is never.")] = 365,
        as_json: AsJson = False,
    ) -> None:
        now = clock.now()
        try:
            fresh = fresh_password(with_database(lambda db: _found(db, account_id)), now)
            digest = Passwords(1).hash_now(fresh.password)

            async def work(tx: Writer) -> str:
                row = await _locked(tx, account_id)
                await give_password(tx, row, fresh.which, digest, now, end_after(days, now))
                await note(tx, "service_account.password_added", id=row.id, password=fresh.which)
                return row.id

            found = in_transaction(work)
        except TwoPasswords:
            fail("it has two passwords: end one first (hoistway service-account end-password)")
        shown = {"id": found, "which": fresh.which, "password": fresh.password, "expires_at": end_after(days, now)}
        show_one(shown, as_json)


def _add_ending(app: typer.Typer) -> None:
    @verb(app, "end-password", "End one of two passwords; what it gave ends within 5 seconds, the other one goes on.")
    def end_one(
        account_id: Id,
        which: Annotated[str, typer.Argument(metavar="first|second", help="Which of the two.")],
        as_json: AsJson = False,
    ) -> None:
        known = next((one for one in BOTH if one == which), None)
        if known is None:
            fail("say first or second", USAGE)

        async def work(tx: Writer) -> dict[str, object]:
            row = await _locked(tx, account_id)
            try:
                ended = await take_password(tx, row, known, clock.now())
            except NoSuchPassword:
                fail(f"the {known} password of {row.username} has ended already")
            await note(tx, "service_account.password_ended", id=row.id, password=known, refresh_tokens=ended)
            return {"id": row.id, "ended": known, "refresh_tokens": ended}

        show_one(in_transaction(work), as_json)


def _add_limiting(app: typer.Typer) -> None:
    @verb(app, "limit", "Give tokens for an account only to these networks; without any, to everybody again.")
    def limit(
        account_id: Id,
        network: Annotated[list[str] | None, typer.Argument(metavar="NETWORK", help="203.0.113.0/24")] = None,
        as_json: AsJson = False,
    ) -> None:
        try:
            addresses = read_addresses(" ".join(network or ()))
        except BadRanges as bad:
            fail(f"at most {MOST_RANGES} networks" if bad.entry is None else f"{bad.entry} is not a network", USAGE)

        async def work(tx: Writer) -> dict[str, object]:
            found = await account_called(tx, account_id)
            row = None if found is None else await lock_account_of(tx, found.customer_id, found.id)
            if row is None:
                fail(f"there is no service account {account_id}")
            await limit_account(tx, row, addresses)
            before, after = {"addresses": (row.addresses or "").split()}, {"addresses": list(addresses)}
            await note(tx, "service_account.changed", id=row.id, before=before, after=after)
            return {"id": row.id, **after}

        show_one(in_transaction(work), as_json)
