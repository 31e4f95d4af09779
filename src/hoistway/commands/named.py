"""Finds people and technical accounts by id or by user name, which is unique, too; and lists them by customer and name."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from hoistway.accounts.technical import has_password
from hoistway.commands.context import AsJson, fail, with_database
from hoistway.commands.nouns import Most, verb, visible
from hoistway.commands.tables import show
from hoistway.protocol.ids import CustomerId, ServiceAccountId, UserId
from hoistway.store.customers import find_customer
from hoistway.store.db import Database, Reader
from hoistway.store.listed import listed_ids
from hoistway.store.service_accounts import ServiceAccount, find_service_account, find_service_account_by_name
from hoistway.store.users import User, find_user, find_user_by_name


async def person_called(db: Reader, word: str) -> User | None:
    return await find_user(db, UserId(word)) or await find_user_by_name(db, word)


async def account_called(db: Reader, word: str) -> ServiceAccount | None:
    return await find_service_account(db, ServiceAccountId(word)) or await find_service_account_by_name(db, word)


def refuse_without_password(row: ServiceAccount) -> None:
    """Ends the command for an account that is reached through an application alone."""
    if not has_password(row):
        fail(f"{row.username} came with an application and has no password: rotate the application's secret")


async def person_id(db: Reader, word: str) -> str:
    """The id of a user name; the text itself where nobody has it, so that the caller's error message names it."""
    found = await person_called(db, word)
    return word if found is None else found.id


async def account_id(db: Reader, word: str) -> str:
    found = await account_called(db, word)
    return word if found is None else found.id


def add_list(
    app: typer.Typer, what: str, kind: str, columns: tuple[str, ...], find: Callable[[Reader, Any], Awaitable[Any]]
) -> None:
    """A `list` command with filters, instead of the plain one."""

    @verb(app, "list", f"List {what}s by id.")
    def list_things(
        customer: Annotated[str, typer.Option(help="Those of this customer alone, by its id.")] = "",
        name: Annotated[str, typer.Option(help="Those whose name or user name holds this.")] = "",
        after: Annotated[str, typer.Option(help="Begin behind this id.")] = "",
        most: Most = 100,
        as_json: AsJson = False,
    ) -> None:
        async def read(db: Database) -> list[Any]:
            if customer and await find_customer(db, CustomerId(customer)) is None:
                fail(f"there is no customer {customer}")
            ids = await listed_ids(db, kind, customer=customer, name=name, after=after, most=most)
            return [row for row in [await find(db, one) for one in ids] if row is not None]

        show([visible(row) for row in with_database(read)], as_json, columns)
