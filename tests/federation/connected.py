"""A customer with a provider, what a person does there and back, and what was written."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import httpx2
from sqlalchemy import Table, select

from hoistway.protocol.ids import CustomerId, ProviderId, UserId
from hoistway.store.audit_search import search_audit
from hoistway.store.db import Database, Statement, Writer
from hoistway.store.identities import IDENTITIES
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.provider_domains import ProviderDomain, add_domain, prove_domain
from hoistway.store.providers import Provider, add_provider
from hoistway.store.users import User, add_user
from hoistway.tokens.vault import Vault
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import Person, pkce
from tests.server import MASTER_KEY, Served, change, populate, serving
from tests.store.test_schema import on
from tests.world import DIGEST, NOW, A

DOMAIN = "acme.example"
ID = ProviderId("p-acme")
SECRET = "a provider's secret: %&+"


def provider(issuer: str, **changes: Any) -> Provider:
    values: dict[str, Any] = {
        "id": ID, "customer_id": A, "name": "Acme’s sign-in", "issuer": issuer, "client_id": "hoistway-here",
        "auth": "client_secret_basic", "addresses": "verified", "role_claim": None, "administrators": (), "members": (),
        "sign_out": "here", "created_at": NOW, **changes,
    }  # fmt: skip
    secret: str | bytes = values.pop("secret", SECRET)
    sealed = Vault(MASTER_KEY).seal(values["id"], secret.encode() if isinstance(secret, str) else secret)
    return Provider(sealed=sealed, **values)


def connect(database: str, row: Provider, *domains: str) -> None:
    """With these domains, proved."""

    async def write(tx: Writer) -> None:
        await add_provider(tx, row)
        for domain in domains or (DOMAIN,):
            await add_domain(tx, ProviderDomain(row.id, domain, "a proof", NOW))
            await prove_domain(tx, row.id, domain, NOW)

    change(database, write)


@contextmanager
def serving_with(engine: EngineName, row: Provider, *domains: str, **settings: Any) -> Iterator[Served]:
    """A server whose first customer has this provider, and may ask this machine."""
    url = fresh_database(engine, populate)
    connect(url, row, *domains)
    with serving(url, outbound_loopback=True, **settings) as served:
        yield served
    drop_database(url)


def make_person(
    database: str, name: str, *customers: CustomerId, flags: tuple[str, ...] = (), role: str = "member"
) -> UserId:
    """An account of the domain, with the world's password."""
    user_id, address = UserId(f"u-{name}"), f"{name}@{DOMAIN}"

    async def write(tx: Writer) -> None:
        home = customers[0] if customers else None
        await add_user(tx, User(user_id, address, name.title(), (address,), flags, None, DIGEST, home, NOW, NOW))
        for customer in customers:
            await put_membership(tx, Membership(user_id, customer, role, "all", NOW))

    change(database, write)
    return user_id


def rows_of(database: str, table: Table) -> list[dict[str, Any]]:
    names = [column.name for column in table.columns]
    statement = Statement(lambda: select(table), lambda *values: dict(zip(names, values, strict=True)))

    async def read(db: Database) -> list[dict[str, Any]]:
        return await db.all(statement, {})

    return on(database, read)


def events_of(database: str, *names: str) -> list[dict[str, Any]]:
    """Of these names, the oldest first: what each says in detail, and of which customer."""

    async def read(db: Database) -> list[dict[str, Any]]:
        rows = await search_audit(db, {"event": list(names)}, since=None, until=None, before="", most=100)
        return [
            {"event": row.event, "actor": row.actor, "customer": row.customer_id, "detail": row.detail} for row in rows
        ]

    return on(database, read)[::-1]


def asked(person: Person, client_id: str = "spa", **params: str) -> httpx2.Response:
    """The sign-in page of an application's request."""
    _, challenge = pkce()
    pkce_of = {"code_challenge": challenge, "code_challenge_method": "S256"}
    return person.authorize(client_id, scope="openid profile email units.read", **pkce_of, **params)


def led(person: Person, username: str, page: httpx2.Response | None = None, **more: str) -> str:
    """The address at the provider to which the user name leads."""
    reply = person.submit("/sign-in", page or asked(person), username=username, **more)
    if reply.status_code == 200:
        return led_on(reply)
    assert reply.status_code == 303, reply.text
    location: str = reply.headers["location"]
    return location


def led_on(page: httpx2.Response) -> str:
    """The address to which a page leads by itself."""
    found = re.search(r'content="0; url=([^"]+)"', page.text)
    assert found, page.text
    return unescape(found[1])


def back(person: Person, location: str) -> httpx2.Response:
    """The browser comes back from the provider, and goes on as far as it is led here."""
    assert location.startswith(str(person.http.base_url)), location
    return person.follow(person.http.get(location))


def cause_of(page: httpx2.Response) -> str:
    """Which page of failure this is."""
    found = re.search(r"<code>provider_([a-z_]+)</code>", page.text)
    assert found, page.text
    assert page.headers["x-correlation-id"] in page.text
    return found[1]


def known(served: Served) -> dict[str, str]:
    """Which accounts the provider's people are, by subject."""
    from_table = rows_of(served.database, IDENTITIES)
    return {row["subject"]: row["user_id"] for row in from_table}
