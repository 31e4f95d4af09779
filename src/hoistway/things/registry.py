"""Every kind of thing, by the word in its address."""

from collections.abc import Mapping
from typing import Final

from hoistway.things.access import ACCESS
from hoistway.things.known import ACCOUNTS, CUSTOMERS, SITES, TENANTS, UNITS, USERS
from hoistway.things.known_applications import APIS, APPLICATIONS
from hoistway.things.making import Linking
from hoistway.things.places import PLACES
from hoistway.things.thing import Thing

THINGS: Final[Mapping[str, Thing]] = {
    thing.word: thing for thing in (CUSTOMERS, SITES, UNITS, USERS, ACCOUNTS, APPLICATIONS, APIS, TENANTS)
}
LINKINGS: Final[Mapping[str, Linking]] = {linking.word: linking for linking in (PLACES, ACCESS)}
"""What connects a kind of thing with customers."""
