"""Each kind of thing that files hold: how it is found, made, read and written; the rules are those of the console."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from hoistway.accounts.technical import OF_APPLICATION
from hoistway.applications.apis import PORTAL
from hoistway.applications.granting import account_prefix
from hoistway.files import texts
from hoistway.files.connections import described_tenant
from hoistway.files.document import ApplicationFile
from hoistway.protocol.ids import ClientId, ServiceAccountId
from hoistway.protocol.manage_scopes import MANAGE, manages
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.apis import list_apis
from hoistway.store.clients import Client, list_clients
from hoistway.store.customers import list_customers
from hoistway.store.db import Reader
from hoistway.store.service_accounts import (
    ServiceAccount,
    find_service_account,
    find_service_account_by_name,
    list_service_accounts,
)
from hoistway.store.tenants import list_tenants
from hoistway.things.accounts import ACCOUNT_OF_FILE
from hoistway.things.applications import APPLICATION_OF_FILE, make_application
from hoistway.things.making import Making
from hoistway.things.registry import THINGS
from hoistway.things.tenants import find_named
from hoistway.things.thing import Thing

PAGE: Final = 500


class FileKind(Struct, frozen=True):
    """`thing` is the console's, made as files make it. `typed` gives the texts that a form would send; `described` is the row as a
    file says it. `every` yields the rows of an export in the order of their ids. `fixed` are entries that can't be changed once
    the thing is there."""

    word: str
    thing: Thing
    typed: Callable[[Any], Mapping[str, str]]
    described: Callable[[Reader, Any], Awaitable[Any]]
    every: Callable[[Reader], AsyncIterator[Any]]
    find: Callable[[Reader, str], Awaitable[Any]]
    fixed: Mapping[str, Callable[[Any], str]] = {}


def _pages(read: Callable[[Reader, str, int], Awaitable[Sequence[Any]]]) -> Callable[[Reader], AsyncIterator[Any]]:
    async def every(db: Reader) -> AsyncIterator[Any]:
        after = ""
        while rows := await read(db, after, PAGE):
            for row in rows:
                yield row
            after = rows[-1].id

    return every


async def _customers(db: Reader) -> AsyncIterator[Any]:
    async for row in _pages(list_customers)(db):
        if not is_kept_out("customers", row):
            yield row


async def _apis(db: Reader) -> AsyncIterator[Any]:
    for row in sorted(await list_apis(db), key=lambda one: one.id):
        if not is_kept_out("apis", row):
            yield row


async def _accounts(db: Reader) -> AsyncIterator[Any]:
    """By user name, by which files find them."""
    rows = [row async for row in _pages(list_service_accounts)(db)]
    for row in sorted(rows, key=lambda one: one.username):
        if not is_kept_out("accounts", row):
            yield row


async def _applications(db: Reader) -> AsyncIterator[Any]:
    async for row in _pages(list_clients)(db):
        if not is_kept_out("applications", row):
            yield row


async def _tenants(db: Reader) -> AsyncIterator[Any]:
    async for row in _pages(list_tenants)(db):
        found = await find_named(db, row.id)
        if found is not None:
            yield found


def _as(describe: Callable[[Any], Any]) -> Callable[[Reader, Any], Awaitable[Any]]:
    async def described(_db: Reader, row: Any) -> Any:
        return describe(row)

    return described


def is_kept_out(word: str, row: Any) -> bool:
    """What every start makes, the sandbox's, programs of the management API, and accounts that are reached through an application
    alone."""
    if word == "customers":
        return bool(row.id == SANDBOX)
    if word == "accounts":
        return bool(row.customer_id == SANDBOX or row.username.startswith(OF_APPLICATION))
    if word == "apis":
        return bool(row.id == MANAGE)
    return word == "applications" and bool(row.id == PORTAL or row.environment == "sandbox" or manages(row.scopes))


async def account_of(db: Reader, row: Client) -> ServiceAccount | None:
    if row.service_account_id is None:
        return None
    return await find_service_account(db, ServiceAccountId(row.service_account_id))


def is_own(account: ServiceAccount | None, client_id: ClientId) -> bool:
    """It came with the application, and is reached through it alone: files do not name it."""
    return account is not None and account.username.startswith(account_prefix(client_id))


async def _described_application(db: Reader, row: Client) -> ApplicationFile:
    account = await account_of(db, row)
    return texts.file_of_application(row, None if is_own(account, row.id) else account)


async def _find_account(db: Reader, username: str) -> Any:
    return await find_service_account_by_name(db, username)


_APPLICATION: Final = Making(
    APPLICATION_OF_FILE.event, APPLICATION_OF_FILE.entries, partial(make_application, has_secret=False, follows=True)
)
"""Without a generated secret: those that it has are references in the file."""


def _kind(word: str, typed: Any, described: Any, every: Any, **more: Any) -> FileKind:
    thing = THINGS[word]
    thing = replace(thing, making=more.pop("making", thing.making))
    return FileKind(word, thing, typed, described, every, more.pop("find", thing.find), **more)


KINDS: Final[Mapping[str, FileKind]] = {
    one.word: one
    for one in (
        _kind("customers", texts.of_customer, _as(texts.file_of_customer), _customers),
        _kind(
            "apis", texts.of_api, _as(texts.file_of_api), _apis,
            fixed={"audience": lambda row: row.audience, "uri": lambda row: row.uri},
        ),
        _kind(
            "accounts", texts.of_account, _as(texts.file_of_account), _accounts, making=ACCOUNT_OF_FILE, find=_find_account,
            fixed={"customer": lambda row: row.customer_id},
        ),
        _kind("tenants", texts.of_tenant, described_tenant, _tenants),
        _kind(
            "applications", texts.of_application, _described_application, _applications, making=_APPLICATION,
            fixed={"type": lambda row: row.type, "customer": lambda row: row.customer_id or ""},
        ),
    )
}  # fmt: skip


def kept_from(kind: FileKind, row: Any, typed: Mapping[str, str]) -> str | None:
    """Why files may not write it."""
    if is_kept_out(kind.word, row):
        return "files can't manage this: it is the server's own, the sandbox's, or an application's account"
    if any(read(row) != typed[name] for name, read in kind.fixed.items()):
        return f"it is there with another {' or '.join(kind.fixed)}, which can't be changed"
    return None
