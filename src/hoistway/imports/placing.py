"""Where a person belongs by the mapping: customer, role and sites. What can't be placed is listed before anything is written."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from hoistway.imports.mapping import People
from hoistway.protocol.ids import CustomerId, SiteId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.protocol.text import BadText, read_line
from hoistway.store.db import Reader
from hoistway.store.filling import find_there
from hoistway.things.making import Misfit, check_id

MOST_SITES: Final = 500
MOST_WORDS: Final = 100_000
"""Different values that the first pass remembers."""


class Unplaced(Exception):
    """The text says why somebody has no place here, and what to do."""


class Place(Struct, frozen=True):
    """`makes` is the name of a customer that has to be made."""

    customer_id: CustomerId | None = None
    role: str = "member"
    sites: tuple[SiteId, ...] = ()
    makes: str = ""


class Wanted:
    """What the people of the first pass name, with how many name it; and afterwards what of that there is."""

    def __init__(self) -> None:
        self.customers: Counter[str] = Counter()
        self.roles: Counter[str] = Counter()
        self.sites: Counter[str] = Counter()
        self.attributes: Counter[str] = Counter()
        self.known_customers: frozenset[str] = frozenset()
        self.known_sites: frozenset[str] = frozenset()

    async def look_up(self, db: Reader) -> None:
        self.known_customers = await find_there(db, "customers", self.customers)
        self.known_sites = await find_there(db, "sites", self.sites)


class Placing:
    def __init__(self, people: People) -> None:
        self._people = people
        self.wanted = Wanted()

    def hear(self, attributes: Mapping[str, Any]) -> None:
        """In the first pass."""
        wanted, people = self.wanted, self._people
        for name in attributes:
            _count(wanted.attributes, name)
        customer = self._customer(attributes)
        if customer is not None:
            _count(wanted.customers, customer)
        if (role := _text(attributes, people.role.attribute)) is not None:
            _count(wanted.roles, role)
        try:
            for site in self._sites(attributes):
                _count(wanted.sites, site)
        except Unplaced:
            # It is told with its line when the person is placed.
            return

    def unplaced(self) -> list[str]:
        """What the mapping can't place, after `look_up`; a sentence each."""
        wanted, people = self.wanted, self._people
        named = {
            "people.customer": people.customer.attribute, "people.role": people.role.attribute,
            "people.reach": people.reach.attribute, "people.technical": people.technical.attribute,
        }  # fmt: skip
        found = [
            f"{where}: nobody has the attribute {attribute}; known are {', '.join(sorted(wanted.attributes)) or 'none'}"
            for where, attribute in named.items()
            if attribute is not None and attribute not in wanted.attributes
        ]
        for word, count in sorted(wanted.customers.items()):
            try:
                self._check_customer(word)
            except Unplaced as error:
                found.append(f"{error} ({_people(count)})")
        found += [
            f"people.role: the value {word!r} is neither of administrator nor of member ({_people(count)})"
            for word, count in sorted(wanted.roles.items())
            if self._role(word) is None
        ]
        missing = sorted(wanted.sites.keys() - wanted.known_sites)
        return found + [f"there is no site {site} ({_people(wanted.sites[site])})" for site in missing]

    def place(self, attributes: Mapping[str, Any]) -> Place:
        """Raises Unplaced."""
        customer = self._customer(attributes)
        if customer is None:
            if self._people.without_customer == "leave_out":
                raise Unplaced(
                    "names no customer: give it the attribute, or take people without one (people.without_customer)"
                )
            return Place()
        makes = self._check_customer(customer)
        word = _text(attributes, self._people.role.attribute)
        role = "member" if word is None else self._role(word)
        if role is None:
            raise Unplaced(f"the role {word!r} is not in the mapping: add it to people.role")
        sites = self._sites(attributes)
        if len(sites) > MOST_SITES:
            raise Unplaced(f"lists more than {MOST_SITES} sites: take the attribute out, and set the reach here")
        if missing := [site for site in sites if site not in self.wanted.known_sites]:
            raise Unplaced(f"there is no site {missing[0]}: import the sites first, or correct the attribute")
        return Place(CustomerId(customer), role, tuple(map(SiteId, sites)), makes)

    def _customer(self, attributes: Mapping[str, Any]) -> str | None:
        """The id here, whether it exists or not."""
        said = self._people.customer
        if said.all is not None:
            return said.all
        value = _text(attributes, said.attribute)
        return None if value is None else said.values.get(value, value)

    def _check_customer(self, customer: str) -> str:
        """The name of one that has to be made, otherwise "". Raises Unplaced."""
        if customer == SANDBOX:
            raise Unplaced("the simulated customer has no members: name another in the mapping")
        if customer in self.wanted.known_customers:
            return ""
        if not self._people.make_customers:
            raise Unplaced(
                f"there is no customer {customer}: name another under people.customer.values, add it, or set people.make_customers"
            )
        try:
            check_id(customer)
        except Misfit:
            raise Unplaced(
                f"{customer!r} can't be the id of a customer: give it one under people.customer.values"
            ) from None
        return customer

    def _role(self, word: str) -> str | None:
        if word in self._people.role.administrator:
            return "administrator"
        return "member" if not self._people.role.member or word in self._people.role.member else None

    def _sites(self, attributes: Mapping[str, Any]) -> Sequence[str]:
        """Raises Unplaced for a list that can't be read: without one a person sees all of the customer's units."""
        name = self._people.reach.attribute
        value = _text(attributes, name)
        found = {} if value is None else dict.fromkeys(one.strip() for one in value.split(self._people.reach.separator))
        found.pop("", None)
        if not found and _says(attributes, name):
            raise Unplaced(f"the list of sites ({name}) names none: correct it, or take the attribute out")
        return list(found)[: MOST_SITES + 1]


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _count(counter: Counter[str], word: str) -> None:
    if word in counter or len(counter) < MOST_WORDS:
        counter[word] += 1


def _text(attributes: Mapping[str, Any], name: str | None) -> str | None:
    """As the mapping's values are written: numbers and truth values by their JSON words. None where it says nothing."""
    value = None if name is None else attributes.get(name)
    if value is None or isinstance(value, list | dict):
        return None
    text = str(value).lower() if isinstance(value, bool) else str(value)
    try:
        return read_line(text) or None
    except BadText:
        return None


def _says(attributes: Mapping[str, Any], name: str | None) -> bool:
    """Whether there is more than nothing, an empty text or blanks."""
    value = None if name is None else attributes.get(name)
    return value is not None and (not isinstance(value, str) or bool(value.strip()))
