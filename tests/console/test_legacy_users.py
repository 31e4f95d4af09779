"""Who uses a legacy flow, by customer, account and application, and who is told before it rests: page, file and command line."""

import csv
import io
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from hoistway.applications.legacy import to_tell
from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.settings import DAY
from hoistway.store.audit import latest_entries
from hoistway.store.db import Database, Writer
from hoistway.store.flow_uses import count_flow_use
from hoistway.store.legacy_users import Contact, LegacyUser, legacy_users
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.migrate import migrate
from hoistway.store.users import set_user_disabled
from tests.attacks.asking import password
from tests.cli.running import answer, manage, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import Person
from tests.portal.signing_in import Visitor
from tests.server import Served, change, populate, serving
from tests.store.before import Old, on_connection
from tests.store.test_schema import on
from tests.world import API_URI, NOW, A, B, user

IMPLICIT = {"response_type": "id_token token", "scope": "openid units.read"}
USER = LegacyUser(A, "A", "sa-a", "service_account", "daemon-a", ClientId("ropc"), "Ropc", B, "password", 1, NOW)


@pytest.fixture
def used(engine_name: EngineName) -> Iterator[Served]:
    """daemon-a twice and daemon-b once by password, somebody of A by the implicit flow."""
    url = fresh_database(engine_name, populate)
    # What is remembered is counted with the calls, a few seconds later.
    with serving(url, remember_passwords=0) as served:
        for name in ("daemon-a", "daemon-a", "daemon-b"):
            assert password(served, name, scope=API_URI).status_code == 200
        person = Person(served)
        person.sign_in(person.authorize("implicit", **IMPLICIT), "ann")
        yield served
    drop_database(url)


def test_the_report_names_customers_accounts_and_whom_to_tell(used: Served) -> None:
    olga = Visitor(used.url).sign_in("olga")
    olga.get("/console/legacy")
    for link in (
        "/console/customers/c-a", "/console/customers/c-b", "/console/accounts/sa-a", "/console/accounts/sa-b",
        "/console/users/u-ann", "/console/users/u-adam",
    ):  # fmt: skip
        assert f'href="{link}"' in olga.page, link
    assert "Nobody: no administrator has an account" in olga.page, "B has none"
    olga.get("/console/legacy?used_flow=implicit")
    assert "/console/accounts/sa-a" not in olga.page
    assert "/console/users/u-ann" in olga.page
    assert olga.get("/console/legacy?used_flow=code").status_code == 400
    file = olga.get("/console/legacy?export=csv")
    rows = list(csv.DictReader(io.StringIO(file.text.removeprefix("\ufeff"))))
    assert [(row["customer_id"], row["username"], row["client_id"], row["flow"], row["uses"]) for row in rows] == [
        ("c-a", "daemon-a", "ropc", "password", "2"),
        ("c-b", "daemon-b", "ropc", "password", "1"),
        ("c-a", "ann@example.com", "implicit", "implicit", "1"),
    ]
    assert [row["tell"] for row in rows] == [f"Adam <{user('adam', A).emails[0]}>", "", rows[0]["tell"]]

    async def read(db: Database) -> list[str | None]:
        return [entry.actor for entry in await latest_entries(db, "legacy.exported")]

    assert on(used.database, read) == ["u-olga"]
    olga.close()


def test_the_command_line_lists_the_same(used: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    manage(monkeypatch, used)
    rows = answer("legacy", "list")
    assert [(row["customer_id"], row["username"], row["kind"], row["uses"]) for row in rows] == [
        ("c-a", "daemon-a", "service_account", 2), ("c-b", "daemon-b", "service_account", 1), ("c-a", "ann@example.com", "user", 1),
    ]  # fmt: skip
    assert [one["user_id"] for one in rows[0]["tell"]] == ["u-adam"]
    assert [row["flow"] for row in answer("legacy", "list", "--flow", "implicit")] == ["implicit"]
    assert len(answer("legacy", "list", "--most", "1")) == 1
    assert "daemon-a" in run("legacy", "list").stdout
    run("legacy", "list", "--flow", "code", code=2)
    run("legacy", "list", "--days", "0", code=2)

    async def disable(tx: Writer) -> None:
        await set_user_disabled(tx, user("adam", A).id, NOW)

    change(used.database, disable)
    assert answer("legacy", "list")[0]["tell"] == []


def test_the_administrators_of_both_sides_are_told_once() -> None:
    adam, eve = (Contact(A, user(name, A).id, name, f"{name}@a") for name in ("adam", "eve"))
    bert = Contact(B, user("bert", B).id, "bert", "")
    contacts = {A: [adam, eve], B: [bert, replace(adam, customer_id=B)]}
    assert to_tell(USER, contacts) == (adam, eve, bert)
    assert to_tell(replace(USER, customer_id=None, owner_id=None), contacts) == ()
    assert to_tell(replace(USER, owner_id=CustomerId("c-none")), contacts) == (adam, eve)


def test_a_person_of_two_customers_counts_for_the_last_of_a_day(used: Served) -> None:
    async def write(tx: Writer) -> None:
        await put_membership(tx, Membership(user("both", A).id, B, "administrator", "all", NOW))
        for at, customer in ((NOW, A), (NOW + 1, B)):
            await count_flow_use(tx, "u-both", ClientId("implicit"), "implicit", "2026-01-01", at, customer)
        await count_flow_use(tx, "u-both", ClientId("implicit"), "implicit", "2026-01-02", NOW + DAY, A)
        await count_flow_use(tx, "u-both", ClientId("spa"), "code", "2026-01-02", NOW + DAY, A)

    change(used.database, write)
    found = on(used.database, lambda db: legacy_users(db, NOW, None, 10))
    assert "code" not in {one.flow for one in found}
    uses = {one.customer_id: one.uses for one in found if one.actor == "u-both"}
    assert uses == {B: 2, A: 1}


def test_uses_of_the_version_before_are_listed(database_url: str) -> None:
    migrate(database_url, "0027")

    def fill(connection: object) -> None:
        old = Old(connection)  # type: ignore[arg-type]
        old.add("customers", id="c-a", name="A")
        old.add("clients", id="app", name="App", exceptions="[]")
        old.add("service_accounts", id="sa-a", username="daemon-a", customer_id="c-a")
        old.add("users", id="u-ann", username="ann", username_key="ann", emails="[]")
        for actor, flow, uses in (("sa-a", "password", 7), ("u-ann", "implicit", 3), ("gone", "password", 1)):
            old.add("flow_uses", actor=actor, client_id="app", flow=flow, day="2026-01-01", uses=uses, last_used_at=NOW)

    on_connection(database_url, fill)
    migrate(database_url)
    found = on(database_url, lambda db: legacy_users(db, NOW, None, 10))
    assert [(one.customer_id, one.actor, one.username, one.uses) for one in found] == [
        ("c-a", "sa-a", "daemon-a", 7), (None, "u-ann", "ann", 3), (None, "gone", "", 1),
    ]  # fmt: skip
