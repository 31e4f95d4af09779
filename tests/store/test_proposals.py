"""What a database of the version before holds keeps its meaning when changes for a second look come."""

import json

from sqlalchemy import Connection

from hoistway.authn.standing import standing_of
from hoistway.protocol.ids import CustomerId, RequestId, UserId
from hoistway.protocol.roles import role_of
from hoistway.store.client_lists import names_alike
from hoistway.store.db import Database
from hoistway.store.migrate import migrate
from hoistway.store.requests import find_request
from hoistway.store.throttle import find_counters
from hoistway.store.users import find_user
from tests.store.before import Old, on_connection
from tests.store.test_schema import on

BEFORE = "0015"
ARMENIAN = "Հarbour"  # Armenian ho, which the version before took for no letter of ours


def _rows_of_the_version_before(connection: Connection) -> None:
    old = Old(connection)
    old.add("customers", id="c-1", name="One")
    old.add(
        "users",
        id="u-1",
        username="o",
        username_key="o",
        name="O",
        emails="[]",
        flags=json.dumps(["employee", "operator"]),
    )
    lists = dict.fromkeys(
        ("redirect_uris", "post_logout_redirect_uris", "grants", "response_types", "scopes", "exceptions"), "[]"
    )
    old.add(
        "clients", id="app", name=ARMENIAN, type="web", consent="asked", environment="production", customer_id="c-1",
        name_key="arbour", consent_text="Shown for years.", **lists,
    )  # fmt: skip
    old.add(
        "requests", id="r-1", customer_id="c-1", requested_by="u-1", kind="redirects", name=ARMENIAN, type="web",
        redirect_uris='["https://app.example/cb"]', flows="[]", environment="production", state="submitted", client_id="app",
    )  # fmt: skip
    old.add("throttle", subject="s", failures=11, blocked_until=4_000_000_000, changed_at=5, day_at=5, day_failures=11)


def test_rows_of_the_version_before_keep_their_meaning(database_url: str) -> None:
    migrate(database_url, BEFORE)
    on_connection(database_url, _rows_of_the_version_before)
    migrate(database_url)

    async def work(db: Database) -> None:
        person, request = await find_user(db, UserId("u-1")), await find_request(db, RequestId("r-1"))
        assert person is not None
        assert role_of(person.flags) == "operator"
        assert request is not None
        assert (request.redirect_uris, request.post_logout_uris, request.is_open) == (
            ("https://app.example/cb",),
            (),
            True,
        )
        assert await names_alike(db, CustomerId("c-2"), "Harbour") == [ARMENIAN], "compared as names are now"
        counter = (await find_counters(db, ["s"]))["s"]
        assert counter.account is None
        assert standing_of([counter], "s", 6).locked_until == 4_000_000_000

    on(database_url, work)
    shown = on_connection(database_url, lambda connection: Old(connection).rows("clients", "id", "consent_text"))
    assert [row.consent_text for row in shown] == ["Shown for years."]
