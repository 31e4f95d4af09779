"""Managing without a browser: every noun, what is refused, and the exit codes the help promises."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hoistway.cli import cli
from tests.engines import drop_database

KEY = "A" * 43
RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, migrated_url: str) -> None:
    monkeypatch.setenv("HOISTWAY_DATABASE", migrated_url)
    monkeypatch.setenv("HOISTWAY_MASTER_KEY", KEY)
    monkeypatch.delenv("HOISTWAY_BASE_URL", raising=False)


def run(*words: str, code: int = 0, input: str | None = None) -> Result:
    result = RUNNER.invoke(cli, list(words), input=input)
    assert result.exit_code == code, result.output
    return result


def answer(*words: str, **more: Any) -> Any:
    return json.loads(run(*words, "--json", **more).stdout)


@pytest.fixture
def customer() -> str:
    answer("customer", "add", "c-1", "--name", "First")
    return "c-1"


def test_customer_is_added_listed_disabled_and_enabled(customer: str) -> None:
    assert [row["id"] for row in answer("customer", "list")] == [customer]
    assert answer("customer", "disable", customer)["disabled_at"] > 0
    assert answer("customer", "show", customer)["disabled_at"] is not None
    answer("customer", "enable", customer)
    assert answer("customer", "show", customer)["disabled_at"] is None


def test_taken_and_unknown_ids_are_refused_with_1(customer: str) -> None:
    run("customer", "add", customer, "--name", "Again", code=1)
    run("customer", "show", "nobody", code=1)
    run("user", "add", "a@example.com", "--name", "A", "--customer", "nobody", code=1)
    assert answer("user", "list") == []


def test_a_made_password_is_shown_once_and_a_given_one_never(customer: str) -> None:
    made = answer("user", "add", "a@example.com", "--name", "A", "--customer", customer)
    assert len(made["password"]) >= 20
    shown = run("user", "show", made["id"], "--json").stdout
    assert made["password"] not in shown
    assert "argon2" not in shown
    given = "a long enough password"
    words = ("user", "add", "b@example.com", "--name", "B", "--password-stdin")
    assert given not in run(*words, input=f"{given}\n").output
    run("user", "add", "c@example.com", "--name", "C", "--password-stdin", input="short\n", code=1)


def test_an_application_has_two_secrets_at_most(customer: str) -> None:
    account = answer("service-account", "add", "svc", "--customer", customer)
    app = answer("app", "add", "--name", "D", "--type", "daemon", "--service-account", account["id"])
    assert app["client_secret"]
    second = answer("app", "secret", "add", app["id"])
    run("app", "secret", "add", app["id"], code=1)
    listed = run("app", "secret", "list", app["id"], "--json").stdout
    assert second["client_secret"] not in listed
    answer("app", "secret", "remove", app["id"], second["id"])
    assert len(answer("app", "secret", "list", app["id"])) == 1


def test_a_legacy_flow_needs_a_reason_and_a_future_end() -> None:
    app = answer("app", "add", "--name", "Old", "--type", "single-page", "--redirect-uri", "https://a.example/cb")
    words = ("app", "allow", app["id"], "implicit")
    later = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    run(*words, "--ends", later, code=2)
    run(*words, "--reason", "r", "--ends", "2020-01-01", code=2)
    assert answer(*words, "--reason", "r", "--ends", later)["exceptions"][0]["kind"] == "implicit"
    run("app", "add", "--name", "Bad", "--type", "web", "--redirect-uri", "http://a.example/*", code=2)


def test_a_tenant_answers_to_its_names_and_keeps_them() -> None:
    made = answer("tenant", "add", "One.example", "--policy", "B2C_1_ROPC=ropc")
    shown = {"id": made["id"], "names": ["one.example"], "policies": {"B2C_1_ROPC": "ropc"}, "disabled_at": None}
    assert answer("tenant", "show", "one.EXAMPLE") == answer("tenant", "show", made["id"]) == made == shown
    assert answer("tenant", "list") == [shown]
    assert answer("tenant", "list", "--after", made["id"]) == []
    run("tenant", "add", "one.example", "--policy", "P=ropc", "--id", "another", code=1)
    run("tenant", "add", "x.example", "--policy", "P=magic", code=2)


CSV = """unit_id,site_id,equipment_type,capacity_kg,floors
US-1,s-1,elevator,630,
,s-1,elevator,630,
US-3,s-1,paternoster,630,
US-4,s-1,elevator,nan,
US-5,s-1,elevator,1e400,
US-6,s-1,elevator,630,[NaN]
US-7,s-1,escalator,,"[{""id"":""1"",""marking"":""L"",""level"":0}]"
"""


def test_bad_rows_are_reported_with_their_line_and_lose_nothing_else(customer: str, tmp_path: Path) -> None:
    file = tmp_path / "units.csv"
    file.write_text(CSV)
    done = answer("unit", "import", str(file), "--customer", customer, code=1)
    assert (done["imported"], done["refused"]) == (2, 5)
    assert [row["line"] for row in done["refusals"]] == [3, 4, 5, 6, 7]
    assert [row["id"] for row in answer("unit", "list")] == ["US-1", "US-7"]


def test_rows_the_database_refuses_or_nobody_can_store(customer: str, tmp_path: Path) -> None:
    rows = [{"unit_id": f"US-{n:05}", "site_id": "s-1", "customer_id": customer} for n in range(1500)]
    rows[700]["customer_id"] = "nobody"
    texts = [json.dumps(row) for row in rows]
    texts[10] = '{"unit_id": "US-\\u0000", "site_id": "s-1"}'
    texts[11] = '{"unit_id": "US-\\ud800", "site_id": "s-1"}'
    texts[12] = "[" * 100_000
    texts[13] = '{"unit_id": "x", "site_id": "s-1", "capacity_kg": ' + "9" * 5000 + "}"
    file = tmp_path / "units.jsonl"
    file.write_text("\n".join(texts))
    done = answer("unit", "import", str(file), "--customer", customer, code=1)
    assert (done["imported"], done["refused"]) == (1495, 5)
    assert sorted(row["line"] for row in done["refusals"]) == [11, 12, 13, 14, 701]


def test_keys_rotate_and_the_old_ones_stay_published() -> None:
    run("init")
    before = {row["id"] for row in answer("keys", "list")}
    answer("keys", "rotate", "--alg", "ES256")
    after = {row["id"] for row in answer("keys", "list")}
    assert before < after
    assert len(after) == 3


def test_inspect_says_why_a_token_would_be_refused() -> None:
    run("token", "inspect", "-", input="no token", code=1)
    refused = answer("token", "inspect", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", code=1)
    assert refused["refused_because"]


def test_a_database_that_is_gone_is_3(migrated_url: str) -> None:
    drop_database(migrated_url)
    run("customer", "list", code=3)


def test_production_names_every_missing_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE", "MASTER_KEY"):
        monkeypatch.delenv(f"HOISTWAY_{name}")
    said = run("serve", code=2).output
    assert all(f"HOISTWAY_{name}" in said for name in ("BASE_URL", "DATABASE", "MASTER_KEY"))
    monkeypatch.setenv("HOISTWAY_BASE_URL", "http://id.example.com")
    assert "https" in run("serve", code=2).output
