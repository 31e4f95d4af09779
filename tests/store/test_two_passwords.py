"""A technical account of the version before keeps its one password, without an end and from everywhere."""

from hoistway.accounts.technical import passwords_of
from hoistway.protocol.ids import ServiceAccountId
from hoistway.store.db import Database
from hoistway.store.migrate import migrate
from hoistway.store.password_uses import password_uses_of
from hoistway.store.service_accounts import Secret, ServiceAccount, find_service_account
from tests.store.before import Old, on_connection
from tests.store.test_schema import on

BEFORE = "0038"


def test_rows_of_the_version_before_keep_their_meaning(database_url: str) -> None:
    migrate(database_url, BEFORE)

    def world(connection: object) -> None:
        old = Old(connection)  # type: ignore[arg-type]
        old.add("customers", id="c-a")
        old.add(
            "service_accounts", id="sa-a", customer_id="c-a", username="daemon", password_digest="digest",
            password_changed_at=7,
        )  # fmt: skip

    async def look(db: Database) -> tuple[ServiceAccount | None, object]:
        account_id = ServiceAccountId("sa-a")
        return await find_service_account(db, account_id), await password_uses_of(db, account_id)

    on_connection(database_url, world)
    migrate(database_url)
    found, uses = on(database_url, look)
    assert found is not None
    assert passwords_of(found, 10**10) == [Secret("first", "digest", 7, None)]
    assert (found.addresses, uses) == (None, {})
