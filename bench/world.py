"""What is measured: a customer with 10,000 units among many others, technical accounts, one application for each case."""

import asyncio

import asyncpg

from bench import MASTER_KEY
from hoistway import clock
from hoistway.authn.client import secret_digest
from hoistway.authn.passwords import Passwords
from hoistway.protocol.ids import ApiId, ClientId, CustomerId, ServiceAccountId, SiteId, UnitId
from hoistway.store.apis import Api, ApiScope, add_api
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.clients import Client, LegacyException, add_client
from hoistway.store.customers import Customer, add_customer
from hoistway.store.db import Database, Writer
from hoistway.store.floors import Floor, write_floors
from hoistway.store.migrate import migrate
from hoistway.store.open import open_database
from hoistway.store.service_accounts import ServiceAccount, add_service_account
from hoistway.store.sites import Site, put_sites
from hoistway.store.unit_access import UnitAccess, put_access
from hoistway.store.units import Unit, put_units
from hoistway.tokens.keyring import rotate_due
from hoistway.tokens.vault import Vault

API_URI = "https://bench.example/api"
SCOPES = ("units.read", "profile.read")
USERNAME, PASSWORD = "bench-daemon", "BenchmarkPassword1234567890"
SECRET = "b" * 43
UNITS_OF_CUSTOMER = 10_000
BATCH = 5_000
FLOORS = write_floors([Floor("0", "G", 0), Floor("1", "1", 3200)])


def customer_id(number: int) -> CustomerId:
    return CustomerId(f"customer-{number:03}")


def _clients(now: int) -> list[Client]:
    account = ServiceAccountId("sa-bench")
    exception = LegacyException("password", "measured", now + 10**8, "bench", now)
    made = []
    for alg in ("ES256", "RS256"):
        low = alg.lower()
        made += [
            Client(
                ClientId(f"daemon-{low}"), "Daemon", "daemon", grants=("client_credentials",), scopes=SCOPES, consent="implied",
                access_token_alg=alg, service_account_id=account, created_at=now,
            ),
            Client(
                ClientId(f"proxy-{low}"), "Proxy", "desktop", grants=("password", "refresh_token"),
                scopes=("offline_access", *SCOPES), exceptions=(exception,), consent="implied", access_token_alg=alg,
                created_at=now,
            ),
        ]  # fmt: skip
    return made


async def _people(tx: Writer, now: int) -> None:
    digest = Passwords(1).hash_now(PASSWORD)
    account = ServiceAccount(
        ServiceAccountId("sa-bench"), USERNAME, USERNAME, "Bench", customer_id(0), digest, now, now
    )
    await add_service_account(tx, account)
    scopes = tuple(ApiScope(name, name) for name in SCOPES)
    await add_api(tx, Api(ApiId("customer-api"), "Customer API", API_URI, API_URI, scopes, 3600, "ES256", None, now))
    for client in _clients(now):
        await add_client(tx, client)
        if client.is_confidential_type:
            await add_secret(tx, ClientSecret(f"s-{client.id}", client.id, secret_digest(SECRET), SECRET[:6], now))


async def _units(db: Database, units: int, customers: int, now: int) -> None:
    """Customers take turns, so that neighbours in the table belong to others."""
    for first in range(0, units, BATCH):
        rows, access = [], []
        for number in range(first, min(first + BATCH, units)):
            owner, unit = customer_id(number % customers), UnitId(f"US-{number:07}")
            site = SiteId(f"site-{number % customers:03}")
            rows.append(Unit(unit, site, "elevator", now, None, "TAC32", None, "single", 630, 1.6, None, FLOORS))
            access.append(UnitAccess(owner, unit, "owner", site, "elevator"))
        async with db.write() as tx:
            await put_units(tx, rows)
            await put_access(tx, access)


async def _fill(database: str, units: int) -> None:
    now, customers = clock.now(), max(1, units // UNITS_OF_CUSTOMER)
    db = await open_database(database)
    try:
        await rotate_due(db, Vault(MASTER_KEY), now, lifetime=10**8, lead=10)
        async with db.write() as tx:
            for number in range(customers):
                await add_customer(tx, Customer(customer_id(number), f"Customer {number}", now))
                site = Site(SiteId(f"site-{number:03}"), "House", "Main St 1", "12345", "Town", "DE", now)
                await put_sites(tx, [site])
            await _people(tx, now)
        await _units(db, units, customers, now)
    finally:
        await db.close()


async def _analyze(database: str) -> None:
    """What autovacuum does a minute later: PostgreSQL plans by what it knows of the tables."""
    connection = await asyncpg.connect(database)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def make_world(database: str, units: int) -> None:
    """Migrates an empty database and fills it."""
    migrate(database)
    asyncio.run(_fill(database, units))
    if not database.startswith("sqlite"):
        asyncio.run(_analyze(database))
