"""hoistway tenant connect, disconnect and show."""

import json
from pathlib import Path

import pytest

from hoistway.store.carried_accounts import Kind, State, ToCarry, add_waiting
from tests.cli.running import answer, point_at, run
from tests.server import change

TENANT = "contoso.onmicrosoft.com"
URL = "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_ROPC/oauth2/v2.0/token"
GIVEN = {
    "--old-token-endpoint": URL, "--old-client-id": "app", "--old-scope": "openid app", "--until": "2099-06-30",
    "--wrong-per-account": "4",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _world(monkeypatch: pytest.MonkeyPatch, migrated_url: str) -> None:
    point_at(monkeypatch, migrated_url)
    answer("tenant", "add", TENANT, "--policy", "B2C_1_ROPC=ropc")


def words(**changes: str) -> list[str]:
    given = GIVEN | {f"--{name.replace('_', '-')}": value for name, value in changes.items()}
    return ["tenant", "connect", TENANT, *(word for pair in given.items() for word in pair)]


def test_a_tenant_is_connected_changed_and_disconnected(tmp_path: Path) -> None:
    assert answer("tenant", "show", TENANT)["connection"] is None
    made = answer(*words())
    assert made["connection"] == {
        "old_token_endpoint": URL, "old_client_id": "app", "old_scope": "openid app", "ends_at": 4086460800, "wrong_per_account": 4,
        "stopped_at": None,
    }  # fmt: skip
    assert made["accounts"] == {"waiting": 0, "failing": 0, "carried": 0, "reset": 0}
    assert answer("tenant", "show", TENANT)["connection"] == made["connection"]
    assert answer("tenant", "list")[0]["connection"] == made["connection"]
    assert answer(*words(until="2099-06-30T18:30", wrong_per_account="7"))["connection"]["wrong_per_account"] == 7
    assert answer("tenant", "disconnect", TENANT)["connection"]["stopped_at"] > 0
    assert "is not connected" in run("tenant", "disconnect", TENANT, code=1).output
    assert answer(*words())["connection"]["stopped_at"] is None
    run("audit", "export", str(tmp_path / "trail"))
    events = [json.loads(line)["event"] for line in (tmp_path / "trail").read_text().splitlines()]
    assert [events.count(f"tenant.{what}") for what in ("connected", "disconnected")] == [3, 1]


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("old_token_endpoint", "http://contoso.b2clogin.com/token", "must begin with https://"),
        ("old_token_endpoint", "https://127.0.0.1/token", "full domain name"),
        ("old_client_id", "an app", "without blanks"),
        ("old_scope", "openid äpp", "single blank"),
        ("until", "2001-01-01", "in the future"),
        ("until", "soon", "Give a day"),
        ("wrong_per_account", "0", "from 1 to 50"),
        ("wrong_per_account", "many", "from 1 to 50"),
    ],
)
def test_what_is_wrong_is_named_with_its_option(option: str, value: str, said: str) -> None:
    output = run(*words(**{option: value}), code=2).output
    assert f"--{option.replace('_', '-')}: " in output
    assert said in output
    assert answer("tenant", "show", TENANT)["connection"] is None


def test_a_tenant_that_is_not_there() -> None:
    run(*["nobody" if word == TENANT else word for word in words()], code=1)
    run("tenant", "disconnect", "nobody", code=1)


def test_who_was_not_carried_over_is_named(migrated_url: str) -> None:
    tenant = answer("tenant", "show", TENANT)["id"]
    accounts: list[tuple[Kind, str, State]] = [
        ("user", "u-1", "waiting"), ("user", "u-2", "carried"), ("user", "u-3", "failing"), ("service_account", "s-9", "waiting"),
        ("service_account", "s-8", "reset"),
    ]  # fmt: skip
    rows = [ToCarry(kind, account, tenant, f"old {account}", state) for kind, account, state in accounts]
    change(migrated_url, lambda tx: add_waiting(tx, rows))
    found = answer("tenant", "waiting", TENANT)
    assert [(one["kind"], one["id"], one["old_name"], one["state"]) for one in found] == [
        ("service_account", "s-9", "old s-9", "waiting"), ("user", "u-1", "old u-1", "waiting"),
        ("user", "u-3", "old u-3", "failing"),
    ]  # fmt: skip
    for last, then in (("s-9", "u-1"), ("u-1", "u-3")):
        (one,) = answer("tenant", "waiting", TENANT, "--after", last, "--most", "1")
        assert one["id"] == then
    assert answer("tenant", "waiting", TENANT, "--after", "u-3") == []
    assert "old s-9" in run("tenant", "waiting", TENANT).stdout
    run("tenant", "waiting", "nobody", code=1)


def test_this_machine_may_be_asked_where_a_setting_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOISTWAY_FETCH_LOOPBACK", "true")
    assert answer(*words(old_token_endpoint="http://127.0.0.1:9/token"))["connection"]["ends_at"] > 0


def test_a_name_that_leads_here_is_no_older_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a domain of one's own that moves: after the switch this server would ask itself."""
    monkeypatch.setenv("HOISTWAY_BASE_URL", "https://login.contoso.example")
    for port in ("", ":443"):
        said = run(*words(old_token_endpoint=f"https://LOGIN.contoso.example{port}/x/oauth2/v2.0/token"), code=2).output
        assert "--old-token-endpoint: The endpoint is this server itself" in said
    assert answer(*words(old_token_endpoint="https://login.contoso.example:8443/token"))["connection"]["ends_at"] > 0
