"""People and technical accounts, as operators see them."""

from collections.abc import Sequence
from typing import Any, Final

from hoistway import clock
from hoistway.accounts.technical import has_password, passwords_of
from hoistway.console.things.base import Fact, Page, Related, lines_of
from hoistway.protocol.ids import CustomerId
from hoistway.store.customers import find_customer
from hoistway.store.db import Database
from hoistway.store.service_accounts import ServiceAccount
from hoistway.store.users import User
from hoistway.web.segments import segment


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


def may_have_password(row: Any) -> bool:
    """People, and accounts that did not come with an application: these are reached through its secret alone."""
    return isinstance(row, User) or (isinstance(row, ServiceAccount) and has_password(row))


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


USERS: Final = Page(_user_facts, _user_related)
ACCOUNTS: Final = Page(_account_facts, _account_related)
