"""docs/upgrading.md holds: this version on a schema of a later one, a world of the change before, an upgrade that fails in the middle."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import MetaData, text

from hoistway.protocol.ids import UserId
from hoistway.store.db import Database
from hoistway.store.migrate import migrate
from hoistway.store.users import find_user
from hoistway.store.version import NEEDED, found_schema, schema_is_current
from tests.attacks.asking import password, refresh
from tests.flows.browser import Person
from tests.server import prepare, serving
from tests.store.before import on_connection
from tests.store.test_schema import CHANGES, on
from tests.world import API_URI

BEFORE = sorted(path.name[:4] for path in CHANGES.glob("0*.py"))[-2]


def grow(connection: Any) -> None:
    """What a later version may do: a further table, and a further column in each, empty in rows that this version writes."""
    found = MetaData()
    found.reflect(connection)
    for name in found.tables:
        if name != "alembic_version":
            connection.execute(text(f'ALTER TABLE "{name}" ADD COLUMN of_a_later_version TEXT'))
    connection.execute(text("CREATE TABLE of_a_later_version (id TEXT PRIMARY KEY)"))
    connection.execute(text("UPDATE alembic_version SET version_num = '9998'"))


def test_this_version_goes_on_in_a_schema_of_a_later_one(migrated_url: str) -> None:
    on_connection(migrated_url, grow)
    asyncio.run(prepare(migrated_url))
    with serving(migrated_url) as served:
        person = Person(served)
        assert person.http.get(f"{served.url}/readyz").status_code == 200
        tokens = person.tokens("spa", "ann", "openid units.read offline_access")
        assert refresh(served, tokens["refresh_token"]).status_code == 200
        assert password(served, "daemon-a", scope=API_URI).status_code == 200
        units = person.http.get(
            f"{served.url}/api/v1/units", headers={"authorization": f"Bearer {tokens['access_token']}"}
        )
        assert units.status_code == 200
    assert on(migrated_url, found_schema) == "9998"


def _is_there(url: str) -> bool:
    async def read(db: Database) -> bool:
        return await find_user(db, UserId("u-ann")) is not None

    return on(url, read)


@pytest.fixture
def world_before(database_url: str) -> str:
    migrate(database_url, BEFORE)
    asyncio.run(prepare(database_url))
    return database_url


def test_a_world_of_the_change_before_is_upgraded(world_before: str) -> None:
    assert not on(world_before, schema_is_current), "this version does not serve it before"
    migrate(world_before)
    assert on(world_before, found_schema) == NEEDED
    assert _is_there(world_before)


def test_an_upgrade_that_fails_in_the_middle_leaves_what_was_there(world_before: str) -> None:
    def obstruct(connection: Any) -> None:
        connection.execute(text("CREATE TABLE links (id TEXT PRIMARY KEY)"))

    on_connection(world_before, obstruct)
    with pytest.raises(Exception, match="exists"):
        migrate(world_before)
    assert on(world_before, found_schema) == BEFORE
    assert _is_there(world_before)
    on_connection(world_before, lambda connection: connection.execute(text("DROP TABLE links")))
    migrate(world_before)
    assert on(world_before, found_schema) == NEEDED
