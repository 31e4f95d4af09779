"""Every kind of thing, by the word in its address."""

from collections.abc import Mapping

from hoistway.console.things.accounts import ACCOUNTS, USERS
from hoistway.console.things.applications import APIS, APPLICATIONS
from hoistway.console.things.base import Thing
from hoistway.console.things.organisations import CUSTOMERS, SITES, UNITS
from hoistway.console.things.tenants import TENANTS
from hoistway.things.access import ACCESS
from hoistway.things.making import Linking
from hoistway.things.places import PLACES

THINGS: Mapping[str, Thing] = {
    thing.word: thing for thing in (CUSTOMERS, SITES, UNITS, USERS, ACCOUNTS, APPLICATIONS, APIS, TENANTS)
}
LINKINGS: Mapping[str, Linking] = {linking.word: linking for linking in (PLACES, ACCESS)}
"""What connects a kind of thing with customers."""
