"""A family of refresh tokens of the version before does not say whether an employee began it who acted; it goes on."""

import pytest
from sqlalchemy import update

from hoistway.protocol.ids import FamilyId
from hoistway.store.db import Database, Statement, Writer, nothing
from hoistway.store.families import FAMILIES, Family, find_family
from hoistway.store.migrate import migrate
from tests.attacks.asking import refresh
from tests.flows.browser import Person
from tests.server import Served, change
from tests.store.before import Old, on_connection
from tests.store.test_schema import on

BEFORE = "0024"


def test_rows_of_the_version_before_keep_their_meaning(database_url: str) -> None:
    migrate(database_url, BEFORE)

    def world(connection: object) -> None:
        old = Old(connection)  # type: ignore[arg-type]
        old.add("clients", id="spa")
        old.add(
            "grants", id="g-1", client_id="spa", subject_kind="user", subject_id="u-ann", customer_id="c-a", repeats=3
        )

    async def look(db: Database) -> Family | None:
        return await find_family(db, FamilyId("g-1"))

    on_connection(database_url, world)
    migrate(database_url)
    found = on(database_url, look)
    assert found is not None
    assert (found.subject_id, found.repeats, found.acting) == ("u-ann", 3, None)


@pytest.mark.parametrize("name", ["ann", "emil"])
def test_a_family_of_the_version_before_goes_on(served: Served, name: str) -> None:
    """Of a member, and of an employee, where nothing tells whether they act since or did from the first."""
    scope = "openid units.read offline_access"
    token = Person(served).tokens("spa", name, scope, customer="c-a")["refresh_token"]

    async def forget(tx: Writer) -> None:
        await tx.run(Statement(lambda: update(FAMILIES).values(acting=None), nothing), {})

    change(served.database, forget)
    assert refresh(served, token).status_code == 200
