"""What a million people cost those who sign in: pages and sign-ins with 1,000 people, then with many, in one database."""

import asyncio
import sqlite3
import statistics
import time
from dataclasses import dataclass
from typing import Final

import asyncpg

from bench import MASTER_KEY
from bench.pages import walk
from bench.server import Running, started
from hoistway import clock
from hoistway.authn.links import Invited, Links
from hoistway.authn.passwords import Passwords
from hoistway.engine import time_ordered_id
from hoistway.protocol.ids import CustomerId
from hoistway.protocol.person_words import words_of_person
from hoistway.store.customers import Customer, add_customer
from hoistway.store.db import Database, Writer
from hoistway.store.links import Link, add_link
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.open import open_database, sqlite_path
from hoistway.store.person_words import RULE
from hoistway.store.users import add_user
from hoistway.tokens.keyring import shared_secret
from hoistway.tokens.vault import Vault
from tests.portal.signing_in import Visitor
from tests.world import DIGEST, PASSWORD, user

FEW: Final = 1_000
OF_A_CUSTOMER, INVITED_BY_ONE = 1_000, 100
SIGN_INS, LOADS = 30, 7
OWN: Final = CustomerId("acc-own")
SEEDS: Final = {
    "acc-member": (
        "/account", "/account/factors", "/account/applications", "/account/data", "/account/password", "/account/profile",
        "/account/devices", "/account/email",
    ),
    "acc-admin": ("/portal/people", "/portal/people?q=acc-own-77", "/portal/people/invite", "/portal/sign-in", "/portal/activity"),
    "acc-operator": (
        "/console/users", "/console/users?q=person-77", "/console/users?q=acc-admin", "/console/users?q=person",
        "/console/users?q=nobody", "/console/users?q=own+acc-own-77", "/console/users?q=77+person", "/console/find?q=person-77",
        "/console/users?customer=acc-own&q=acc-own",
    ),
}  # fmt: skip
FINDS_MORE: Final = "/console/users?q=77+person"
"""Eleven people among a thousand, a whole page among many: its time is looked at, and not compared."""

# Numbers are scattered by a prime, as ids are random: neighbours in the table are not neighbours in the index.
_PEOPLE = """
INSERT INTO users (
  id, username, username_key, name, emails, flags, locale, password_digest, home_customer_id, created_at, password_changed_at, words_rule
)
WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
SELECT 'u-' || (100000000 + (CAST(i AS BIGINT) * 7919) % 1000003),
'person-' || i || '@example.com', 'person-' || i || '@example.com', 'Person ' || i,
'["person-' || i || '@example.com"]', '[]', NULL, '{digest}', 'acc-' || (i / {share}), {now}, {now}, {rule} FROM n
"""
# What `words_of_person` makes of these people.
_WORDS = """
INSERT INTO person_words (user_id, word)
WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
SELECT 'u-' || (100000000 + (CAST(i AS BIGINT) * 7919) % 1000003), {word} FROM n
"""
WORDS: Final = {
    "person 7": "'person ' || i", "7 person": "i || ' person'", "person-7@example.com": "'person-' || i || '@example.com'",
}  # fmt: skip
"""Each as it is of the seventh, and as SQL."""
_CUSTOMERS = """
INSERT INTO customers (id, name, created_at)
WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
SELECT 'acc-' || i, 'Customer of accounts ' || i, {now} FROM n
"""
_PLACES = """
INSERT INTO memberships (user_id, customer_id, role, reach, created_at, person_name)
WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
SELECT 'u-' || (100000000 + (CAST(i AS BIGINT) * 7919) % 1000003), 'acc-' || (i / {share}), 'member', 'all', {now},
'Person ' || i FROM n
"""
_INVITATIONS = """
INSERT INTO links (id, digest, kind, customer_id, about, sealed, created_at, expires_at)
WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
SELECT 'invitation-' || (100000000 + (CAST(i AS BIGINT) * 7919) % 1000003), {bytes},
'invitation', 'acc-' || (i / {share}), 'about-' || i, {bytes},
{now}, {now} + 600000 FROM n
"""
_BYTES: Final = {"sqlite": "randomblob(32)", "postgresql": "sha256(('link-' || i)::bytea)"}


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds: medians of each page, and of a sign-in whose password is hashed."""

    pages: dict[str, float]
    sign_in: float


def statements(engine: str, first: int, last: int, now: int) -> list[str]:
    """People `first` to `last`, each with one place; a tenth as many invitations."""
    customers = {"first": first // OF_A_CUSTOMER, "last": (last - 1) // OF_A_CUSTOMER, "now": now}
    people = {"first": first, "last": last - 1, "now": now, "share": OF_A_CUSTOMER}
    invited = {"first": first // 10, "last": last // 10 - 1, "now": now, "share": OF_A_CUSTOMER // 10}
    return [
        _CUSTOMERS.format(**customers),
        _PEOPLE.format(digest=DIGEST, rule=RULE, **people),
        *(_WORDS.format(word=word, **people) for word in WORDS.values()),
        _PLACES.format(**people),
        _INVITATIONS.format(bytes=_BYTES[engine], **invited),
    ]


def fill(database: str, first: int, last: int) -> None:
    """As one transaction each; PostgreSQL then learns what is in its tables, as it does by itself a minute later."""
    path, now, address = sqlite_path(database), clock.now(), "person-7@example.com"
    if words_of_person(address, "Person 7", (address,)) != WORDS.keys():
        raise RuntimeError("people are found by other words than those that are filled in here")
    if path is not None:
        with sqlite3.connect(path, isolation_level=None) as file:
            for statement in statements("sqlite", first, last, now):
                file.execute(statement)
        file.close()
        return

    async def run() -> None:
        connection = await asyncpg.connect(database)
        for statement in statements("postgresql", first, last, now):
            await connection.execute(statement)
        await connection.execute("VACUUM ANALYZE users, person_words, memberships, links, customers")
        await connection.close()

    asyncio.run(run())


async def _own(tx: Writer, links: Links, now: int) -> None:
    """A customer whose people and invitations are as many in both worlds."""
    await add_customer(tx, Customer(OWN, "Customer that is measured", now))
    for name, role, flags in (
        ("acc-member", "member", ()),
        ("acc-admin", "administrator", ()),
        ("acc-operator", None, ("operator",)),
    ):
        person = user(name, OWN, *flags)
        await add_user(tx, person)
        if role is not None:
            await put_membership(tx, Membership(person.id, OWN, role, "all", now))
    for number in range(OF_A_CUSTOMER):
        person = user(f"acc-own-{number}", OWN)
        await add_user(tx, person)
        await put_membership(tx, Membership(person.id, OWN, "member", "all", now))
    for number in range(INVITED_BY_ONE):
        link_id, fresh = time_ordered_id(), links.fresh()
        sealed = links.seal(link_id, Invited(f"guest-{number}@example.com", "member", "all", (), (), "en"))
        about = links.about("invited", f"guest-{number}@example.com")
        await add_link(
            tx, Link(link_id, fresh.digest, "invitation", None, OWN, about, sealed, None, now, now + 600_000)
        )


async def _begin(database: str) -> None:
    db: Database = await open_database(database)
    links, now = Links(await shared_secret(db, Vault(MASTER_KEY), "links")), clock.now()
    async with db.write() as tx:
        await _own(tx, links, now)
    await db.close()


def _sign_ins(server: Running, people: int) -> float:
    """The median of sign-ins of different people, from the form to the answer."""
    took = []
    for number in range(SIGN_INS):
        visitor = Visitor(server.url)
        visitor.get("/sign-in?next=/portal")
        form = {
            "username": f"person-{number * (people // SIGN_INS)}@example.com",
            "password": PASSWORD,
            "csrf": visitor.csrf,
        }
        begun = time.perf_counter()
        reply = visitor.http.post("/sign-in?next=/portal", data=form)
        took.append((time.perf_counter() - begun) * 1000)
        visitor.close()
        if reply.status_code != 303:
            raise RuntimeError(f"a sign-in was answered {reply.status_code}")
    return statistics.median(took)


def _measure(database: str, workers: int, people: int) -> Measured:
    with started("bench.server", database, str(workers), ready="/readyz") as server:
        times: dict[str, list[float]] = {}
        nobody = Visitor(server.url)
        times |= walk(nobody, ("/sign-in", "/reset"))
        nobody.close()
        for name, seeds in SEEDS.items():
            visitor = Visitor(server.url).sign_in(name)
            times |= walk(visitor, seeds)
            visitor.close()
        return Measured(
            {address: statistics.median(took) for address, took in times.items()}, _sign_ins(server, people)
        )


def _table(few: Measured, many: Measured, people: int) -> None:
    print(f"  pages and sign-ins in milliseconds, with {FEW:,} and with {people:,} people:")
    for address in sorted(few.pages.keys() & many.pages.keys(), key=lambda one: -many.pages[one])[:12]:
        print(f"  {address}: {few.pages[address]:.1f}, {many.pages[address]:.1f}")
    hash_begun = time.perf_counter()
    Passwords(1).hash_now(PASSWORD)
    hashed = (time.perf_counter() - hash_begun) * 1000
    print(f"  a sign-in: {few.sign_in:.1f}, {many.sign_in:.1f}, of which the hash alone {hashed:.1f}")


def measure_accounts(database: str, workers: int, people: int) -> tuple[float, float]:
    """(the slowest page with many people in ms, the largest share by which anything became slower). What takes less than 2 ms
    more is not called slower: that is the machine's noise."""
    asyncio.run(_begin(database))
    fill(database, 0, FEW)
    few = _measure(database, workers, FEW)
    fill(database, FEW, people)
    many = _measure(database, workers, people)
    _table(few, many, people)
    pairs = [(few.sign_in, many.sign_in)] + [
        (few.pages[one], many.pages[one]) for one in few.pages.keys() & many.pages.keys() if one != FINDS_MORE
    ]
    slower = max(after / before if after > before + 2 else 1.0 for before, after in pairs)
    return max(many.pages.values()), slower
