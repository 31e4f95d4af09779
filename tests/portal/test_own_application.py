"""The portal's own application: made once, kept up to date, and what operators decide about it stays."""

from msgspec.structs import replace

from hoistway.portal.own_application import CLIENT_ID, keep_own_application
from hoistway.protocol.ids import ApiId
from hoistway.store.apis import Api, ApiScope, add_api
from hoistway.store.audit import latest_entries
from hoistway.store.clients import find_client, find_client_by_uri, put_client
from hoistway.store.open import open_database
from tests.world import NOW, allowed

BASE = "https://id.example.com"


async def test_it_is_made_once_and_follows_address_and_scopes(migrated_url: str) -> None:
    db = await open_database(migrated_url)
    assert await keep_own_application(db, BASE, NOW)
    assert not await keep_own_application(db, BASE, NOW + 5)
    made = await find_client(db, CLIENT_ID)
    assert made is not None
    assert made.redirect_uris == (f"{BASE}/portal/try/callback",)
    assert made.scopes == ("openid", "profile", "email")
    assert "refresh_token" not in made.grants
    assert made.allowed("implicit", NOW) is None
    async with db.write() as tx:
        scopes = (ApiScope("units.read", "Units"),)
        await add_api(tx, Api(ApiId("customer-api"), "API", "aud", "uri", scopes, 60, "ES256", None, NOW))
        await add_api(tx, Api(ApiId("old"), "Old", "old", "old", (ApiScope("old", "x"),), 60, "ES256", None, NOW, NOW))
    assert await keep_own_application(db, "https://new.example.com", NOW + 9)
    moved = await find_client(db, CLIENT_ID)
    assert moved is not None
    assert moved.redirect_uris == ("https://new.example.com/portal/try/callback",)
    assert moved.scopes == ("openid", "profile", "email", "units.read")
    assert moved.created_at == NOW
    assert await find_client_by_uri(db, "https://new.example.com", "origin") == CLIENT_ID
    assert await find_client_by_uri(db, BASE, "origin") is None
    await db.close()


async def test_what_operators_decide_stays(migrated_url: str) -> None:
    db = await open_database(migrated_url)
    await keep_own_application(db, BASE, NOW)
    made = await find_client(db, CLIENT_ID)
    assert made is not None
    decided = replace(made, name="Our portal", exceptions=allowed("implicit"), disabled_at=NOW)
    async with db.write() as tx:
        await put_client(tx, decided)
    assert not await keep_own_application(db, BASE, NOW)
    assert await keep_own_application(db, "https://new.example.com", NOW)
    found = await find_client(db, CLIENT_ID)
    assert found == replace(decided, redirect_uris=("https://new.example.com/portal/try/callback",))
    await db.close()


async def test_a_new_one_may_begin_with_an_exception_and_each_change_is_recorded(migrated_url: str) -> None:
    db = await open_database(migrated_url)
    await keep_own_application(db, BASE, NOW, allowed("implicit"))
    found = await find_client(db, CLIENT_ID)
    assert found is not None
    assert found.allowed("implicit", NOW) is not None
    await keep_own_application(db, "https://new.example.com", NOW)
    entries = await latest_entries(db, "application.kept")
    assert [(entry.actor, entry.client_id) for entry in entries] == [("server", CLIENT_ID)] * 2
    await db.close()
