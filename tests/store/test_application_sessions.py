"""Which applications know of a session, and the queue of those that are to be told, on both databases."""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterator

import pytest
from msgspec.structs import replace
from sqlalchemy import Delete

import hoistway.store
from hoistway.applications import logout_notices as job
from hoistway.protocol.ids import ClientId, UserId
from hoistway.store import logout_notices as queue
from hoistway.store.application_sessions import (
    APPLICATION_SESSIONS,
    MOST_SIDS,
    ApplicationSession,
    add_application_session,
    carry_sessions,
    knows_session,
    prune_application_sessions,
    tell_of_end,
)
from hoistway.store.db import Database, Statement, Writer
from hoistway.store.sessions import SESSIONS
from tests.engines import ENGINES, drop_database, fresh_database
from tests.federation.connected import rows_of
from tests.server import change, populate
from tests.store.test_schema import on
from tests.world import NOW

SPA, WEB, ANN = ClientId("spa"), ClientId("web"), UserId("u-ann")


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    made = fresh_database(request.param, populate)
    yield made
    drop_database(made)


def row(number: int, client_id: ClientId = SPA, session: str = "") -> ApplicationSession:
    sid = f"sid-{number}"
    return ApplicationSession(sid, client_id, "https://here", session or sid, ANN, NOW + number, NOW + 100)


def put(url: str, *rows: ApplicationSession) -> None:
    async def write(tx: Writer) -> None:
        for one in rows:
            await add_application_session(tx, one)

    change(url, write)


def asked(url: str, work: Callable[[Database], Awaitable[object]]) -> object:
    return on(url, work)


def test_a_row_is_written_once_and_known_until_the_end(url: str) -> None:
    put(url, row(1), row(1), row(1, WEB), replace(row(1), issuer="https://here/policy"))
    assert len(rows_of(url, APPLICATION_SESSIONS)) == 3
    assert asked(url, lambda db: knows_session(db, SPA, "sid-1")) is True
    change(url, lambda tx: tell_of_end(tx, ["sid-1", "unknown"]))
    assert asked(url, lambda db: knows_session(db, SPA, "sid-1")) is False
    spa = queue.Due(SPA, None, "production", 0)
    assert asked(url, lambda db: queue.due_applications(db, NOW, 10)) == [spa, replace(spa, client_id=WEB)]
    assert asked(url, lambda db: queue.due_applications(db, NOW, 1)) == [spa]


def test_a_session_that_goes_on_takes_the_newest_along(url: str) -> None:
    """However often somebody signs in again: what is older is told."""
    put(url, *(row(number, session="s-1") for number in range(MOST_SIDS + 3)))
    put(url, replace(row(99, session="s-1"), user_id=UserId("u-bob")))

    async def write(tx: Writer) -> None:
        await carry_sessions(tx, "s-1", "s-2", ANN, NOW + 500)
        await tell_of_end(tx, ["s-1"])

    change(url, write)
    rows = rows_of(url, APPLICATION_SESSIONS)
    kept = {one["sid"] for one in rows if one["session_id"] == "s-2"}
    # Bob's is the newest of those that were counted.
    assert kept == {f"sid-{number}" for number in range(4, MOST_SIDS + 3)}
    assert {one["expires_at"] for one in rows if one["session_id"] == "s-2"} == {NOW + 500}
    assert {one["sid"] for one in rows if one["next_at"] == 0} == {"sid-0", "sid-1", "sid-2", "sid-3", "sid-99"}


def test_one_process_takes_a_notice_and_a_failure_puts_off_all_of_the_application(url: str) -> None:
    put(url, row(1), row(2), row(3, WEB))
    change(url, lambda tx: tell_of_end(tx, ["sid-1", "sid-2", "sid-3"]))

    async def write(tx: Writer) -> None:
        assert await queue.take_notice(tx, row(1), NOW, NOW + 60) is not None
        assert await queue.take_notice(tx, row(1), NOW, NOW + 60) is None
        assert await queue.put_notices_off(tx, row(1), NOW, NOW + 30) == 2

    change(url, write)
    assert {(one["sid"], one["next_at"], one["attempts"]) for one in rows_of(url, APPLICATION_SESSIONS)} == {
        ("sid-1", NOW + 30, 1), ("sid-2", NOW + 30, 1), ("sid-3", 0, 0),
    }  # fmt: skip

    async def give_up(tx: Writer) -> None:
        assert await queue.give_notices_up(tx, SPA, 2) == 0
        assert await queue.give_notices_up(tx, SPA, 1) == 2
        assert await queue.forget_notices(tx, WEB) == 1

    change(url, give_up)
    assert rows_of(url, APPLICATION_SESSIONS) == []


def test_the_oldest_are_dropped_where_too_many_wait(url: str) -> None:
    put(url, *(row(number) for number in range(6)), row(7, WEB), row(8))
    change(url, lambda tx: tell_of_end(tx, [f"sid-{number}" for number in range(8)]))
    counts = asked(url, queue.count_waiting)
    assert counts == [queue.Waiting(SPA, 6), queue.Waiting(WEB, 1)]

    async def write(tx: Writer) -> None:
        assert await queue.drop_notices(tx, SPA, 2) == 4
        assert await queue.drop_notices(tx, WEB, 0) == 1

    change(url, write)
    # sid-8 lives, and is not touched.
    assert {one["sid"] for one in rows_of(url, APPLICATION_SESSIONS)} == {"sid-4", "sid-5", "sid-8"}


def test_what_was_over_by_itself_goes_without_a_word(url: str) -> None:
    put(url, row(1), row(2))
    change(url, lambda tx: tell_of_end(tx, ["sid-2"]))

    async def write(tx: Writer) -> None:
        assert await prune_application_sessions(tx, NOW + 101) == 1

    change(url, write)
    assert [one["sid"] for one in rows_of(url, APPLICATION_SESSIONS)] == ["sid-2"]


def test_whatever_ends_sessions_tells_of_them() -> None:
    """Every DELETE of sessions gives back their public ids, for `tell_of_end`, but for those below."""
    silent = {
        "_PRUNE": "their time is over", "_SIGN_INS": "all of them, beside tell_of_all", "TRACES": "erasing, after they were ended",
    }  # fmt: skip
    found = {}
    for info in pkgutil.iter_modules(hoistway.store.__path__, "hoistway.store."):
        if info.ispkg:
            continue
        for name, value in vars(importlib.import_module(info.name)).items():
            several = value if isinstance(value, list | tuple) else [value]
            statements = [one if isinstance(one, Statement) else getattr(one, "run", None) for one in several]
            for one in statements:
                clause = one.clause if isinstance(one, Statement) else None
                if isinstance(clause, Delete) and clause.table is SESSIONS:
                    found[f"{info.name} {name}"] = {column.key for column in clause.exported_columns}
    assert len(found) >= 8
    quiet = {where.split()[1] for where, returned in found.items() if "public_id" not in returned}
    assert quiet == set(silent)


@pytest.mark.parametrize("attempts", range(job.MOST_ATTEMPTS))
def test_pauses_grow_and_differ(attempts: int) -> None:
    pauses = {job.pause(attempts) for _ in range(200)}
    usual = min(3600, 30 * 4**attempts)
    assert len(pauses) > 3
    assert 0.8 * usual - 1 <= min(pauses) <= max(pauses) <= 1.2 * usual


def test_attempts_last_for_hours() -> None:
    assert 6 * 3600 < sum(min(3600, 30 * 4**number) for number in range(job.MOST_ATTEMPTS)) < 12 * 3600
