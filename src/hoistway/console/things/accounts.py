"""People and technical accounts, as operators see them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hoistway.console.things.base import Entry, Fact, Related, Thing, lines_of, words
from hoistway.protocol.ids import CustomerId, ServiceAccountId, UserId
from hoistway.protocol.text import read_name
from hoistway.store.change_row import change_row
from hoistway.store.columns import to_list
from hoistway.store.customers import find_customer
from hoistway.store.db import Database, Reader, Writer
from hoistway.store.service_accounts import ServiceAccount, find_service_account, set_service_account_disabled
from hoistway.store.users import User, find_user, set_user_disabled
from hoistway.web.segments import segment


def _emails(value: str) -> str:
    """One address on each line, in the form of the column. Raises ValueError."""
    found = [read_name(email, 1, 320)[0] for email in value.split()]
    if (
        any(
            not re.fullmatch(r"[^@\s<>]{1,64}@[^@\s<>]{1,255}", email) or not read_name(email, 1, 320)[1]
            for email in found
        )
        or len(found) > 10
    ):
        raise ValueError("Give up to 10 e-mail addresses, one a line.")
    return to_list(found)


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


USERS = Thing(
    "users", "user", _find_user, lambda row: row.name, _user_facts, _user_related, set_user_disabled,  # type: ignore[arg-type]
    (
        Entry("name", "thing_name", lambda row: row.name, words()),
        Entry("emails", "thing_emails", lambda row: "\n".join(row.emails), _emails, kind="area", required=False),
    ),
    _save_user, "actor", "person", frozenset({"disabled"}),
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
        Fact("thing_password_changed", row.password_changed_at, kind="instant"),
    )


async def _account_related(db: Database, row: ServiceAccount) -> Sequence[Related]:
    return [await lines_of(db, "applications_of_account", row.id, "applications")]


async def _save_account(tx: Writer, row: ServiceAccount, values: Mapping[str, Any]) -> None:
    await change_row(tx, "accounts", row.id, values)


ACCOUNTS = Thing(
    "accounts", "service_account", _find_account, lambda row: row.username, _account_facts, _account_related, set_service_account_disabled,  # type: ignore[arg-type]
    (Entry("name", "thing_name", lambda row: row.name, words()),), _save_account, "actor",
)  # fmt: skip
