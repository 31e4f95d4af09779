"""What requests run all the time reads by a key or by the customer, on tables of many rows: PostgreSQL, as it plans.

The statements are those that a server runs while tokens, introspection, units, sites, changes and sign-in are asked for; none is
listed here by hand but those that may read a whole table, each with the reason."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import asyncpg
import httpx2
import pytest

from hoistway.protocol.ids import UnitId, UserId
from hoistway.protocol.limits import Limit
from hoistway.store.db import Compiled, Writer
from hoistway.store.handed_over import put_handed_over
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.patience import ANSWER_BY
from hoistway.store.provider_domains import ProviderDomain, add_domain
from hoistway.store.providers import add_provider
from hoistway.store.sign_in_names import SignInName, add_sign_in_name
from hoistway.store.tables import TABLES
from hoistway.store.unit_access import remove_access
from tests.attacks.asking import bearer, daemon_token, password, refresh
from tests.engines import drop_database, fresh_database
from tests.erased import PROVIDER
from tests.factors import give_all
from tests.flows.browser import Person
from tests.limits.selling import Shop, product
from tests.server import Clock, Served, change, populate, serving
from tests.store.filling import COPIES, fill
from tests.store.plans import SCANS, Ran, Read, for_many, is_keyed, reads_of, statements
from tests.world import NOW, SECRET, B

# Read whole by design, and few rows whatever the number of customers. Everything else must be read by a key.
FEW: Mapping[str, str] = {
    "apis": "one row for each API of the installation; remembered for two seconds",
    "brownouts": "rests of legacy flows that operators planned; remembered for two seconds",
    "products": "what the installation sells, 200 at the most; remembered for two seconds",
    "unit_revisions": "has one row",
}
# Read neither by the customer nor by a whole key, each with the reason; all of them by an index.
OTHERWISE: Mapping[tuple[str, str], str] = {
    ("client_secrets._OF", "client_secrets"): "by the application: it has a handful of secrets, five at the most",
    (
        "service_accounts._DIGESTS",
        "service_accounts",
    ): "a few stored digests for decoys, once a process: the first of the primary key",
    ("users._DIGESTS", "users"): "the same of people",
    ("sessions._BOUND", "sessions"): "by the person, who has as many sessions as are allowed",
    ("memberships._OF_USER", "memberships"): "by the person: the beginning of the primary key, 200 at the most",
    ("provider_domains._BARS", "memberships"): "the same",
    ("factors._FIND", "memberships"): "the same",
    ("factors._FIND", "passkeys"): "by the person, who has twenty at the most",
    ("known_browsers._ANY", "known_browsers"): "the same",
    ("known_browsers._BOUND", "known_browsers"): "the same",
    **{
        (f"unit_counts.{kind}[{limited}]", table): "the partial index of what is disabled, which holds nothing else"
        for kind in ("_SITES", "_COUNT")
        for limited in (False, True)
        for table in ("sites", "units")
    },
}


async def _more(tx: Writer) -> None:
    """Rows of tables that the world leaves empty."""
    await put_membership(tx, Membership(UserId("u-both"), B, "member", "some", NOW), units=[UnitId("US-c-b-10")])
    await remove_access(tx, B, UnitId("US-c-b-11"), NOW)
    await give_all(tx, "gone")
    await put_handed_over(tx, UserId("u-gone"), NOW)
    await add_provider(tx, PROVIDER)
    await add_sign_in_name(tx, SignInName("another name", "user", "u-gone", "Another Name"))
    await add_domain(tx, ProviderDomain(PROVIDER.id, "a.example", "proof", NOW, NOW))


def _ask(served: Served, shop: Shop) -> None:
    """Each hot path twice: the second finds in memory what the first read."""
    change(served.database, _more)
    offered = shop.offer(product("some", rate=Limit(1000, 60), quota=Limit(100_000, 86_400)))
    key = shop.subscribe(offered)[1]["primary"]
    shop.offer(product("free", rate=Limit(1000, 60), key_use="optional"))
    for _ in range(2):
        token = daemon_token(served)
        assert bearer(served, token).status_code == 200
        assert password(served, "daemon-a", scope="units.read offline_access").status_code == 200
        person = Person(served)
        tokens = person.tokens("spa", "ann", "openid units.read offline_access")
        assert person.authorize("spa").status_code in {200, 303}, "the session is known"
        again = refresh(served, tokens["refresh_token"])
        assert again.status_code == 200, again.text
        units = [unit["unitId"] for unit in bearer(served, token).json()["items"]]
        limited = Person(served).tokens("spa", "few", "openid units.read")["access_token"]
        for bearing in (token, limited, again.json()["access_token"]):
            for path in (
                "/api/v1/units",
                f"/api/v1/units/{units[0]}",
                "/api/v1/sites",
                "/api/v1/me",
                "/api/v1/me/limits",
            ):
                assert bearer(served, bearing, path).status_code == 200
            since = bearer(served, bearing, "/api/v1/units/changes").json()["next_since"]
            assert bearer(served, bearing, "/api/v1/units/changes", since=since).status_code == 200
            for name, value in (("site", "c-a-s1"), ("type", "elevator"), ("text", "us")):
                assert bearer(served, bearing, **{name: value}).status_code == 200
        asked = {"token": token, "client_id": "daemon", "client_secret": SECRET}
        assert httpx2.post(f"{served.url}/oauth2/introspect", data=asked).json()["active"] is True
        assert shop.call(key).status_code == 200
        told = {"authorization": f"Bearer {again.json()['access_token']}"}
        assert httpx2.get(f"{served.url}/oauth2/userinfo", headers=told).status_code == 200


@pytest.fixture(scope="module")
def ran() -> Iterator[tuple[str, dict[str, Ran]]]:
    """The database, made large, and by its text each statement that a request ran, with values."""
    url = fresh_database("postgresql", populate)
    found: dict[str, Ran] = {}
    positional = Compiled.positional

    def recorded(compiled: Compiled, params: Mapping[str, Any]) -> Sequence[Any]:
        values = positional(compiled, params)
        # Outside requests there is no deadline.
        if ANSWER_BY.get() is not None:
            found.setdefault(compiled.text, Ran(compiled.text, tuple(values)))
        return values

    clock = Clock()
    with pytest.MonkeyPatch.context() as patched, serving(url, now=clock) as served:
        patched.setattr(Compiled, "positional", recorded)
        shop = Shop(served, clock)
        _ask(served, shop)
        shop.http.close()
    asyncio.run(_fill(url))
    yield url, found
    drop_database(url)


async def _fill(url: str) -> None:
    connection = await asyncpg.connect(url)
    await fill(connection, [table for table in TABLES if table.name not in FEW])
    await connection.close()


def test_the_tables_are_large(ran: tuple[str, dict[str, Ran]]) -> None:
    """Else a plan says nothing."""

    async def counts() -> dict[str, int]:
        connection = await asyncpg.connect(ran[0])
        rows = {name: await connection.fetchval(f"SELECT count(*) FROM {name}") for name in touched}
        await connection.close()
        return rows

    touched = {read.table for reads in asyncio.run(reads_of(ran[0], [*ran[1].values()])).values() for read in reads}
    assert {
        "grants",
        "sessions",
        "codes",
        "units",
        "unit_access",
        "sites",
        "users",
        "clients",
        "memberships",
    } <= touched
    small = {name for name, rows in asyncio.run(counts()).items() if rows < COPIES}
    assert small <= set(FEW), "no row was left to copy"


def test_hot_statements_read_by_a_key_or_by_the_customer(ran: tuple[str, dict[str, Ran]]) -> None:
    url, found = ran
    known = statements()
    many = for_many(found, known)
    assert {known[text][0] for text in many} >= {"families._FIND.together", "families._ROTATE.together"}
    assert len(found) > 30
    reads = [
        (known[text][0], read)
        for text, reads in asyncio.run(reads_of(url, [*found.values(), *many.values()])).items()
        for read in reads
        if read.table not in FEW
    ]
    scans = [(name, read) for name, read in reads if read.kind in SCANS]
    assert not scans, "\n".join(map(str, scans))
    wide = {(name, read.table) for name, read in reads if not is_keyed(read)}
    assert wide == set(OTHERWISE)


def test_each_that_may_read_a_whole_table_does(ran: tuple[str, dict[str, Ran]]) -> None:
    url, found = ran
    touched = {read.table for reads in asyncio.run(reads_of(url, [*found.values()])).values() for read in reads}
    assert set(FEW) <= touched, "a reason that nothing needs"


@pytest.mark.parametrize(
    ("read", "is_one"),
    [
        (Read("units", "Index Scan", frozenset({"id"})), True),
        (Read("units", "Index Scan", frozenset({"site_id"})), False),
        (Read("unit_access", "Index Scan", frozenset({"customer_id"})), True),
        (Read("unit_access", "Index Scan", frozenset({"unit_id"})), False),
        (Read("memberships", "Index Scan", frozenset({"user_id"})), False),
        (Read("users", "Index Scan", frozenset({"username_key"})), True),
    ],
)
def test_what_counts_as_a_key(read: Read, is_one: bool) -> None:
    assert is_keyed(read) is is_one
