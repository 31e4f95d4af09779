"""Customers, sites, units, people, technical accounts and tenants, as whoever operates the server finds and changes them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from hoistway import clock
from hoistway.store.change_row import change_row
from hoistway.store.customers import find_customer, set_customer_disabled
from hoistway.store.db import Writer
from hoistway.store.service_accounts import find_service_account, set_service_account_disabled
from hoistway.store.sites import find_site, set_site_disabled
from hoistway.store.tenants import set_tenant_disabled
from hoistway.store.units import Unit, find_unit, set_unit_disabled
from hoistway.store.users import find_user, set_user_disabled
from hoistway.things import tenants
from hoistway.things.accounts import EMAILS, PERSON, TECHNICAL_ACCOUNT
from hoistway.things.organisations import CUSTOMER, NAME, SECOND_FACTOR
from hoistway.things.sites import ADDRESS, SITE, UNIT, UNIT_CHANGES, change_unit
from hoistway.things.thing import Thing

Save = Callable[[Writer, Any, Mapping[str, Any]], Awaitable[None]]


def _columns_of(word: str) -> Save:
    """Writes the values into the columns of their names."""

    async def save(tx: Writer, row: Any, values: Mapping[str, Any]) -> None:
        await change_row(tx, word, row.id, values)

    return save


async def _save_unit(tx: Writer, row: Unit, values: Mapping[str, Any]) -> None:
    await change_unit(tx, row, values, clock.now())


CUSTOMERS: Final = Thing(
    "customers", "customer", find_customer, lambda row: row.name, set_customer_disabled, (NAME, SECOND_FACTOR),
    _columns_of("customers"), "customer_id", making=CUSTOMER,
)  # fmt: skip
SITES: Final = Thing(
    "sites", "site", find_site, lambda row: row.name, set_site_disabled, (NAME, *ADDRESS), _columns_of("sites"), making=SITE,
)  # fmt: skip
UNITS: Final = Thing(
    "units", "unit", find_unit, lambda row: row.id, set_unit_disabled, UNIT_CHANGES, _save_unit, making=UNIT,
)  # fmt: skip
USERS: Final = Thing(
    "users", "user", find_user, lambda row: row.name, set_user_disabled, (NAME, EMAILS), _columns_of("users"), "actor", "person",
    frozenset({"disabled", "emails"}), PERSON,
)  # fmt: skip
ACCOUNTS: Final = Thing(
    "accounts", "service_account", find_service_account, lambda row: row.username, set_service_account_disabled, (NAME,),
    _columns_of("accounts"), "actor", making=TECHNICAL_ACCOUNT,
)  # fmt: skip
TENANTS: Final = Thing(
    "tenants", "tenant", tenants.find_named, lambda row: getattr(row, "title", row.id), set_tenant_disabled,
    tenants.ENTRIES, tenants.change_tenant, making=tenants.TENANT,
)  # fmt: skip
