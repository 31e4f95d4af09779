"""Worlds made up by hypothesis, and the model of what each token may see in them: plain sets.

Every customer, site, unit, access, person, account and application has a word that occurs nowhere else and stands in each of
its texts, so an answer tells by its words whose data it holds."""

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hypothesis import strategies as st

from hoistway.authn.client import secret_digest
from hoistway.protocol.ids import CustomerId, ServiceAccountId, SiteId, UnitId, UserId
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.clients import add_client
from hoistway.store.customers import Customer, add_customer
from hoistway.store.db import Writer
from hoistway.store.floors import Floor, write_floors
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.service_accounts import ServiceAccount, add_service_account
from hoistway.store.sites import Site, put_sites
from hoistway.store.unit_access import UnitAccess, put_access
from hoistway.store.units import Unit, put_units
from hoistway.store.users import User, add_user
from tests.world import DIGEST, NOW, SCOPES, SECRET, client

WORD = re.compile(r"(?:customer|site|unit|access|person|account|app)\d{6}z")
KINDS = ("elevator", "escalator")
PREFIXES = ("", "US-", "us-", "Ü", "%_")  # what orders and matches differently where letters are compared
_numbers = itertools.count(1)


def words_in(texts: Iterable[str]) -> set[str]:
    return set(WORD.findall("\n".join(texts)))


def word(kind: str) -> str:
    return f"{kind}{next(_numbers):06d}z"


@dataclass(frozen=True)
class Lift:
    """A unit: its own word, its site's, its type, and the word of each access by customer; the first one is the owner."""

    id: str
    site: str
    kind: str
    access: Mapping[str, str]


@dataclass(frozen=True)
class Place:
    """A membership: with everything, or with these sites and units only, whosever they are."""

    everything: bool
    sites: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Somebody:
    id: str
    employee: bool
    places: Mapping[str, Place]


@dataclass(frozen=True)
class World:
    """`accounts` and `apps` by customer: each has one technical account, and one daemon bound to it."""

    customers: tuple[str, ...]
    sites: tuple[str, ...]
    lifts: tuple[Lift, ...]
    people: tuple[Somebody, ...]
    accounts: Mapping[str, str]
    apps: Mapping[str, str]

    def seen(self, customer: str, place: Place) -> list[Lift]:
        """By id."""
        own = [lift for lift in self.lifts if customer in lift.access]
        if not place.everything:
            own = [lift for lift in own if lift.site in place.sites or lift.id in place.units]
        return sorted(own, key=lambda lift: lift.id)


ALL = Place(everything=True)


@dataclass(frozen=True)
class Holder:
    """A token and all that it may show."""

    world: World
    customer: str
    subject: str
    is_person: bool
    place: Place
    token: str
    others: Mapping[str, str] = field(default_factory=dict)
    app: str = ""

    @property
    def seen(self) -> list[Lift]:
        return self.world.seen(self.customer, self.place)

    @property
    def words(self) -> set[str]:
        """Those that its answers may hold."""
        texts = [self.customer, self.subject, self.app]
        for lift in self.seen:
            texts += [lift.id, lift.site, lift.access[self.customer]]
        return words_in(texts)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    customers = tuple(word("customer") for _ in range(draw(st.integers(2, 3))))
    sites = tuple(word("site") for _ in range(draw(st.integers(1, 4))))
    lifts = []
    for _ in range(draw(st.integers(0, 9))):
        who = draw(st.lists(st.sampled_from(customers), unique=True, max_size=2))
        access = {customer: word("access") for customer in who}
        name = draw(st.sampled_from(PREFIXES)) + word("unit")
        lifts.append(Lift(name, draw(st.sampled_from(sites)), draw(st.sampled_from(KINDS)), access))
    some = st.builds(
        Place,
        st.just(False),
        st.frozensets(st.sampled_from(sites)),
        st.frozensets(st.sampled_from([lift.id for lift in lifts] or ["none"])),
    )
    place = st.one_of(st.just(ALL), some)
    people = tuple(
        Somebody(
            word("person"), draw(st.booleans()), draw(st.dictionaries(st.sampled_from(customers), place, min_size=1))
        )
        for _ in range(draw(st.integers(1, 3)))
    )
    accounts, apps = ({customer: word(kind) for customer in customers} for kind in ("account", "app"))
    return World(customers, sites, tuple(lifts), people, accounts, apps)


async def write(tx: Writer, world: World) -> None:
    """All of it."""
    for customer in world.customers:
        await add_customer(tx, Customer(CustomerId(customer), f"Name of {customer}", NOW))
    await put_sites(
        tx, [Site(SiteId(s), f"House {s}", f"{s} Street", s[-7:], f"Town {s}", "DE", NOW) for s in world.sites]
    )
    for lift in world.lifts:
        await _write_lift(tx, lift)
    for person in world.people:
        await _write_person(tx, person)
    for customer in world.customers:
        await _write_account(tx, world, customer)


async def _write_lift(tx: Writer, lift: Lift) -> None:
    unit = Unit(
        UnitId(lift.id), SiteId(lift.site), lift.kind, NOW, f"C-{lift.id}", "TAC32", f"Of {lift.id}", "single", 630, 1.6,
        f"S-{lift.id}", write_floors([Floor("0", lift.id, 0)]),
    )  # fmt: skip
    await put_units(tx, [unit])
    roles = zip(lift.access.items(), ("owner", "manager"), strict=False)
    rows = [
        UnitAccess(CustomerId(customer), unit.id, role, unit.site_id, lift.kind, f"N-{access}")
        for (customer, access), role in roles
    ]
    await put_access(tx, rows)


async def _write_person(tx: Writer, person: Somebody) -> None:
    name = person.id
    home = CustomerId(next(iter(person.places)))
    emails = (f"{name}@mail.example", f"{name}@post.example")
    flags = ("employee",) if person.employee else ()
    await add_user(
        tx, User(UserId(name), f"{name}@example.com", f"Name {name}", emails, flags, None, DIGEST, home, NOW, NOW)
    )
    for customer, place in person.places.items():
        reach = "all" if place.everything else "some"
        sites = [SiteId(site) for site in sorted(place.sites)]
        units = [UnitId(unit) for unit in sorted(place.units - {"none"})]
        await put_membership(tx, Membership(UserId(name), CustomerId(customer), "member", reach, NOW), sites, units)


async def _write_account(tx: Writer, world: World, customer: str) -> None:
    name, app = world.accounts[customer], world.apps[customer]
    account = ServiceAccountId(name)
    await add_service_account(
        tx, ServiceAccount(account, name, name, f"Name {name}", CustomerId(customer), DIGEST, NOW, NOW)
    )
    bound = {"service_account_id": account, "customer_id": CustomerId(customer)}
    row = client(app, "daemon", grants=("client_credentials",), scopes=SCOPES, redirect_uris=(), **bound)
    await add_client(tx, row)
    await add_secret(tx, ClientSecret(f"secret-{app}", row.id, secret_digest(SECRET), SECRET[:6], NOW))
