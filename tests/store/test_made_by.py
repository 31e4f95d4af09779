"""Tokens of directories that the version before made are told, and work, without anybody who made them."""

from hoistway.authn.client import secret_digest
from hoistway.protocol.ids import CustomerId
from hoistway.store.db import Database
from hoistway.store.migrate import migrate
from hoistway.store.scim_tokens import ListedToken, find_scim_token, list_scim_tokens
from tests.store.before import Old, on_connection
from tests.store.test_schema import on

BEFORE = "0036"


def test_a_token_of_the_version_before_is_kept(database_url: str) -> None:
    migrate(database_url, BEFORE)

    def world(connection: object) -> None:
        old = Old(connection)  # type: ignore[arg-type]
        old.add("customers", id="c-a", name="A")
        digest = secret_digest("hwd_before")
        old.add(
            "scim_tokens", id="t", customer_id="c-a", token_digest=digest, prefix="hwd_befo", created_at=1, expires_at=9, last_used_at=5
        )  # fmt: skip

    on_connection(database_url, world)
    migrate(database_url)

    async def look(db: Database) -> None:
        assert await list_scim_tokens(db, CustomerId("c-a")) == [ListedToken("t", "hwd_befo", 1, 9, 5, None)]
        row = await find_scim_token(db, secret_digest("hwd_before"))
        assert row is not None
        assert row.made_by is None

    on(database_url, look)
