"""Entries of the version before get the one name that their event has now."""

import importlib

from hoistway.store.audit_events import EVENTS
from hoistway.store.migrate import migrate
from tests.store.before import Old, on_connection

BEFORE = "0023"
CHANGE = importlib.import_module("hoistway.store.changes.versions.0024_event_names")


def test_entries_of_the_version_before_are_renamed(database_url: str) -> None:
    migrate(database_url, BEFORE)
    kept = ("users.imported", "secret.added", "units.imported", "user.disabled")
    before = [*CHANGE.NAMES, *kept]

    def world(connection: object) -> None:
        old = Old(connection)  # type: ignore[arg-type]
        for number, event in enumerate(before):
            old.add("audit", id=f"{number:03}", event=event, at=number + 1, actor="u-olga", detail='{"id": "x"}')

    on_connection(database_url, world)
    migrate(database_url)
    found = on_connection(database_url, lambda c: Old(c).rows("audit", "id", "event", "at", "actor", "detail"))
    assert [row.event for row in found] == [*CHANGE.NAMES.values(), *kept]
    assert {(row.actor, row.detail) for row in found} == {("u-olga", '{"id": "x"}')}
    assert [row.at for row in found] == list(range(1, len(before) + 1))


def test_old_names_are_gone_and_new_ones_are_known() -> None:
    assert not set(CHANGE.NAMES) & set(EVENTS)
    assert set(CHANGE.NAMES.values()) <= set(EVENTS)
