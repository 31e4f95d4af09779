"""What changed here since a moment, as a list for the older system."""

import json
from typing import Any

import pytest

from hoistway import clock
from hoistway.imports import back
from hoistway.imports.back_rules import RULES
from hoistway.store.audit import Entry, add_entry
from hoistway.store.audit_events import EVENTS
from hoistway.store.carried_accounts import ToCarry, add_waiting
from hoistway.store.db import Database
from tests.cli.running import answer, point_at, run
from tests.store.test_schema import on
from tests.world import TENANT, TENANT_NAME, make_world

SINCE = "2000-01-01"


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch, migrated_url: str) -> str:
    on(migrated_url, make_world)
    point_at(monkeypatch, migrated_url, "http://localhost")
    return migrated_url


def changes(*words: str, since: str = SINCE) -> list[dict[str, Any]]:
    lines = run("changes", "--since", since, *words, "--json").stdout.splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def test_every_rule_is_of_an_event_that_there_is() -> None:
    assert set(RULES) <= set(EVENTS)


def test_what_has_a_secret_is_named_without_it(world: str) -> None:
    person = answer("user", "add", "zoe@example.com", "--name", "Zoe")
    secret = answer("user", "reset-password", "zoe@example.com")
    account = answer("service-account", "reset-password", "daemon-a")
    given = answer("app", "secret", "add", "daemon")
    answer("user", "disable", person["id"])
    found = changes()
    assert [(one["event"], one["name"]) for one in found] == [
        ("user.added", "zoe@example.com"), ("user.password_reset", "zoe@example.com"),
        ("service_account.password_reset", "daemon-a"), ("secret.added", "Daemon"), ("user.disabled", "zoe@example.com"),
    ]  # fmt: skip
    assert found[1]["do"] == "reset the password there: it is not known here in the clear"
    assert {found[0]["id"], found[1]["id"]} == {person["id"]}
    text = run("changes", "--since", SINCE).output + json.dumps(found)
    for shown in (person["password"], secret["password"], account["password"], given["client_secret"]):
        assert shown not in text
    table = run("changes", "--since", SINCE).stdout.splitlines()
    assert table[0].split() == ["at", "what", "id", "name", "name", "there", "do"]
    assert table[2].endswith("reset the password there: it is not known here in the clear")
    assert table[4].endswith(f"not known here in the clear (here the secret {found[3]['about']['secret']})")


def test_it_begins_at_its_moment_and_ends_with_the_trail() -> None:
    answer("user", "add", "zoe@example.com", "--name", "Zoe")
    assert len(changes()) == 1
    assert changes(since="2999-01-01") == []
    assert "--since must be a day" in run("changes", "--since", "soon", code=2).output
    assert "is kept for 730 days" in run("changes", "--since", SINCE).output


def test_one_tenant_and_one_application(world: str) -> None:
    async def carry(db: Database) -> None:
        async with db.write() as tx:
            await add_waiting(tx, [ToCarry("service_account", "sa-a", TENANT, "daemon-there")])

    on(world, carry)
    for account in ("daemon-a", "daemon-b"):
        answer("service-account", "reset-password", account)
    answer("app", "secret", "add", "daemon")
    (found,) = changes("--tenant", TENANT_NAME)
    assert (found["id"], found["old_name"], found["tenant"]) == ("sa-a", "daemon-there", TENANT)
    assert [one["event"] for one in changes("--application", "daemon")] == [
        "service_account.password_reset",
        "secret.added",
    ]
    assert [one["event"] for one in changes("--application", "ropc")] == []
    assert "there is no tenant elsewhere" in run("changes", "--since", SINCE, "--tenant", "elsewhere", code=1).output
    assert "there is no application none" in run("changes", "--since", SINCE, "--application", "none", code=1).output


def test_who_is_gone_has_a_line_for_the_end_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    person = answer("user", "add", "zoe@example.com", "--name", "Zoe")
    answer("user", "disable", person["id"])
    later = clock.now() + 60
    monkeypatch.setattr(clock, "now", lambda: later)
    run("user", "erase", person["id"], "--yes")
    assert [(one["event"], one["id"]) for one in changes()] == [("user.erased", None)]


async def _fill(db: Database) -> None:
    """Of two events in turn, many in one second."""
    async with db.write() as tx:
        for number in range(900):
            event = ("user.disabled", "user.enabled", "sign_in.succeeded")[number % 3]
            await add_entry(tx, Entry(f"{number:04}", 1_700_000_000 + number // 300, event, detail={"id": "u-adam"}))


def test_pages_are_in_the_order_of_time_whole_and_without_doubles(world: str, monkeypatch: pytest.MonkeyPatch) -> None:
    on(world, _fill)
    monkeypatch.setattr(back, "PAGE", 7)
    found = changes(since="2023-11-14")
    assert len(found) == 600
    assert [one["event"] for one in found[:4]] == ["user.disabled", "user.enabled"] * 2
    assert found == sorted(found, key=lambda one: one["at"])


def test_who_was_imported_is_there_already(world: str) -> None:
    async def note(db: Database) -> None:
        async with db.write() as tx:
            await add_entry(tx, Entry("1", clock.now(), "user.added", detail={"id": "u-adam", "imported": True}))
            await add_entry(tx, Entry("2", clock.now(), "invitation.accepted", detail={"user": "u-adam"}))
            await add_entry(
                tx, Entry("3", clock.now(), "user.changed", detail={"id": "u-adam", "after": {"lang": "de"}})
            )

    on(world, note)
    assert changes() == []
