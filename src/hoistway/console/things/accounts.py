"""People and technical accounts, as operators see them."""

from collections.abc import Mapping, Sequence
from typing import Any

from hoistway import clock
from hoistway.accounts.technical import has_password, passwords_of
from hoistway.console.things.base import Fact, Related, Thing, lines_of
from hoistway.protocol.ids import CustomerId, ServiceAccountId, UserId
from hoistway.store.change_row import change_row
from hoistway.store.customers import find_customer
from hoistway.store.db import Database, Reader, Writer
from hoistway.store.service_accounts import ServiceAccount, find_service_account, set_service_account_disabled
from hoistway.store.users import User, find_user, set_user_disabled
from hoistway.things.accounts import EMAILS, PERSON, TECHNICAL_ACCOUNT
from hoistway.things.organisations import NAME
from hoistway.web.segments import segment


async def _find_user(db: Reader, row_id: str) -> User | None:
    return await find_user(db, UserId(row_id))


async def _user_facts(db: Database, row: User) -> Sequence[Fact]:
    home = None if row.home_customer_id is None else await find_customer(db, row.home_customer_id)
    return (
        Fact("thing_id", row.id, kind="code"),
        Fact("thing_username", row.username),
        Fact("thing_emails", row.emails, kind="list"),
        Fact("thing_flags", row.flags, kind="list"),
        Fact(
            "thing_home",
            "" if home is None else home.name,
            None if home is None else f"/console/customers/{segment(home.id)}",
        ),
        Fact("thing_created", row.created_at, kind="instant"),
        Fact("thing_password_changed", row.password_changed_at, kind="instant"),
    )


async def _user_related(db: Database, row: User) -> Sequence[Related]:
    return [await lines_of(db, "customers_of_user", row.id, "customers")]


async def _save_user(tx: Writer, row: User, values: Mapping[str, Any]) -> None:
    await change_row(tx, "users", row.id, values)


def may_have_password(row: Any) -> bool:
    """People, and accounts that did not come with an application: these are reached through its secret alone."""
    return isinstance(row, User) or (isinstance(row, ServiceAccount) and has_password(row))


USERS = Thing(
    "users", "user", _find_user, lambda row: row.name, _user_facts, _user_related, set_user_disabled,  # type: ignore[arg-type]
    (NAME, EMAILS), _save_user, "actor", "person", frozenset({"disabled", "emails"}), PERSON,
)  # fmt: skip


async def _find_account(db: Reader, row_id: str) -> ServiceAccount | None:
    return await find_service_account(db, ServiceAccountId(row_id))


async def _account_facts(db: Database, row: ServiceAccount) -> Sequence[Fact]:
    customer = await find_customer(db, CustomerId(row.customer_id))
    return (
        Fact("thing_id", row.id, kind="code"),
        Fact("thing_username", row.username, kind="code"),
        Fact(
            "thing_customer",
            row.customer_id if customer is None else customer.name,
            f"/console/customers/{segment(row.customer_id)}",
        ),
        Fact("thing_created", row.created_at, kind="instant"),
        Fact("thing_password_changed", row.password_changed_at, kind="instant")
        if passwords_of(row, clock.now()) or not has_password(row)
        else Fact("once_password", "no_password", kind="value"),
    )


async def _account_related(db: Database, row: ServiceAccount) -> Sequence[Related]:
    return [await lines_of(db, "applications_of_account", row.id, "applications")]


async def _save_account(tx: Writer, row: ServiceAccount, values: Mapping[str, Any]) -> None:
    await change_row(tx, "accounts", row.id, values)


ACCOUNTS = Thing(
    "accounts", "service_account", _find_account, lambda row: row.username, _account_facts, _account_related, set_service_account_disabled,  # type: ignore[arg-type]
    (NAME,), _save_account, "actor", making=TECHNICAL_ACCOUNT,
)  # fmt: skip
