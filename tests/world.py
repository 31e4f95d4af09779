"""A small world for tests: two customers that share no unit, people, a technical account, one application of each kind."""

import re
import secrets
from dataclasses import dataclass, field

from msgspec.structs import replace

from hoistway.authn.client import secret_digest
from hoistway.authn.passwords import Passwords
from hoistway.protocol.ids import ApiId, ClientId, CustomerId, ServiceAccountId, SiteId, UnitId, UserId
from hoistway.protocol.redirect_uri import origin_of
from hoistway.store.apis import Api, ApiScope, add_api
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.clients import Client, LegacyException, add_client
from hoistway.store.customers import Customer, add_customer
from hoistway.store.db import Database, Writer
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.service_accounts import ServiceAccount, add_service_account
from hoistway.store.sites import Site, put_sites
from hoistway.store.tenants import put_tenant
from hoistway.store.unit_access import UnitAccess, put_access
from hoistway.store.units import Unit, put_units
from hoistway.store.users import User, add_user

NOW = 1_700_000_000
FAR = 4_000_000_000
TENANT = "6f1f9a52-40b5-4f8b-9a61-3d6b0a3f6f10"
TENANT_NAME = "maxcustomerportal.onmicrosoft.com"
API_URI = "https://maxcustomerportal.onmicrosoft.com/prod/api"
SCOPES = ("units.read", "profile.read", "profile.write")
ALL = ("openid", "profile", "email", "offline_access", *SCOPES)
PASSWORD = "correct-horse-battery"  # the same for all: hashing once keeps the tests quick
SECRET = "s3cr3t-" + "x" * 40
HOME = "http://127.0.0.1:8499/"  # where applications live; nobody listens there
CALLBACK = f"{HOME}callback"
A, B = CustomerId("c-a"), CustomerId("c-b")
DIGEST = Passwords(1).hash_now(PASSWORD)


def user(name: str, home: CustomerId | None, *flags: str) -> User:
    return User(
        UserId(f"u-{name}"),
        f"{name}@example.com",
        name.title(),
        (f"{name}@example.com",),
        flags,
        None,
        DIGEST,
        home,
        NOW,
        NOW,
    )


def client(name: str, kind: str, **changes: object) -> Client:
    values: dict[str, object] = {
        "redirect_uris": (CALLBACK,),
        "post_logout_redirect_uris": (HOME,),
        "grants": ("authorization_code", "refresh_token"),
        "response_types": ("code",),
        "scopes": ALL,
        "consent": "implied",
        **changes,
    }
    return Client(ClientId(name), name.title(), kind, **values)  # type: ignore[arg-type]


def allowed(kind: str) -> tuple[LegacyException, ...]:
    return (LegacyException(kind, "a test needs it", FAR, "tests", NOW),)  # type: ignore[arg-type]


CLIENTS = (
    client("spa", "single-page"),
    client("web", "web"),
    client("partner", "web", consent="asked"),
    client("native", "desktop", redirect_uris=("http://127.0.0.1/callback", "com.example.app:/callback")),
    client("old-web", "web", exceptions=allowed("no_pkce")),
    client(
        "implicit",
        "single-page",
        response_types=("token", "id_token", "id_token token"),
        exceptions=allowed("implicit"),
    ),
    client("ropc", "desktop", grants=("password", "refresh_token"), exceptions=allowed("password")),
    client("ropc-off", "desktop", grants=("password", "refresh_token")),
    client(
        "daemon",
        "daemon",
        grants=("client_credentials",),
        scopes=SCOPES,
        service_account_id=ServiceAccountId("sa-a"),
        customer_id=A,
    ),
    client(
        "daemon-b",
        "daemon",
        grants=("client_credentials",),
        scopes=SCOPES,
        service_account_id=ServiceAccountId("sa-b"),
        customer_id=B,
    ),
)


@dataclass(frozen=True)
class Counts:
    units_of: dict[CustomerId, list[str]] = field(default_factory=dict)


async def _customers(tx: Writer) -> None:
    for customer in (A, B):
        await add_customer(tx, Customer(customer, f"Customer {customer}", NOW))
        for number in (1, 2):
            site = SiteId(f"{customer}-s{number}")
            await put_sites(tx, [Site(site, f"House {number} of {customer}", "Main St 1", "12345", "Town", "DE", NOW)])
            units = [
                Unit(
                    UnitId(f"US-{customer}-{number}{i}"),
                    site,
                    "elevator" if i else "escalator",
                    NOW,
                    controller_type="TAC32",
                    car_type="single",
                    capacity_kg=630,
                    contract_speed_mps=1.6,
                )
                for i in range(5)
            ]
            await put_units(tx, units)
            await put_access(tx, [UnitAccess(customer, unit.id, "owner", site, unit.equipment_type) for unit in units])


async def _people(tx: Writer) -> None:
    for person in (
        user("ann", A),
        user("bob", B),
        user("both", A),
        user("few", A),
        user("emil", None, "employee"),
        user("gone", A),
        user("adam", A),
        user("olga", None, "employee", "operator"),
    ):
        await add_user(tx, person)
    for name, customer in (("ann", A), ("bob", B), ("both", A), ("both", B), ("gone", A)):
        await put_membership(tx, Membership(UserId(f"u-{name}"), customer, "member", "all", NOW))
    await put_membership(tx, Membership(UserId("u-adam"), A, "administrator", "all", NOW))
    await put_membership(tx, Membership(UserId("u-few"), A, "member", "some", NOW), sites=[SiteId("c-a-s1")])
    for word, customer in (("a", A), ("b", B)):
        name = f"daemon-{word}"
        account = ServiceAccount(
            ServiceAccountId(f"sa-{word}"), name, name, f"Daemon {word}", customer, DIGEST, NOW, NOW
        )
        await add_service_account(tx, account)


def at_home(row: Client, home: str) -> Client:
    """The same application at another address."""
    moved = {
        name: tuple(uri.replace(HOME, home) for uri in getattr(row, name))
        for name in ("redirect_uris", "post_logout_redirect_uris")
    }
    return replace(row, **moved)


def is_named(id: str, text: str) -> bool:
    """Whether the id stands there by itself: the letters alone may be part of a random one, as c-a is of 5f2c-a1b0."""
    return re.search(rf"\b{re.escape(id)}\b", text) is not None


async def make_world(db: Database, home: str = HOME) -> None:
    """Writes all of it in one transaction. `home` is for a test whose applications are listening."""
    scopes = tuple(ApiScope(name, f"May {name}") for name in SCOPES)
    async with db.write() as tx:
        await _customers(tx)
        await _people(tx)
        await add_api(
            tx, Api(ApiId("customer-api"), "Customer API", API_URI, API_URI, scopes, 3600, "ES256", None, NOW)
        )
        for row in (at_home(row, home) for row in CLIENTS):
            origins = frozenset(origin for uri in row.redirect_uris if (origin := origin_of(uri)))
            await add_client(tx, row, origins)
            if row.is_confidential_type:
                await add_secret(tx, ClientSecret(secrets.token_hex(8), row.id, secret_digest(SECRET), SECRET[:6], NOW))
        await put_tenant(tx, TENANT, [TENANT_NAME], [("B2C_1_ROPC", "ropc"), ("B2C_1_SignIn", "sign_in")])
