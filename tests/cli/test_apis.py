"""hoistway api: a scope's name is one API's own."""

import pytest

from hoistway.protocol.ids import ClientId
from hoistway.store.clients import Client, add_client
from hoistway.store.db import Writer
from tests.cli.running import answer, point_at, run
from tests.server import change

FIRST = ("api", "add", "customer-api", "--name", "Customer API", "--audience", "https://a", "--scope", "units.read=See")
SECOND = ("api", "add", "doors", "--name", "Doors", "--audience", "https://b")
APP = ("app", "add", "--name", "Reader", "--type", "web")


@pytest.fixture(autouse=True)
def _world(monkeypatch: pytest.MonkeyPatch, migrated_url: str) -> None:
    point_at(monkeypatch, migrated_url)
    answer(*FIRST)


@pytest.mark.parametrize("scope", ["units.read=Open doors", "openid=x", "https://a=x", "https://a/units.read=x"])
def test_a_taken_scope_is_refused(scope: str) -> None:
    said = run(*SECOND, "--scope", scope, code=1)
    assert f"{scope.split('=')[0]}: another API or OpenID has this name or URI" in said.output
    run("api", "disable", "customer-api")
    run(*SECOND, "--scope", scope, code=1)
    assert [row["id"] for row in answer("api", "list")] == ["customer-api"]


def test_a_scope_that_an_application_holds_is_refused(migrated_url: str) -> None:
    """It was allowed when it meant nothing."""

    async def work(tx: Writer) -> None:
        await add_client(tx, Client(ClientId("early"), "Early", "daemon", scopes=("doors.open",)))

    change(migrated_url, work)
    assert "such as early" in run(*SECOND, "--scope", "doors.open=Open doors", code=1).output
    assert answer(*SECOND, "--scope", "doors.see=See doors")["id"] == "doors"


def test_an_application_is_allowed_scopes_that_exist() -> None:
    assert "no API has this scope" in run(*APP, "--scope", "doors.open", code=1).output
    assert answer(*APP, "--scope", "units.read", "--scope", "offline_access")["scopes"] == [
        "units.read",
        "offline_access",
    ]


def test_an_audience_is_no_clients_id() -> None:
    """On B2C-shaped paths an application's own tokens have its id as their audience."""
    made = answer(*APP)["id"]
    for words in (("--audience", made), ("--audience", "https://doors.example", "--uri", made)):
        said = run("api", "add", "doors", "--name", "Doors", *words, "--scope", "doors.see=See doors", code=1).output
        assert "an application has this id" in said
    answer("api", "add", "doors", "--name", "Doors", "--audience", "doors-api", "--scope", "doors.see=See doors")
    assert "an API has this audience" in run(*APP, "--client-id", "doors-api", code=1).output


def test_scopes_of_an_api_that_exists_are_set_and_removed() -> None:
    answer(*SECOND, "--scope", "doors.see=See doors")
    scope = ("api", "scope")
    assert [one["name"] for one in answer(*scope, "set", "doors", "doors.open=Open doors")["scopes"]] == [
        "doors.see", "doors.open",
    ]  # fmt: skip
    reworded = answer(*scope, "set", "doors", "doors.see=See all doors")["scopes"]
    assert reworded[0] == {"name": "doors.see", "description": "See all doors", "wire": None}
    assert "another API or OpenID has this name" in run(*scope, "set", "doors", "units.read=See", code=1).output
    assert "NAME=description" in run(*scope, "set", "doors", "doors.open", code=2).output
    answer(*APP, "--scope", "doors.open")
    assert "take it from them first" in run(*scope, "remove", "doors", "doors.open", code=1).output
    assert [one["name"] for one in answer(*scope, "remove", "doors", "doors.see")["scopes"]] == ["doors.open"]
    assert "has no scope doors.see" in run(*scope, "remove", "doors", "doors.see", code=1).output
    assert "there is no API nothing" in run(*scope, "remove", "nothing", "x", code=1).output
