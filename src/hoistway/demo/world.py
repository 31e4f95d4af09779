"""The content of the demo world: customers, buildings, lifts, people and applications, the same in every demo.

Ids of people and applications, passwords and secrets are generated; nothing that could be used elsewhere is constant.
"""

import random
import secrets
import uuid
from typing import Any

from msgspec import Struct, field

from hoistway.applications.granting import CUSTOMER_SCOPES
from hoistway.authn.factors import new_secret
from hoistway.authn.passwords import Passwords, generate_password
from hoistway.protocol.ids import ClientId, CustomerId, ServiceAccountId, SiteId, UnitId, UserId
from hoistway.protocol.text import username_key
from hoistway.store.clients import Client, ExceptionKind, LegacyException
from hoistway.store.customers import Customer
from hoistway.store.floors import Floor, write_floors
from hoistway.store.memberships import Membership
from hoistway.store.service_accounts import ServiceAccount
from hoistway.store.sites import Site
from hoistway.store.unit_access import UnitAccess
from hoistway.store.units import Unit
from hoistway.store.users import User

TENANT_NAME = "maxcustomerportal.onmicrosoft.com"
ROPC_PROXY = "74c72ab2-3ade-45fe-83e0-cd5b90704539"
API_URI = f"https://{TENANT_NAME}/prod/api"
FIRST, SECOND, MANAGER, SMALL = (CustomerId(f"c-{number}") for number in (1001, 1002, 1003, 1004))

_PLACES: dict[CustomerId, tuple[str, str, tuple[tuple[str, str, str, str], ...]]] = {
    FIRST: ("Harbour Street Estates", "US", (
        ("Harbour One", "12 Harbour Street", "02110", "Boston"), ("Mill Yard", "401 Mill Road", "02139", "Cambridge"),
        ("Charter House", "77 Charter Avenue", "02451", "Waltham"), ("Pier Six", "6 Long Pier", "02210", "Boston"))),
    SECOND: ("Lindenhof Wohnen", "DE", (
        ("Lindenhof A", "Lindenallee 4", "70173", "Stuttgart"), ("Haus am Park", "Parkstraße 19", "73728", "Esslingen"))),
    MANAGER: ("Northgate Facility Services", "US", (
        ("Northgate Tower", "500 North Gate Boulevard", "10019", "New York"), ("Elm Court", "88 Elm Street", "07030", "Hoboken"),
        ("Station Arcade", "1 Station Plaza", "06902", "Stamford"), ("Orchard Clinic", "240 Orchard Lane", "10583", "Scarsdale"))),
    SMALL: ("Gasthof Sonne", "AT", (("Gasthof Sonne", "Dorfplatz 2", "6020", "Innsbruck"),)),
}  # fmt: skip
_OWNED = {FIRST: 35, SECOND: 12, MANAGER: 50, SMALL: 5}
_MANAGED = 10
_CONTROLLERS = (
    ("TAC32", "Microprocessor control, group of up to eight"),
    ("TAC20", "Microprocessor control, single or duplex"),
    ("E.COR", "Escalator control"),
)
_PEOPLE = (
    ("anna.berg", "Anna Berg", ((FIRST, "administrator", False),)),
    ("david.ortiz", "David Ortiz", ((SECOND, "member", False),)),
    ("mei.tanaka", "Mei Tanaka", ((MANAGER, "member", False),)),
    ("lukas.huber", "Lukas Huber", ((SMALL, "administrator", False),)),
    ("sofia.rossi", "Sofia Rossi", ((FIRST, "member", False), (SECOND, "member", False))),
    ("jonas.keller", "Jonas Keller", ((FIRST, "member", True),)),
    ("erika.employee", "Erika Sommer", ()),
    ("otto.operator", "Otto Winter", ()),
    ("nora.lind", "Nora Lind", ((SMALL, "member", False),)),
)
WITH_CODES = "nora.lind@demo.example"
"""The one person of the demonstration who has a second factor."""
_FLAGS = {"erika.employee": ("employee",), "otto.operator": ("employee", "operator")}


YEAR = 365 * 86_400
_OIDC = ("openid", "profile", "email", "offline_access")
_IMPLICIT = ("token", "id_token", "id_token token")


class Rows(Struct):
    """Everything except applications; `passwords` by user name, and `code_secret` of WITH_CODES, are the only
    places where these are readable."""

    customers: list[Customer] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    access: list[UnitAccess] = field(default_factory=list)
    users: list[User] = field(default_factory=list)
    memberships: list[tuple[Membership, tuple[SiteId, ...]]] = field(default_factory=list)
    accounts: list[ServiceAccount] = field(default_factory=list)
    passwords: dict[str, str] = field(default_factory=dict)
    code_secret: str = field(default_factory=new_secret)

    def units_of(self, customer_id: CustomerId) -> list[UnitId]:
        return sorted(row.unit_id for row in self.access if row.customer_id == customer_id)


def _unit(dice: random.Random, number: int, site: Site, now: int) -> Unit:
    escalator = dice.random() < 0.15
    controller, description = _CONTROLLERS[2] if escalator else dice.choice(_CONTROLLERS[:2])
    storeys = 2 if escalator else dice.randint(4, 18)
    markings = ["B1", "L", *(str(n) for n in range(2, 30))] if dice.random() < 0.5 else [str(n) for n in range(30)]
    height = dice.choice((3000, 3200, 3600))
    floors = [Floor(f"{n + 1}", markings[n], n * height) for n in range(storeys)]
    return Unit(
        id=UnitId(f"{site.country}-{number}"),
        site_id=site.id,
        equipment_type="escalator" if escalator else "elevator",
        controller_number=f"{dice.randint(10**6, 10**7 - 1)}",
        controller_type=controller,
        controller_description=description,
        car_type=None if escalator else dice.choice(("single", "single", "single", "double", "twin")),
        capacity_kg=None if escalator else dice.choice((450, 630, 1000, 1275, 1600)),
        contract_speed_mps=0.5 if escalator else dice.choice((1.0, 1.6, 2.5, 4.0)),
        serial_number=f"SN{dice.randint(10**8, 10**9 - 1)}",
        floors=write_floors(floors),
        updated_at=now - dice.randint(0, 86_400),
    )


def _buildings(rows: Rows, now: int) -> None:
    dice = random.Random(1377515)  # noqa: S311  the same lifts in every demo
    number = 1_377_515
    for customer_id, (name, country, places) in _PLACES.items():
        rows.customers.append(Customer(customer_id, name, now - 2 * YEAR))
        sites = [
            Site(SiteId(f"s-{customer_id[2:]}-{i}"), place, street, code, city, country, now)
            for i, (place, street, code, city) in enumerate(places, 1)
        ]
        rows.sites += sites
        for index in range(_OWNED[customer_id]):
            unit = _unit(dice, number, sites[index % len(sites)], now)
            number += dice.randint(1, 9)
            rows.units.append(unit)
            tag = f"{unit.equipment_type[0].upper()}{index + 1:02d}"
            rows.access.append(UnitAccess(customer_id, unit.id, "owner", unit.site_id, unit.equipment_type, tag))
    theirs = [row for row in rows.access if row.customer_id == FIRST][:_MANAGED]
    rows.access += [UnitAccess(MANAGER, a.unit_id, "manager", a.site_id, a.equipment_type, None) for a in theirs]


def _people(rows: Rows, passwords: Passwords, now: int) -> None:
    for word, name, places in _PEOPLE:
        username, password = f"{word}@demo.example", generate_password(20)
        rows.passwords[username] = password
        user_id = UserId(str(uuid.uuid4()))
        home = places[0][0] if places else None
        flags = _FLAGS.get(word, ())
        digest = passwords.hash_now(password)
        rows.users.append(User(user_id, username, name, (username,), flags, None, digest, home, now, now))
        for customer_id, role, limited in places:
            sites = (SiteId(f"s-{customer_id[2:]}-1"),) if limited else ()
            reach = "some" if limited else "all"
            rows.memberships.append((Membership(user_id, customer_id, role, reach, now), sites))


def _accounts(rows: Rows, passwords: Passwords, now: int) -> None:
    for customer in rows.customers:
        username, password = f"svc-{customer.id[2:]}@demo.example", generate_password()
        rows.passwords[username] = password
        rows.accounts.append(
            ServiceAccount(
                ServiceAccountId(str(uuid.uuid4())),
                username,
                username_key(username),
                f"Data service of {customer.name}",
                customer.id,
                passwords.hash_now(password),
                now,
                now,
            )
        )


def make_rows(now: int) -> Rows:
    rows, passwords = Rows(), Passwords(1)
    _buildings(rows, now)
    _people(rows, passwords, now)
    _accounts(rows, passwords, now)
    passwords.close()
    return rows


def dated_exception(kind: ExceptionKind, now: int) -> tuple[LegacyException, ...]:
    """Lets an application of the demo use something for a year although RFC 9700 advises against it."""
    reason = "the demo shows the flow that installed programs use"
    return (LegacyException(kind, reason, now + YEAR, "demo", now),)


def _uris(port: int, *paths: str) -> tuple[str, ...]:
    return tuple(f"http://{host}:{port}{path}" for host in ("127.0.0.1", "localhost") for path in paths)


def _browser(word: str, name: str, kind: str, now: int, port: int, **changes: Any) -> tuple[str, Client]:
    values: dict[str, Any] = {
        "redirect_uris": _uris(port, "/callback", "/silent"),
        "post_logout_redirect_uris": _uris(port, "/", ""),
        "grants": ("authorization_code", "refresh_token"),
        "response_types": ("code",),
        "scopes": (*_OIDC, *CUSTOMER_SCOPES),
        "consent": "implied",
        "created_at": now,
        **changes,
    }
    return word, Client(ClientId(str(uuid.uuid4())), name, kind, **values)


def make_clients(rows: Rows, now: int) -> dict[str, Client]:
    account = next(account for account in rows.accounts if account.customer_id == FIRST)
    proxy = Client(
        ClientId(ROPC_PROXY), "ROPC Proxy", "desktop", grants=("password", "refresh_token"), scopes=(*_OIDC, *CUSTOMER_SCOPES),
        exceptions=dated_exception("password", now), consent="implied", created_at=now,
    )  # fmt: skip
    daemon = Client(
        ClientId(str(uuid.uuid4())), "Nightly report", "daemon", grants=("client_credentials",), scopes=tuple(CUSTOMER_SCOPES),
        consent="implied", customer_id=FIRST, service_account_id=account.id, created_at=now,
    )  # fmt: skip
    implicit: dict[str, Any] = {
        "grants": ("implicit",),
        "response_types": _IMPLICIT,
        "exceptions": dated_exception("implicit", now),
        "scopes": ("openid", "profile", "email", *CUSTOMER_SCOPES),
    }
    native: dict[str, Any] = {
        "redirect_uris": ("http://127.0.0.1/callback", "com.example.hoistway:/callback"),
        "post_logout_redirect_uris": ("com.example.hoistway:/signed-out",),
    }
    # The application with which the API itself uses introspection, and a server that stands for the API.
    introspector = Client(
        ClientId(str(uuid.uuid4())), "Customer API", "daemon", consent="implied", created_at=now,
    )  # fmt: skip
    return {
        "ropc_proxy": proxy,
        "daemon": daemon,
        "introspector": introspector,
        **dict(
            (
                _browser("spa", "Lift dashboard", "single-page", now, 8401),
                _browser("web", "Building portal", "web", now, 8402, customer_id=FIRST),
                _browser("implicit", "Lift dashboard (2019)", "single-page", now, 8403, customer_id=FIRST, **implicit),
                _browser("native", "Technician's desktop", "desktop", now, 0, **native),
                _browser("partner", "Partner analytics", "web", now, 8405, consent="asked", customer_id=MANAGER),
            )
        ),
    }


def generate_secret() -> str:
    """256 bits."""
    return "hws_" + secrets.token_urlsafe(32)
