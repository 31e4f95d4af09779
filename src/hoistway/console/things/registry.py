"""Every kind of thing, by the word in its address."""

from collections.abc import Mapping

from hoistway.console.things.accounts import ACCOUNTS, USERS
from hoistway.console.things.applications import APIS, APPLICATIONS
from hoistway.console.things.base import Thing
from hoistway.console.things.organisations import CUSTOMERS, SITES, UNITS

THINGS: Mapping[str, Thing] = {
    thing.word: thing for thing in (CUSTOMERS, SITES, UNITS, USERS, ACCOUNTS, APPLICATIONS, APIS)
}
