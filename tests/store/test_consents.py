"""Consents of the version before: what is certain is kept, the rest ends; and both versions run side by side."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from sqlalchemy import text

from hoistway.protocol.ids import ApiId, ClientId, CustomerId, FamilyId, UserId
from hoistway.store.consents import add_consent, find_consent, remove_consent
from hoistway.store.db import Database, Statement, nothing
from hoistway.store.families import find_family
from hoistway.store.migrate import migrate
from hoistway.store.open import open_database
from hoistway.store.revocations import revocations_since

T = TypeVar("T")
BEFORE = "0011"
SCOPES = [{"name": name, "description": name} for name in ("units.read", "profile.read", "shared")]
# As the version before writes a consent.
OLD_CONSENT = (
    "INSERT INTO consents (user_id, client_id, scope, granted_at) VALUES (:user_id, :client_id, :scope, :granted_at) "
    "ON CONFLICT (user_id, client_id) DO UPDATE SET scope = excluded.scope, granted_at = excluded.granted_at"
)
OLD_HELD = "SELECT scope FROM consents WHERE user_id = :user_id AND client_id = :client_id"
EMPTY_CLIENT = dict.fromkeys(
    ("redirect_uris", "post_logout_redirect_uris", "grants", "response_types", "scopes", "exceptions"), "[]"
)


async def put(db: Database, table: str, **row: Any) -> None:
    """Raw, because the statements of today know the tables of today."""
    into = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})"
    async with db.write() as tx:
        await tx.run(Statement(lambda: text(into), nothing), row)


async def _user(db: Database, name: str, *customers: str, flags: str = "[]", joined: int = 5) -> None:
    who = {"username": name, "username_key": name, "name": name, "emails": "[]", "password_digest": "-"}
    await put(db, "users", id=name, flags=flags, created_at=1, password_changed_at=1, **who)
    for customer in customers:
        row = {"role": "member", "reach": "all", "created_at": joined}
        await put(db, "memberships", user_id=name, customer_id=customer, **row)


async def _client(db: Database, name: str, consent: str, environment: str = "production") -> None:
    row = {"name": name, "type": "web", "consent": consent, "environment": environment, "created_at": 1}
    await put(db, "clients", id=name, **row, **EMPTY_CLIENT)


async def _consent(db: Database, user_id: str, client_id: str, *scope: str, at: int = 10) -> None:
    row = {"user_id": user_id, "client_id": client_id, "scope": json.dumps(scope), "granted_at": at}
    async with db.write() as tx:
        await tx.run(Statement(lambda: text(OLD_CONSENT), nothing), row)


async def _family(db: Database, user_id: str, client_id: str, customer_id: str) -> None:
    """Its id names all three. As the version before writes it: without what was granted."""
    ends = {"idle_expires_at": 9_999_999_999, "expires_at": 9_999_999_999}
    row = {"subject_kind": "user", "subject_id": user_id, "client_id": client_id, "customer_id": customer_id}
    await put(
        db, "grants", id=f"{user_id} {client_id} {customer_id}", **row, scope="openid offline_access units.read",
        auth_time=1, generation=1, created_at=1, rotated_at=1, **ends,
    )  # fmt: skip


async def _world(db: Database) -> None:
    for customer, disabled_at in (("a", None), ("b", None), ("dead", 3), ("sandbox", None)):
        await put(db, "customers", id=customer, name=customer, created_at=1, disabled_at=disabled_at)
    lifetime = {"token_lifetime": 3600, "signing_alg": "ES256", "created_at": 1}
    await put(db, "apis", id="api", name="A", audience="a", uri="a", scopes=json.dumps(SCOPES), **lifetime)
    await put(db, "apis", id="two", name="B", audience="b", uri="b", scopes=json.dumps(SCOPES[2:]), **lifetime)
    await _user(db, "one", "a")
    await _user(db, "two", "a", "b")
    await _user(db, "half", "a", "dead")
    await _user(db, "none")
    await _user(db, "staff", "a", flags='["employee"]')
    await _user(db, "late", "b", joined=20)
    await _client(db, "third", "asked")
    await _client(db, "own", "implied")
    await _client(db, "sand", "asked", "sandbox")
    for user_id in ("one", "two", "half", "none", "staff", "late"):
        await _consent(db, user_id, "third", "offline_access", "openid", "profile", "shared", "units.read")
        for customer in ("a", "b"):
            await _family(db, user_id, "third", customer)
    await _consent(db, "two", "sand", "openid", "units.read", "offline_access")
    await _family(db, "two", "sand", "sandbox")
    await _consent(db, "two", "own", "openid", "units.read")
    await _family(db, "two", "own", "b")
    await _client(db, "since", "asked")
    await _family(db, "two", "since", "b")


def on(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        db = await open_database(url)
        try:
            return await work(db)
        finally:
            await db.close()

    return asyncio.run(run())


@pytest.fixture
def moved(database_url: str) -> str:
    """A database of the version before with real rows, brought up to date."""
    migrate(database_url, BEFORE)
    on(database_url, _world)
    migrate(database_url)
    return database_url


def held(url: str, user_id: str, client_id: str = "third", customer_id: str = "a") -> set[str]:
    who = UserId(user_id), ClientId(client_id), CustomerId(customer_id)
    found = on(url, lambda db: find_consent(db, *who))
    return {f"{api_id}/{scope}" for api_id, scope in found}


def test_what_is_certain_is_kept(moved: str) -> None:
    """One living customer; a name that one API alone has. What lasts is for that API."""
    for user_id in ("one", "half"):
        assert held(moved, user_id) == {"/openid", "/profile", "api/units.read"}
    assert held(moved, "two", "sand", "sandbox") == {"/openid", "api/units.read", "api/offline_access"}


@pytest.mark.parametrize(
    ("user_id", "customer"), [("two", "a"), ("two", "b"), ("none", "a"), ("staff", "a"), ("late", "b")]
)
def test_what_is_uncertain_ends(moved: str, user_id: str, customer: str) -> None:
    """Several customers, none, an employee, somebody who joined the customer after they consented."""
    assert held(moved, user_id, customer_id=customer) == set()


def test_families_end_where_no_consent_is_kept(moved: str) -> None:
    async def look(db: Database) -> tuple[set[str], set[str]]:
        living: set[str] = set()
        for user_id in ("one", "two", "half", "none", "staff", "late"):
            for customer in ("a", "b"):
                found = await find_family(db, FamilyId(f"{user_id} third {customer}"))
                assert found is not None
                assert found.granted is None
                if found.revoked_at is None:
                    living.add(found.id)
        for name in ("two sand sandbox", "two own b", "two since b"):
            found = await find_family(db, FamilyId(name))
            assert found is not None
            assert found.revoked_at is None, name
        return living, {revoked for revoked, *_ in await revocations_since(db, 0, 0)}

    living, revoked = on(moved, look)
    assert living == {"one third a", "half third a"}
    assert len(revoked) == 10
    assert not revoked & living


def test_both_versions_side_by_side(moved: str) -> None:
    """What the version before writes opens nothing here, and what is taken back here it finds no more."""

    async def work(db: Database) -> None:
        who = UserId("one"), ClientId("third"), CustomerId("a")
        before = await find_consent(db, *who)
        await _consent(db, "one", "third", "openid", "profile.read", at=30)
        await _family(db, "one", "since", "a")
        assert await find_consent(db, *who) == before
        async with db.write() as tx:
            await add_consent(tx, *who, {(ApiId("api"), "profile.read"), (ApiId(""), "openid")}, 40)
        asked = {"user_id": "one", "client_id": "third"}
        assert await db.one(Statement(lambda: text(OLD_HELD), str), asked) == '["openid", "profile.read"]'
        async with db.write() as tx:
            assert await remove_consent(tx, *who) == len(before) + 1
        assert await db.one(Statement(lambda: text(OLD_HELD), str), asked) is None
        assert await find_consent(db, *who) == frozenset()

    on(moved, work)
