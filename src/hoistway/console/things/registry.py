"""What the page of every kind of thing shows, by the word in its address."""

from collections.abc import Mapping
from typing import Final

from hoistway.console.things.accounts import ACCOUNTS, USERS
from hoistway.console.things.applications import APIS, APPLICATIONS
from hoistway.console.things.base import Page
from hoistway.console.things.organisations import CUSTOMERS, SITES, UNITS
from hoistway.console.things.tenants import TENANTS

PAGES: Final[Mapping[str, Page]] = {
    "customers": CUSTOMERS, "sites": SITES, "units": UNITS, "users": USERS, "accounts": ACCOUNTS,
    "applications": APPLICATIONS, "apis": APIS, "tenants": TENANTS,
}  # fmt: skip
