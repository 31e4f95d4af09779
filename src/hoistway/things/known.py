"""Customers, sites, units, people, technical accounts and tenants, as whoever operates the server finds and changes them."""

from collections.abc import Mapping
from typing import Any, Final

from hoistway import clock
from hoistway.protocol.ids import CustomerId, ServiceAccountId, SiteId, UnitId, UserId
from hoistway.store.change_row import change_row
from hoistway.store.customers import Customer, find_customer, set_customer_disabled
from hoistway.store.db import Reader, Writer
from hoistway.store.service_accounts import ServiceAccount, find_service_account, set_service_account_disabled
from hoistway.store.sites import Site, find_site, set_site_disabled
from hoistway.store.tenants import set_tenant_disabled
from hoistway.store.units import Unit, find_unit, set_unit_disabled
from hoistway.store.users import User, find_user, set_user_disabled
from hoistway.things import tenants
from hoistway.things.accounts import EMAILS, PERSON, TECHNICAL_ACCOUNT
from hoistway.things.organisations import CUSTOMER, NAME, SECOND_FACTOR
from hoistway.things.sites import ADDRESS, SITE, UNIT, UNIT_CHANGES, change_unit
from hoistway.things.thing import Thing


async def _find_customer(db: Reader, row_id: str) -> Customer | None:
    return await find_customer(db, CustomerId(row_id))


async def _save_customer(tx: Writer, row: Customer, values: Mapping[str, Any]) -> None:
    await change_row(tx, "customers", row.id, values)


CUSTOMERS: Final = Thing(
    "customers", "customer", _find_customer, lambda row: row.name, set_customer_disabled,  # type: ignore[arg-type]
    (NAME, SECOND_FACTOR), _save_customer, "customer_id", making=CUSTOMER,
)  # fmt: skip


async def _find_site(db: Reader, row_id: str) -> Site | None:
    return await find_site(db, SiteId(row_id))


async def _save_site(tx: Writer, row: Site, values: Mapping[str, Any]) -> None:
    await change_row(tx, "sites", row.id, values)


SITES: Final = Thing(
    "sites", "site", _find_site, lambda row: row.name, set_site_disabled,  # type: ignore[arg-type]
    entries=(NAME, *ADDRESS), save=_save_site, making=SITE,
)  # fmt: skip


async def _find_unit(db: Reader, row_id: str) -> Unit | None:
    return await find_unit(db, UnitId(row_id))


async def _save_unit(tx: Writer, row: Unit, values: Mapping[str, Any]) -> None:
    await change_unit(tx, row, values, clock.now())


UNITS: Final = Thing(
    "units", "unit", _find_unit, lambda row: row.id, set_unit_disabled,  # type: ignore[arg-type]
    entries=UNIT_CHANGES, save=_save_unit, making=UNIT,
)  # fmt: skip


async def _find_user(db: Reader, row_id: str) -> User | None:
    return await find_user(db, UserId(row_id))


async def _save_user(tx: Writer, row: User, values: Mapping[str, Any]) -> None:
    await change_row(tx, "users", row.id, values)


USERS: Final = Thing(
    "users", "user", _find_user, lambda row: row.name, set_user_disabled,  # type: ignore[arg-type]
    (NAME, EMAILS), _save_user, "actor", "person", frozenset({"disabled", "emails"}), PERSON,
)  # fmt: skip


async def _find_account(db: Reader, row_id: str) -> ServiceAccount | None:
    return await find_service_account(db, ServiceAccountId(row_id))


async def _save_account(tx: Writer, row: ServiceAccount, values: Mapping[str, Any]) -> None:
    await change_row(tx, "accounts", row.id, values)


ACCOUNTS: Final = Thing(
    "accounts", "service_account", _find_account, lambda row: row.username, set_service_account_disabled,  # type: ignore[arg-type]
    (NAME,), _save_account, "actor", making=TECHNICAL_ACCOUNT,
)  # fmt: skip


async def _save_tenant(tx: Writer, row: tenants.NamedTenant, values: Mapping[str, Any]) -> None:
    await tenants.change_tenant(tx, row, values)


TENANTS: Final = Thing(
    "tenants", "tenant", tenants.find_named, lambda row: getattr(row, "title", row.id), set_tenant_disabled,
    tenants.ENTRIES, _save_tenant, making=tenants.TENANT,
)  # fmt: skip
