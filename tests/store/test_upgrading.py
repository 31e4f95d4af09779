"""docs/upgrading.md holds: this version on a schema of a later one, a world of the change before, an upgrade that fails in the middle."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import MetaData, text

from hoistway.store.migrate import migrate
from hoistway.store.open import sqlite_path
from hoistway.store.version import NEEDED, found_schema, schema_is_current
from tests.attacks.asking import password, refresh
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import Person
from tests.server import populate, prepare, serving
from tests.store.before import Old, all_rows, on_connection, put_all
from tests.store.test_schema import CHANGES, on
from tests.world import API_URI

BEFORE = sorted(path.name[:4] for path in CHANGES.glob("0*.py"))[-2]
BEFORE_ERASURES = "0029"


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
    """Asked without the program's statements, which name columns that an older schema may lack."""
    return ("u-ann",) in on_connection(url, lambda connection: Old(connection).rows("users", "id"))


@pytest.fixture(scope="module")
def world() -> Callable[[str, str], None]:
    """Fills an empty database with the world of tests/world, in the schema that the change of that number left behind.
    The program itself writes its newest schema alone, so the rows are copied from there."""
    rows: dict[str, dict[str, list[dict[str, Any]]]] = {}

    def fill(url: str, change: str) -> None:
        engine: EngineName = "postgresql" if sqlite_path(url) is None else "sqlite"
        if engine not in rows:
            newest = fresh_database(engine, populate)
            rows[engine] = on_connection(newest, all_rows)
            drop_database(newest)
        migrate(url, change)
        on_connection(url, lambda connection: put_all(connection, rows[engine]))

    return fill


def test_a_world_of_the_change_before_is_upgraded(database_url: str, world: Callable[[str, str], None]) -> None:
    world(database_url, BEFORE)
    assert not on(database_url, schema_is_current), "this version does not serve it before"
    migrate(database_url)
    assert on(database_url, found_schema) == NEEDED
    assert _is_there(database_url)


def test_an_upgrade_that_fails_in_the_middle_leaves_what_was_there(
    database_url: str, world: Callable[[str, str], None]
) -> None:
    world(database_url, BEFORE_ERASURES)
    on_connection(
        database_url, lambda connection: connection.execute(text("CREATE TABLE erasures (id TEXT PRIMARY KEY)"))
    )
    with pytest.raises(Exception, match="exists"):
        migrate(database_url)
    assert on(database_url, found_schema) == BEFORE_ERASURES
    assert _is_there(database_url)
    on_connection(database_url, lambda connection: connection.execute(text("DROP TABLE erasures")))
    migrate(database_url)
    assert on(database_url, found_schema) == NEEDED
