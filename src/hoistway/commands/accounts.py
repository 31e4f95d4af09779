"""hoistway user and hoistway service-account."""

import sys
import uuid
from typing import Annotated

import typer

from hoistway import clock
from hoistway.authn.passwords import Passwords, generate_password
from hoistway.commands.context import AsJson, fail, note, show_one, with_database
from hoistway.commands.things import add_reading, add_switching, visible
from hoistway.protocol.ids import CustomerId, ServiceAccountId, SiteId, UserId
from hoistway.store.db import Database
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.service_accounts import (
    ServiceAccount,
    add_service_account,
    find_service_account,
    list_service_accounts,
    set_service_account_disabled,
    set_service_account_password,
)
from hoistway.store.users import User, add_user, find_user, list_users, set_user_disabled, username_key

USER = typer.Typer(help="People who sign in.", no_args_is_help=True)
SERVICE_ACCOUNT = typer.Typer(help="Technical accounts of daemons.", no_args_is_help=True)
add_reading(USER, "user", ("id", "username", "name", "home_customer_id", "disabled_at"), find_user, list_users)
add_switching(USER, "user", set_user_disabled)
add_reading(
    SERVICE_ACCOUNT,
    "service account",
    ("id", "username", "customer_id", "disabled_at"),
    find_service_account,
    list_service_accounts,
)
add_switching(SERVICE_ACCOUNT, "service account", set_service_account_disabled)


def _password(from_stdin: bool) -> tuple[str, bool]:
    """(password, whether it was made here and must be shown once)"""
    if not from_stdin:
        return generate_password(), True
    password = sys.stdin.readline().rstrip("\n")
    if len(password) < 12:
        fail("a password must have at least 12 characters")
    return password, False


@USER.command("add", help="Add a person; without --password-stdin a password is made and shown once.")
def add_person(
    username: str,
    name: Annotated[str, typer.Option()],
    customer: Annotated[str | None, typer.Option(help="The home customer.")] = None,
    flag: Annotated[list[str] | None, typer.Option(help="employee, operator")] = None,
    password_stdin: bool = False,
    as_json: AsJson = False,
) -> None:
    password, made = _password(password_stdin)
    now, home = clock.now(), CustomerId(customer) if customer else None
    emails = (username,) if "@" in username else ()
    digest = Passwords(1).hash_now(password)
    row = User(UserId(str(uuid.uuid4())), username, name, emails, tuple(flag or ()), None, digest, home, now, now)

    async def work(db: Database) -> None:
        async with db.write() as tx:
            await add_user(tx, row)
            if home is not None:
                await put_membership(tx, Membership(row.id, home, "member", "all", now))
            await note(tx, "user.added", id=row.id)

    with_database(work)
    show_one(visible(row) | ({"password": password} if made else {}), as_json)


@USER.command("join", help="Give a person a place in a customer: all its units, or only those of --site.")
def join(
    user_id: str,
    customer: Annotated[str, typer.Option()],
    role: str = "member",
    site: Annotated[list[str] | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    row = Membership(UserId(user_id), CustomerId(customer), role, "some" if site else "all", clock.now())

    async def work(db: Database) -> None:
        async with db.write() as tx:
            await put_membership(tx, row, sites=[SiteId(one) for one in site or ()])
            await note(tx, "membership.changed", user=user_id, customer=customer)

    with_database(work)
    show_one(visible(row), as_json)


@SERVICE_ACCOUNT.command("add", help="Add a technical account; its password is shown once.")
def add_account(
    username: str, customer: Annotated[str, typer.Option()], name: str = "", as_json: AsJson = False
) -> None:
    password, now = generate_password(), clock.now()
    row = ServiceAccount(
        ServiceAccountId(str(uuid.uuid4())), username, username_key(username), name or username, CustomerId(customer),
        Passwords(1).hash_now(password), now, now,
    )  # fmt: skip

    async def work(db: Database) -> None:
        async with db.write() as tx:
            await add_service_account(tx, row)
            await note(tx, "service_account.added", id=row.id)

    with_database(work)
    show_one(visible(row) | {"password": password}, as_json)


@SERVICE_ACCOUNT.command("new-password", help="Replace the password; the new one is shown once.")
def new_password(account_id: str, as_json: AsJson = False) -> None:
    password = generate_password()
    digest = Passwords(1).hash_now(password)

    async def work(db: Database) -> bool:
        async with db.write() as tx:
            await note(tx, "service_account.password_changed", id=account_id)
            return await set_service_account_password(tx, ServiceAccountId(account_id), digest, clock.now())

    if not with_database(work):
        fail(f"there is no service account {account_id}")
    show_one({"id": account_id, "password": password}, as_json)
