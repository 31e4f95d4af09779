"""What was imported goes on living: accounts are renamed, deleted and imported again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hoistway.protocol.ids import UserId
from hoistway.store.account_attributes import attributes_of
from hoistway.store.db import Database, Writer
from hoistway.store.profiles import rename_user
from hoistway.store.removing import remove_row
from hoistway.store.sign_in_names import find_sign_in_name, sign_in_names_of
from hoistway.store.users import find_user_by_name
from tests.cli.conftest import Managed
from tests.imports.graph import TENANT, local, oid, user
from tests.imports.test_b2c_people import bring
from tests.server import change
from tests.store.test_schema import on

TECHNICAL = {"CustomerNumber": "4711", "AccountType": "technical", "Plant": "D"}


def owner(managed: Managed, name: str) -> str | None:
    found = on(managed.served.database, lambda db: find_sign_in_name(db, name))
    return None if found is None else found.owner_id


def test_renaming_a_person_takes_no_name_of_a_technical_account(managed: Managed, tmp_path: Path) -> None:
    """Names are unique among accounts of one kind alone."""
    bring(
        tmp_path,
        user("bot", local("bot-1", "userName"), local("shared@example.com"), attributes=TECHNICAL),
        user("ann", local("ann-1@example.com"), local("ann-2", "userName"), attributes={"CustomerNumber": "4711"}),
    )
    assert owner(managed, "bot-1") == oid("bot")
    change(managed.served.database, lambda tx: rename_user(tx, UserId(oid("ann")), "bot-1", ("a@example.com",)))
    assert owner(managed, "bot-1") == oid("bot")
    change(managed.served.database, lambda tx: rename_user(tx, UserId(oid("ann")), "ANN-2", ("a@example.com",)))
    assert owner(managed, "ann-2") is None, "it is the user name by now"
    found = on(managed.served.database, lambda db: find_user_by_name(db, "ann-2"))
    assert found is not None
    assert found.id == oid("ann")


def test_a_deleted_technical_account_leaves_nothing_and_comes_again(managed: Managed, tmp_path: Path) -> None:
    record = user("gone", local("gone@example.com"), local("gone-1", "userName"), attributes=TECHNICAL)
    assert bring(tmp_path, record)["technical_accounts"] == 1

    async def remove(tx: Writer) -> None:
        assert await remove_row(tx, "accounts", oid("gone"))

    async def left(db: Database) -> tuple[list[str], Mapping[str, Any]]:
        return (
            list(await sign_in_names_of(db, "service_account", oid("gone"))),
            await attributes_of(db, "service_account", oid("gone"), TENANT),
        )

    assert on(managed.served.database, left) == (["gone-1"], TECHNICAL)
    change(managed.served.database, remove)
    assert on(managed.served.database, left) == ([], {})
    # Somebody else may have the name now, and the account may come again.
    taken = user("heir", local("heir-1", "userName"), local("gone-1", "userName"), attributes=TECHNICAL)
    again = user("gone", local("gone@example.com"), local("gone-2", "userName"), attributes=TECHNICAL)
    assert bring(tmp_path, taken, again)["technical_accounts"] == 2
    assert on(managed.served.database, left) == (["gone-2"], TECHNICAL)
