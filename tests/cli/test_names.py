"""Names where they are unique, lists that can be narrowed, sentences and moments for people; dead ends have a way on."""

from pathlib import Path

import pytest

from hoistway.applications.granting import add_account
from hoistway.protocol.ids import ClientId
from hoistway.store.db import Database
from tests.cli.conftest import Managed
from tests.cli.running import answer, run
from tests.store.test_schema import on
from tests.world import DIGEST, NOW, A


@pytest.fixture(autouse=True)
def _world(managed: Managed) -> None:
    """Every test here works beside a server on the world of tests/world."""


def test_a_person_is_named_by_the_user_name() -> None:
    assert answer("user", "show", "ANN@example.com")["id"] == "u-ann"
    assert answer("user", "disable", "ann@example.com")["id"] == "u-ann"
    assert answer("user", "enable", "ann@example.com") == {"id": "u-ann", "disabled_at": None}
    assert answer("user", "join", "ann@example.com", "--customer", "c-b")["user_id"] == "u-ann"
    assert answer("user", "reset-password", "gone@example.com")["id"] == "u-gone"
    assert answer("user", "role", "emil@example.com", "none", "--employee")["flags"] == ["employee"]
    assert answer("user", "unlock", "ann@example.com")["id"] == "u-ann"
    for words in (("show",), ("disable",), ("reset-password",), ("unlock",)):
        assert "there is no user nobody@example.com" in run("user", *words, "nobody@example.com", code=1).output


def test_a_technical_account_is_named_by_the_user_name() -> None:
    for verb in ("show", "disable", "enable", "reset-password", "unlock"):
        assert answer("service-account", verb, "daemon-b")["id"] == "sa-b"


def test_lists_are_narrowed() -> None:
    people = [row["id"] for row in answer("user", "list", "--customer", "c-b")]
    assert "u-bob" in people
    assert "u-adam" not in people
    assert [row["id"] for row in answer("user", "list", "--name", "ADAM@")] == ["u-adam"]
    assert answer("user", "list", "--name", "%") == []
    assert [row["id"] for row in answer("service-account", "list", "--customer", "c-a")] == ["sa-a"]
    assert [row["id"] for row in answer("app", "list", "--customer", "c-b", "--name", "daemon")] == ["daemon-b"]
    first = answer("app", "list", "--most", "2")
    assert answer("app", "list", "--after", first[1]["id"])[0]["id"] > first[1]["id"]


def test_what_people_read_has_words_and_moments() -> None:
    api = run("api", "show", "customer-api").output
    assert "ApiScope(" not in api
    assert "created_at: 2023-11-14T22:13:20Z" in api
    assert "('" not in run("user", "show", "olga@example.com").output
    assert "('" not in run("app", "list").output
    taken = run("customer", "add", "c-a", "--name", "Again", code=1).output
    assert "the id is taken: choose another" in taken
    for raw in ("constraint", "INSERT", "DETAIL", "Key ("):
        assert raw not in taken
    absent = run("user", "add", "x@example.com", "--name", "X", "--customer", "c-none", code=1).output
    assert "add it first, or correct the id" in absent


def test_user_names_of_applications_accounts_are_not_given_by_hand(tmp_path: Path) -> None:
    refused = run("service-account", "add", "App-mine", "--customer", "c-a", code=1).output
    assert "begin with app-" in refused
    file = tmp_path / "accounts.csv"
    file.write_text("username,customer_id\napp-mine,c-a\n")
    assert "line 2: user names that begin with app-" in run("service-account", "import", str(file), code=1).output


def test_an_account_that_came_with_an_application_gets_no_password(managed: Managed) -> None:
    async def make(db: Database) -> str:
        async with db.write() as tx:
            return await add_account(tx, ClientId("one"), "One", A, DIGEST, NOW)

    made = on(managed.served.database, make)
    for words in (("reset-password",), ("add-password",)):
        assert "rotate the application's secret" in run("service-account", *words, made, code=1).output


def test_a_daemon_has_an_account_of_its_own_customer() -> None:
    assert "--service-account" in run("app", "add", "--name", "D", "--type", "daemon", code=2).output
    words = ("app", "add", "--name", "D", "--type", "daemon", "--customer", "c-a", "--scope", "units.read")
    assert "belongs to c-b" in run(*words, "--service-account", "daemon-b", code=1).output
    assert "no service account" in run(*words, "--service-account", "nobody", code=1).output
    made = answer(*words, "--service-account", "daemon-a")
    assert made["service_account_id"] == "sa-a"
    other = answer("service-account", "add", "daemon-c", "--customer", "c-a", "--name", "C")
    assert answer("app", "bind", made["id"], "daemon-c")["service_account_id"] == other["id"]
    assert "belongs to c-b" in run("app", "bind", made["id"], "daemon-b", code=1).output
    assert "no daemon" in run("app", "bind", "spa", "daemon-a", code=1).output


def test_who_sees_a_unit_and_taking_it_away() -> None:
    unit = "US-c-a-11"
    assert answer("unit", "show", unit)["seen_by"] == [{"customer_id": "c-a", "role": "owner"}]
    answer("unit", "grant", unit, "--customer", "c-b", "--role", "manager")
    assert {"customer_id": "c-b", "role": "manager"} in answer("unit", "show", unit)["seen_by"]
    answer("unit", "revoke", unit, "--customer", "c-b")
    assert answer("unit", "show", unit)["seen_by"] == [{"customer_id": "c-a", "role": "owner"}]
    assert "does not see" in run("unit", "revoke", unit, "--customer", "c-b", code=1).output


def test_flows_of_an_application_are_chosen() -> None:
    made = answer("app", "add", "--name", "F", "--type", "web")["id"]
    changed = answer("app", "flows", made, "authorization_code", "password")
    assert (changed["grants"], changed["response_types"]) == (["authorization_code", "password"], ["code"])
    assert "for daemons" in run("app", "flows", made, "client_credentials", code=2).output
    assert "an application needs a flow" in run("app", "flows", made, "robot", code=2).output
    assert "nobody signs in to a daemon" in run("app", "flows", "daemon", "implicit", code=2).output
    assert "there is no application nothing" in run("app", "flows", "nothing", "password", code=1).output
    assert (
        "for daemons"
        in run("app", "add", "--name", "G", "--type", "web", "--grant", "client_credentials", code=2).output
    )


def test_an_application_is_given_to_another_customer() -> None:
    given = answer("app", "give", "daemon", "c-b")
    assert (given["customer_id"], given["service_account_id"] == "sa-a") == ("c-b", False)
    assert answer("app", "secret", "list", "daemon") == []
    for words, sentence in (
        (("daemon", "c-b"), "belongs to c-b already"), (("nothing", "c-b"), "no application nothing"),
        (("daemon", "c-x"), "no customer c-x"), (("daemon", "sandbox"), "owns no application"),
    ):  # fmt: skip
        assert sentence in run("app", "give", *words, code=1).output
