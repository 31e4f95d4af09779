"""Counting itself: one machine and several, restarts, a database that is away, processes that share and die."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from hoistway.limits.counting import Counting, Taken
from hoistway.limits.memory import Memory
from hoistway.limits.places import FRESH, HEAD, LOADED, SIZE, STRIDE
from hoistway.limits.publishing import RESTS
from hoistway.protocol.limits import Left, Limit, Limits, duration, policy_field, service_field
from hoistway.store.db import Database, DatabaseUnavailable
from hoistway.store.limit_counts import Counts, Window, add_counts, find_counts, prune_counts
from hoistway.store.open import open_database

T = TypeVar("T")
BOTH = Limits(Limit(3, 60), Limit(5, 3600))
RATE = Limits(Limit(3, 60), None)


def on(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        db = await open_database(url)
        try:
            return await work(db)
        finally:
            await db.close()

    return asyncio.run(run())


async def refusals(counting: Counting, db: Database, limits: Limits, now: int, count: int) -> list[str | None]:
    return [(await counting.take(db, "s:1", limits, 0, now)).refused for _ in range(count)]


@pytest.mark.parametrize(
    ("now", "anchor", "period", "start"),
    [
        (0, 0, 60, 0),
        (59, 0, 60, 0),
        (60, 0, 60, 60),
        (130, 7, 60, 127),
        (126, 7, 60, 67),
        (7, 7, 60, 7),
        (6, 7, 60, -53),
    ],
)
def test_windows_follow_each_other_from_the_anchor(now: int, anchor: int, period: int, start: int) -> None:
    assert Limit(1, period).start(now, anchor) == start


def test_how_they_are_written() -> None:
    assert duration(25_280) == "07:01:20"
    assert duration(86_400 * 20 + 42_265) == "20.11:44:25"
    assert policy_field(BOTH) == b'"rate";q=3;w=60, "quota";q=5;w=3600'
    assert policy_field(Limits(None, None)) == b""
    assert service_field(Left(1, 2), Left(3, 4)) == b'"rate";r=1;t=2, "quota";r=3;t=4'
    assert service_field(None, Left(3, 4)) == b'"quota";r=3;t=4'
    assert service_field(Left(1, 2), None) == b'"rate";r=1;t=2'


def test_both_are_charged_or_neither(migrated_url: str) -> None:
    async def work(db: Database) -> None:
        counting = Counting()
        assert await refusals(counting, db, BOTH, 3600, 4) == [None, None, None, "rate"]
        assert await refusals(counting, db, BOTH, 3660, 3) == [None, None, "quota"]
        # The rate still has a call left, which the quota's refusal did not take.
        assert await counting.take(db, "s:1", BOTH, 0, 3660, 0) == Taken(None, Left(1, 60), Left(0, 3540))
        assert await refusals(counting, db, BOTH, 7199, 1) == ["quota"]
        assert await refusals(counting, db, BOTH, 7200, 1) == [None]

    on(migrated_url, work)


def test_a_clock_read_a_moment_earlier_counts_in_the_window_that_has_begun(migrated_url: str) -> None:
    async def work(db: Database) -> None:
        counting = Counting()
        assert await refusals(counting, db, RATE, 120, 2) == [None, None]
        assert await refusals(counting, db, RATE, 119, 2) == [None, "rate"]

    on(migrated_url, work)


def test_a_new_length_of_the_window_begins_anew(migrated_url: str) -> None:
    async def work(db: Database) -> None:
        counting = Counting()
        longer = Limits(Limit(3, 90_000), None)
        assert await refusals(counting, db, RATE, 120, 4) == [None, None, None, "rate"]
        assert await refusals(counting, db, longer, 120, 4) == [None, None, None, "rate"]
        await counting.publish(db)
        assert await refusals(Counting(), db, longer, 120, 1) == ["rate"]

    on(migrated_url, work)


def test_a_restart_in_order_forgets_nothing(migrated_url: str) -> None:
    async def work(db: Database) -> None:
        first = Counting()
        await refusals(first, db, BOTH, 3600, 2)
        assert await first.publish(db)
        assert not await first.publish(db)  # it just did
        await refusals(first, db, BOTH, 3600, 1)
        assert await first.publish(db, last=True)
        second = Counting()
        assert await refusals(second, db, BOTH, 3600, 1) == ["rate"]
        assert await refusals(second, db, BOTH, 3660, 3) == [None, None, "quota"]

    on(migrated_url, work)


def test_machines_hear_of_each_other_when_they_publish(migrated_url: str) -> None:
    """Before that each lets the whole limit pass: the bound of docs/operating.md."""

    async def work(db: Database) -> None:
        limits = Limits(None, Limit(10, 3600))
        here, there = Counting(), Counting()
        assert await refusals(here, db, limits, 3600, 4) == [None] * 4
        assert await refusals(there, db, limits, 3600, 5) == [None] * 5
        await here.publish(db)
        await there.publish(db)
        assert (await there.take(db, "s:1", limits, 0, 3600, 0)).quota == Left(1, 3600)
        assert (await here.take(db, "s:1", limits, 0, 3600, 0)).quota == Left(6, 3600)
        assert await refusals(here, db, limits, 3600, 1) == [None]
        await here.publish(db, last=True)
        assert await refusals(here, db, limits, 3600, 1) == ["quota"]
        found = await find_counts(db, "s:1")
        assert found is not None
        assert found.quota == Window(3600, 3600, 10)

    on(migrated_url, work)


def test_calls_that_arrive_late_do_not_undo_the_next_window(migrated_url: str) -> None:
    async def work(db: Database) -> None:
        async with db.write() as tx:
            none = Window(0, 0, 0)
            await add_counts(tx, Counts("s:1", Window(60, 60, 2), none))
            await add_counts(tx, Counts("s:1", Window(0, 60, 5), none))
            assert (await add_counts(tx, Counts("s:1", Window(60, 60, 1), none))).rate == Window(60, 60, 3)
            assert (await add_counts(tx, Counts("s:1", Window(120, 60, 1), none))).rate == Window(120, 60, 1)
        async with db.write() as tx:
            assert await prune_counts(tx, 180) == 0
            assert await prune_counts(tx, 181) == 1

    on(migrated_url, work)


def test_a_late_calls_window_is_over_before_it_is_published(migrated_url: str) -> None:
    """What is counted while a publication is under way stays fresh; a window that ended meanwhile is not settled."""

    async def work(db: Database) -> None:
        counting = Counting()
        await refusals(counting, db, RATE, 60, 2)
        publication = asyncio.create_task(counting.publish(db))
        await asyncio.sleep(0)
        await refusals(counting, db, RATE, 120, 1)
        await publication
        assert (await counting.take(db, "s:1", RATE, 0, 120, 0)).rate == Left(2, 60)
        await counting.publish(db, last=True)
        assert (await counting.take(db, "s:1", RATE, 0, 120, 0)).rate == Left(2, 60)

    on(migrated_url, work)


class Away:
    """A database that does not answer."""

    def write(self) -> None:
        raise DatabaseUnavailable("away")


def test_nothing_is_lost_while_the_database_is_away(migrated_url: str) -> None:
    async def work(db: Database) -> None:
        counting = Counting()
        await refusals(counting, db, RATE, 60, 2)
        with pytest.raises(DatabaseUnavailable):
            await counting.publish(Away())  # type: ignore[arg-type]
        assert await refusals(counting, db, RATE, 60, 2) == [None, "rate"]
        assert await counting.publish(db, last=True)
        assert await refusals(Counting(), db, RATE, 60, 1) == ["rate"]

    on(migrated_url, work)


def test_more_subjects_than_places(migrated_url: str) -> None:
    """Places are given away anew, and what was fresh is published all the same."""

    async def work(db: Database) -> None:
        counting = Counting(most=10)
        limits = Limits(None, Limit(5, 3600))
        for subject in range(35):
            for _ in range(2):
                assert (await counting.take(db, f"c:{subject}", limits, 0, 3600)).refused is None
        await counting.publish(db)
        for subject in range(35):
            found = await find_counts(db, f"c:{subject}")
            assert found is not None
            assert found.quota.used == 2
        again = [(await counting.take(db, f"c:{subject}", limits, 0, 3600, 0)).quota for subject in range(35)]
        assert again == [Left(3, 3600)] * 35

    on(migrated_url, work)


def test_a_long_name_counts_as_itself(migrated_url: str) -> None:
    async def work(db: Database) -> None:
        counting, names = Counting(), [f"c:{'ü' * 100}{number}" for number in range(3)]
        for name in names:
            assert (await counting.take(db, name, RATE, 0, 60)).rate == Left(2, 60)
        await counting.publish(db)
        assert [(await Counting().take(db, name, RATE, 0, 60, 0)).rate for name in names] == [Left(2, 60)] * 3

    on(migrated_url, work)


def in_children(count: int, work: Callable[[int], int]) -> list[int]:
    """Forks, as the server does; what each child gives back comes through its exit code."""
    pids = []
    for number in range(count):
        pid = os.fork()
        if pid == 0:
            code = 255
            try:
                code = work(number)
            finally:
                os._exit(code)
        pids.append(pid)
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]


def loaded(counting: Counting, *subjects: str) -> None:
    """As after their first call."""
    for subject in subjects:
        counting._cells[counting._place(subject) + LOADED] = 1


def test_processes_of_one_machine_count_exactly() -> None:
    """Four at once, each with more calls than its share, on subjects that they meet in different orders."""
    memory = Memory(SIZE, shared=True)
    loaded(Counting(memory), "a", "b")
    limits = Limits(Limit(1000, 60), None)

    def work(number: int) -> int:
        counting, passed = Counting(memory), 0
        for call in range(600):
            subject = "ab"[(call + number) % 2]
            taken = counting._take(subject, limits, 0, 60, 1)
            passed += taken is not None and taken.refused is None
        return passed * 100 // 600

    assert sum(in_children(4, work)) == pytest.approx(2000 * 100 / 600, abs=4)
    counting = Counting(memory)
    for subject in "ab":
        taken = counting._take(subject, limits, 0, 60, 0)
        assert taken is not None
        assert taken.rate == Left(0, 60)
    assert counting._cells[HEAD + FRESH] + counting._cells[HEAD + STRIDE + FRESH] == 2000


def test_a_process_killed_inside_holds_nobody_up_for_long() -> None:
    memory = Memory(SIZE, shared=True)
    counting = Counting(memory)
    loaded(counting, "a")
    place = counting._place("a")

    def die(_number: int) -> int:
        memory.stripes[place % len(memory.stripes)].__enter__()
        memory.directory.__enter__()
        return 0

    assert in_children(1, die) == [0]
    for _ in range(3):
        taken = counting._take("a", RATE, 0, 60, 1)
        assert taken is not None
        assert taken.refused is None
    taken = counting._take("a", RATE, 0, 60, 1)
    assert taken is not None
    assert taken.refused == "rate"
    assert counting._place("b") != place


def test_the_pause_is_shorter_than_the_turn() -> None:
    """Else a lone process would publish every other second only."""
    assert RESTS < 1000
