"""hoistway setup: what it keeps of an older system, and what it says is left to do."""

from collections.abc import Iterator

import pytest

from tests.cli.running import answer, point_at, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.server import populate

TENANT = "775527ff-9a37-4307-8b3d-cc311f58d925"
WORDS = ("setup", "--operator", "o@example.com", "--customer", "first")
MOVING = (*WORDS, "--tenant", "contoso.onmicrosoft.com")


@pytest.fixture(autouse=True)
def _database(engine_name: EngineName, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    url = fresh_database(engine_name, populate)
    point_at(monkeypatch, url, "https://id.example.com")
    yield
    drop_database(url)


def test_a_tenant_keeps_the_id_that_programs_know() -> None:
    run(*MOVING, "--tenant-id", TENANT.upper())
    assert answer("tenant", "show", "contoso.onmicrosoft.com")["id"] == TENANT
    assert "was there, unchanged" in run(*MOVING, "--tenant-id", TENANT).stdout
    other = run(*MOVING, "--tenant-id", TENANT.replace("7", "8"), code=1).stderr
    assert f"/console/tenants/{TENANT}" in other


def test_an_id_that_is_none_and_one_without_a_name_are_refused_before_anything_is_made() -> None:
    assert "GUID" in run(*MOVING, "--tenant-id", "contoso", code=2).stderr
    assert "--tenant" in run(*WORDS, "--tenant-id", TENANT, code=2).stderr
    assert "first" not in {row["id"] for row in answer("customer", "list")}


def test_the_customer_api_keeps_its_uri_and_nobody_is_told_otherwise() -> None:
    uri = answer("api", "show", "customer-api")["uri"]
    assert f"API customer-api ({uri}): was there, unchanged" in run(*WORDS).stdout
    assert f"API customer-api ({uri}): was there, unchanged" in run(*WORDS, "--api-uri", uri).stdout
    other = run(*MOVING, "--api-uri", "https://example.com/api", code=1).stderr
    assert f"has the URI {uri} and keeps it" in other
    assert "contoso.onmicrosoft.com" not in run("tenant", "list").stdout


def test_what_is_done_is_not_said_again() -> None:
    said = run(*WORDS).stdout
    assert "operator_password: " in said
    assert said.count("(shown this once)") == 1
    for step in ("unit import", "user add", "user join", "service-account add", "app add"):
        assert f"hoistway {step}" in said
    run("site", "add", "s-1", "--name", "Harbour")
    run("unit", "add", "DE-1", "--site", "s-1", "--customer", "first")
    made = run("user", "add", "anna@example.com", "--name", "Anna", "--customer", "first").stdout
    assert "(shown this once)" in made
    assert "hoistway user join" in run(*WORDS).stdout
    run("user", "join", "anna@example.com", "--customer", "first", "--role", "administrator")
    assert "(shown this once)" in run("service-account", "add", "svc", "--customer", "first").stdout
    daemon = ("--name", "D", "--type", "daemon", "--customer", "first", "--service-account", "svc")
    assert "(shown this once)" in run("app", "add", *daemon).stdout
    said = run(*WORDS).stdout
    for step in ("unit import", "user add", "user join", "service-account add", "app add"):
        assert f"hoistway {step}" not in said
    assert "hoistway serve" in said
