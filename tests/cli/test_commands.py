"""Managing without a browser: every noun, what is refused, and the exit codes the help promises."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from hoistway.approving.application_values import FLOWS
from hoistway.store.clients import ExceptionKind
from tests.cli.running import answer, point_at, run
from tests.engines import drop_database


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, migrated_url: str) -> None:
    point_at(monkeypatch, migrated_url)


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


def test_what_is_typed_is_composed_trimmed_and_seen(customer: str) -> None:
    """Every word of every command, by what all commands have alike."""
    made = answer(
        "user", "add", " Mu\u0308ller@x.example ", "--name", "Mu\u0308ller\u3000\u3000A", "--customer", customer
    )
    assert (made["username"], made["name"]) == ("M\u00fcller@x.example", "M\u00fcller A")
    run("user", "add", "M\u00dcLLER@x.example", "--name", "B", code=1)
    for words in (
        ("an\u200bna", "--name", "A"),
        ("anna", "--name", "A\u202e"),
        ("anna", "--name", "A\nB"),
        ("\ufeffanna", "--name", "A"),
    ):
        refused = run("user", "add", *words, code=2)
        assert "U+" in refused.output
    run("customer", "add", "c-\u200b", "--name", "C", code=2)
    run("site", "add", "s-1", "--name", "S", "--city", "Mu\u00adn", code=2)


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
    assert "there is no application zz" in run("app", "secret", "list", "zz", code=1).stderr
    assert "there is no customer zz" in run("user", "list", "--customer", "zz", code=1).stderr


def test_a_legacy_flow_needs_a_reason_and_a_future_end() -> None:
    app = answer("app", "add", "--name", "Old", "--type", "single-page", "--redirect-uri", "https://a.example/cb")
    words = ("app", "allow", app["id"], "implicit")
    later = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    run(*words, "--ends", later, code=2)
    run(*words, "--reason", "r", "--ends", "2020-01-01", code=2)
    assert answer(*words, "--reason", "r", "--ends", later)["exceptions"][0]["kind"] == "implicit"
    assert "has no secret" in run("app", "allow", app["id"], "no_pkce", "--reason", "r", "--ends", later, code=1).stderr
    run("app", "add", "--name", "Bad", "--type", "web", "--redirect-uri", "http://a.example/*", code=2)


def test_the_help_says_what_each_legacy_flow_does() -> None:
    shown = " ".join(run("app", "allow", "--help").stdout.replace("│", " ").split())
    assert set(FLOWS) == set(get_args(ExceptionKind))
    for kind, what in FLOWS.items():
        assert f"{kind}: {what}." in shown


def test_an_api_names_who_may_introspect_its_tokens(customer: str) -> None:
    """An application with a secret alone: introspection wants one (RFC 7662 section 2.1)."""
    run("api", "add", "hub", "--name", "Hub", "--audience", "https://hub.example", "--scope", "hub.listen=listen")
    public = answer("app", "add", "--name", "Reader", "--type", "desktop", "--customer", customer)["id"]
    gateway = answer("app", "add", "--name", "Gateway", "--type", "web")["id"]
    assert "secret" in run("api", "set", "hub", "--introspector", public, code=1).output
    assert "no application" in run("api", "set", "hub", "--introspector", "nobody", code=1).output
    assert "no API" in run("api", "set", "other", "--introspector", gateway, code=1).output
    assert "nothing to change" in run("api", "set", "hub", code=2).output
    assert answer("api", "show", "hub")["client_id"] is None
    changed = answer("api", "set", "hub", "--introspector", gateway, "--b2c-alg", "ES256", "--lifetime", "600")
    assert changed == answer("api", "show", "hub")
    assert (changed["client_id"], changed["b2c_signing_alg"], changed["token_lifetime"]) == (gateway, "ES256", 600)
    assert (changed["name"], changed["signing_alg"]) == ("Hub", "ES256")
    assert answer("api", "set", "hub", "--no-introspector")["client_id"] is None


def test_a_tenant_answers_to_its_names_and_keeps_them() -> None:
    made = answer("tenant", "add", "One.example", "--policy", "B2C_1_ROPC=ropc")
    shown = {
        "id": made["id"], "names": ["one.example"], "policies": {"B2C_1_ROPC": "ropc"}, "subject_text": None, "disabled_at": None,
        "connection": None, "accounts": None,
    }  # fmt: skip
    assert answer("tenant", "show", "one.EXAMPLE") == answer("tenant", "show", made["id"]) == made == shown
    assert answer("tenant", "list") == [shown]
    assert answer("tenant", "list", "--after", made["id"]) == []
    other = "775527ff-9a37-4307-8b3d-cc311f58d925"
    refused = run("tenant", "add", "one.example", "--policy", "P=ropc", "--id", other, code=1).stderr
    assert f"/console/tenants/{made['id']}" in refused, (
        "where the name is taken away, so that the right tenant can have it"
    )
    assert answer("tenant", "add", "two.example", "--policy", "P=ropc", "--id", other.upper())["id"] == other
    run("tenant", "add", "three.example", "--policy", "P=ropc", "--id", "another", code=2)
    run("tenant", "add", "x.example", "--policy", "P=magic", code=2)


def test_keys_rotate_and_the_old_ones_stay_published() -> None:
    run("init")
    before = {row["id"] for row in answer("keys", "list")}
    answer("keys", "rotate", "--alg", "ES256")
    after = {row["id"] for row in answer("keys", "list")}
    assert before < after
    assert len(after) == 3


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


def test_an_application_is_told_of_sessions_that_ended() -> None:
    app = answer("app", "add", "--name", "Board", "--type", "web", "--redirect-uri", "https://board.example/cb")["id"]
    told = answer("app", "logout", app, "https://board.example/out", "--session-required")
    assert told["backchannel_logout_uri"] == "https://board.example/out"
    assert told["backchannel_logout_session_required"] is True
    for wrong in ("http://board.example/out", "https://10.0.0.1/out", "https://board.example/#out"):
        assert "full public name" in run("app", "logout", app, wrong, code=2).output
    run("app", "logout", app, code=2)
    run("app", "logout", app, "https://board.example/out", "--none", code=2)
    run("app", "logout", "nobody", "--none", code=1)
    assert answer("app", "show", app)["backchannel_logout_uri"] == "https://board.example/out"
    silent = answer("app", "logout", app, "--none")
    assert (silent["backchannel_logout_uri"], silent["backchannel_logout_session_required"]) == (None, False)
