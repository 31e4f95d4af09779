"""Technical accounts, which daemons use and customers own; nobody can sign in with one on a page."""

from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Index, Table, Text, UniqueConstraint, bindparam, func, select, update

from hoistway.protocol.ids import CustomerId, ServiceAccountId
from hoistway.protocol.two_passwords import Which
from hoistway.store.columns import (
    at,
    end_of,
    find_in,
    insert_all,
    key,
    lists_of,
    optional_at,
    optional_text,
    page_of,
    reference,
    text,
)
from hoistway.store.db import Database, Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA
from hoistway.store.sign_in_names import check_free, name_keys, owner_of

SERVICE_ACCOUNTS = Table(
    "service_accounts",
    METADATA,
    key(),
    text("username"),
    text("username_key"),
    text("name"),
    reference("customer_id", "customers.id"),
    text("password_digest"),
    at("created_at"),
    at("password_changed_at"),
    optional_at("disabled_at"),
    optional_text("disabled_by"),
    optional_at("ended_at"),
    optional_at("password_expires_at"),
    optional_text("second_digest"),
    optional_at("second_changed_at"),
    optional_at("second_expires_at"),
    optional_text("addresses"),
    UniqueConstraint("username_key"),
    Index("ix_service_accounts_username", "username", "id"),
    Index("ix_service_accounts_customer", "customer_id", "id"),
)


class Secret(NamedTuple):
    """One of an account's two passwords. `changed_at` is when it was made or ended: what an earlier password in its place
    gave is over."""

    which: Which
    digest: str
    changed_at: int
    expires_at: int | None

    def is_over(self, now: int) -> bool:
        return self.expires_at is not None and self.expires_at <= now


class ServiceAccount(Struct, frozen=True):
    """`disabled_by` is BY_CUSTOMER where an administrator of the customer disabled it, who may then enable it again.
    What was given to it up to and including `ended_at` is no longer valid. It has up to two passwords; the columns of the
    first have no name before them. `addresses` are networks, separated by blanks, from which tokens may be requested for
    it; None means from everywhere."""

    id: ServiceAccountId
    username: str
    username_key: str
    name: str
    customer_id: CustomerId
    password_digest: str
    created_at: int
    password_changed_at: int
    disabled_at: int | None = None
    disabled_by: str | None = None
    ended_at: int | None = None
    password_expires_at: int | None = None
    second_digest: str | None = None
    second_changed_at: int | None = None
    second_expires_at: int | None = None
    addresses: str | None = None

    def secret(self, which: Which) -> Secret:
        """The first one for an account that has no second one, because each password is compared with one digest."""
        if which == "second" and self.second_digest is not None:
            return Secret("second", self.second_digest, self.second_changed_at or 0, self.second_expires_at)
        return Secret("first", self.password_digest, self.password_changed_at, self.password_expires_at)


_S = SERVICE_ACCOUNTS.c
BY_CUSTOMER = "customer"
_INSERT = Statement(lambda: insert_all(SERVICE_ACCOUNTS), nothing)
_FIND = Statement(lambda: find_in(SERVICE_ACCOUNTS), ServiceAccount)
_NAMES = lists_of({"username_key": Text()})


def _placed(place: int, *columns: Any) -> tuple[int, ServiceAccount]:
    return place, ServiceAccount(*columns)


def _is_named(name_key: ColumnElement[str]) -> ColumnElement[bool]:
    """By the user name, otherwise by a further name; one statement, so that a name which nobody has costs the same."""
    named = SERVICE_ACCOUNTS.alias("named")
    own = select(named.c.id).where(named.c.username_key == name_key).scalar_subquery()
    return _S.id == func.coalesce(own, owner_of(name_key, "service_account"))


_BY_NAME = Statement(
    lambda: select(SERVICE_ACCOUNTS).where(_is_named(bindparam("username_key", type_=Text()))),
    ServiceAccount,
    Statement(
        lambda: select(_NAMES.c.place, SERVICE_ACCOUNTS).join_from(
            _NAMES, SERVICE_ACCOUNTS, _is_named(_NAMES.c.username_key)
        ),
        _placed,
    ),
)
_HOLD = Statement(
    lambda: select(SERVICE_ACCOUNTS).where(_S.id == bindparam("id")).with_for_update(read=True), ServiceAccount
)
_LIST = Statement(lambda: page_of(SERVICE_ACCOUNTS), ServiceAccount)
_OF_CUSTOMER = Statement(
    lambda: (
        select(SERVICE_ACCOUNTS)
        .where(_S.customer_id == bindparam("customer_id"))
        .order_by(_S.id)
        .limit(bindparam("most"))
    ),
    ServiceAccount,
)
_COUNT = Statement(
    lambda: select(func.count()).select_from(SERVICE_ACCOUNTS).where(_S.customer_id == bindparam("customer_id")), int
)
_DISABLE = Statement(
    lambda: (
        update(SERVICE_ACCOUNTS)
        .where(_S.id == bindparam("b_id"))
        .values(disabled_at=bindparam("at"), disabled_by=bindparam("by"), **end_of(SERVICE_ACCOUNTS))
    ),
    nothing,
)
_DIGESTS = Statement(lambda: select(_S.password_digest).order_by(_S.id).limit(bindparam("most")), str)


async def add_service_account(tx: Writer, account: ServiceAccount) -> None:
    """Raises Conflict where the id or the user name is taken."""
    await check_free(tx, account.username, "service_account", account.id)
    await tx.run(_INSERT, asdict(account))


async def find_service_account(db: Reader, account_id: ServiceAccountId) -> ServiceAccount | None:
    return await db.one(_FIND, {"id": account_id})


async def find_service_account_by_name(db: Reader, username: str) -> ServiceAccount | None:
    for name_key in name_keys(username):
        if (account := await db.one(_BY_NAME, {"username_key": name_key})) is not None:
            return account
    return None


async def look_up_service_account(db: Database, username: str) -> ServiceAccount | None:
    """The same, for the password grant: daemons ask before each call of theirs."""
    for name_key in name_keys(username):
        if (account := await db.one_of_many(_BY_NAME, {"username_key": name_key})) is not None:
            return account
    return None


async def hold_service_account(tx: Writer, account_id: ServiceAccountId) -> ServiceAccount | None:
    """Like `find_service_account`, and holds the row shared: nobody can change it until this transaction ends, but
    others may hold it, too."""
    return await tx.one(_HOLD, {"id": account_id})


async def digests_of_service_accounts(db: Reader, most: int) -> list[str]:
    return await db.all(_DIGESTS, {"most": most})


async def list_service_accounts(db: Reader, after: str = "", most: int = 100) -> list[ServiceAccount]:
    return await db.all(_LIST, {"after": after, "most": most})


async def service_accounts_of(db: Reader, customer_id: CustomerId, most: int = 100) -> list[ServiceAccount]:
    """Disabled ones included."""
    return await db.all(_OF_CUSTOMER, {"customer_id": customer_id, "most": most})


async def count_service_accounts_of(db: Reader, customer_id: CustomerId) -> int:
    """Disabled ones included."""
    return await db.one(_COUNT, {"customer_id": customer_id}) or 0


async def set_service_account_disabled(
    tx: Writer, account_id: ServiceAccountId, at: int | None, by: str | None = None
) -> bool:
    """`by` is BY_CUSTOMER, or None for an operator or the server itself."""
    return await tx.run(_DISABLE, {"b_id": account_id, "at": at, "by": by}) == 1
