"""A scope that was taken away comes back with nothing that was given before, and is taken away in a short transaction."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from hoistway.applications.api_scopes import change_scopes
from hoistway.applications.apis import ScopeRefused, add_new_api
from hoistway.engine import Engine
from hoistway.protocol.ids import ApiId, ClientId, CustomerId, FamilyId, UserId
from hoistway.server import withdrawing
from hoistway.server.opening import close_engine, open_engine
from hoistway.server.withdrawing import MINUTE, finish_withdrawn
from hoistway.settings import Settings
from hoistway.store.apis import Api, ApiScope
from hoistway.store.clients import add_client
from hoistway.store.columns import from_list, to_list
from hoistway.store.consents import add_consent, find_consent
from hoistway.store.db import Writer
from hoistway.store.families import Family, add_family, find_family
from hoistway.store.removing import lock_whole
from hoistway.store.withdrawn_scopes import forget_withdrawn, oldest_withdrawn
from hoistway.things.removing import remove
from tests.engines import EngineName, drop_database, fresh_database
from tests.server import MASTER_KEY, Clock, populate
from tests.world import NOW, client

A, ANN, APP = CustomerId("c-a"), UserId("u-ann"), ClientId("janitor")
LIGHTS = Api(
    ApiId("lights"), "Lights", "urn:lights", "urn:lights", (ApiScope("lights.on", "On"), ApiScope("lights.see", "See")), 600, "ES256",
    None, NOW,
)  # fmt: skip
GIVEN = {(ApiId("lights"), name) for name in ("lights.on", "lights.see", "offline_access")} | {(ApiId(""), "openid")}


@pytest.fixture
async def engine(engine_name: EngineName) -> AsyncIterator[Engine]:
    url, clock = fresh_database(engine_name, populate), Clock()
    one = await open_engine(Settings("http://127.0.0.1", url, MASTER_KEY), clock)
    async with one.db.write() as tx:
        await add_new_api(tx, LIGHTS)
        await add_client(tx, client(APP, "single-page", scopes=("openid",), consent="asked"))
        await give(tx)
        for name in ("f-1", "f-2", "f-3"):
            await add_family(tx, family(name, clock(), "lights", "lights.on", "lights.see"))
        await add_family(tx, family("f-4", clock(), "customer-api", "lights.see"))
    yield one
    await close_engine(one)
    drop_database(url)


async def give(tx: Writer) -> None:
    await add_consent(tx, ANN, APP, A, GIVEN, NOW)


def family(name: str, now: int, *granted: str) -> Family:
    return Family(
        FamilyId(name), APP, "user", ANN, A, "lights.see", None, NOW, None, 1, NOW, NOW, now + 9_000, now + 9_000, granted=to_list(granted),
    )  # fmt: skip


async def held(engine: Engine) -> set[str]:
    return {name for api_id, name in await find_consent(engine.db, ANN, APP, A) if api_id}


async def granted(engine: Engine, name: str) -> tuple[str, ...]:
    found = await find_family(engine.db, FamilyId(name))
    assert found is not None
    assert found.granted is not None
    return from_list(found.granted)


async def without(engine: Engine, *scopes: str) -> Api:
    left = tuple(one for one in LIGHTS.scopes if one.name not in scopes)
    async with engine.db.write() as tx:
        return await change_scopes(tx, LIGHTS, left, engine.now())


async def added_again(engine: Engine, api: Api) -> None:
    async with engine.db.write() as tx:
        await change_scopes(tx, api, LIGHTS.scopes, engine.now())


def turn(engine: Engine, seconds: int) -> None:
    engine.now.turn(seconds)  # type: ignore[attr-defined]


async def test_a_scope_comes_back_with_nothing_of_before(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """While something may be left it can't be added again; what a process began too late is found, too."""
    monkeypatch.setattr(withdrawing, "AT_ONCE", 2)
    api = await without(engine, "lights.see")
    with pytest.raises(ScopeRefused, match=r"lights\.see: was taken away, and .* still being removed"):
        await added_again(engine, api)
    await finish_withdrawn(engine)
    assert await held(engine) == {"lights.on", "offline_access"}
    with pytest.raises(ScopeRefused, match="still being removed"):
        await added_again(engine, api)
    async with engine.db.write() as tx:
        await give(tx)
        await add_family(tx, family("f-0", engine.now(), "lights", "lights.see"))
    turn(engine, engine.settings.code_lifetime + MINUTE + 1)
    await finish_withdrawn(engine)
    assert await held(engine) == {"lights.on", "offline_access"}
    assert await granted(engine, "f-0") == ("lights",)
    assert {await granted(engine, f"f-{n}") for n in (1, 2, 3)} == {("lights", "lights.on")}
    assert await granted(engine, "f-4") == ("customer-api", "lights.see"), "of another API"
    await added_again(engine, api)
    assert await held(engine) == {"lights.on", "offline_access"}


async def test_an_api_made_anew_finds_nothing(engine: Engine) -> None:
    async with engine.db.write() as tx:
        await lock_whole(tx, "apis", LIGHTS.id)
        await remove(tx, "apis", LIGHTS.id, engine.now())
    turn(engine, engine.settings.code_lifetime + MINUTE + 1)
    with pytest.raises(ScopeRefused, match="lights: was taken away"):
        async with engine.db.write() as tx:
            await add_new_api(tx, LIGHTS)
    await finish_withdrawn(engine)
    async with engine.db.write() as tx:
        await add_new_api(tx, LIGHTS)
    assert await held(engine) == set()
    assert await find_consent(engine.db, ANN, APP, A) == {("", "openid")}
    assert await granted(engine, "f-1") == ("lights",)


async def test_a_round_ends_and_the_next_goes_on(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a process that was killed."""
    monkeypatch.setattr(withdrawing, "AT_ONCE", 1)
    monkeypatch.setattr(withdrawing, "STEPS", 4)
    await without(engine, "lights.see")
    turn(engine, engine.settings.code_lifetime + MINUTE + 1)
    await finish_withdrawn(engine)
    (one,) = await oldest_withdrawn(engine.db)
    assert one.behind
    for _ in range(20):
        await finish_withdrawn(engine)
    assert await oldest_withdrawn(engine.db) == []
    assert {await granted(engine, f"f-{n}") for n in (1, 2, 3)} == {("lights", "lights.on")}


async def test_who_is_slow_ends_no_later_withdrawal(engine: Engine) -> None:
    """The scope may have been added and taken away once more meanwhile."""
    await without(engine, "lights.see")
    (one,) = await oldest_withdrawn(engine.db)
    async with engine.db.write() as tx:
        await forget_withdrawn(tx, replace(one, withdrawn_at=one.withdrawn_at - 1))
    assert await oldest_withdrawn(engine.db) == [one]


async def test_taking_away_reads_neither_consents_nor_sign_ins(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """There may be millions, and whoever changes something waits for the end of the transaction."""
    seen: list[str] = []

    def watch(tx: Any) -> None:
        kind = type(tx)
        for name in ("run", "one", "all"):
            before = getattr(kind, name)

            async def say(self: Any, statement: Any, *args: Any, before: Any = before) -> Any:
                seen.append(statement.for_engine(engine.db.engine).text)
                return await before(self, statement, *args)

            monkeypatch.setattr(kind, name, say)

    async with engine.db.write() as tx:
        watch(tx)
        await change_scopes(tx, LIGHTS, LIGHTS.scopes[:1], engine.now())
    assert seen
    assert not [one for one in seen if "consented_scopes" in one or " grants" in one]
    assert [one.scope for one in await oldest_withdrawn(engine.db)] == ["lights.see"]
