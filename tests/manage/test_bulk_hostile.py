"""Lines and moments that a job must stand: hostile numbers and keys, an end in its midst, a process that others want to use, too."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import update
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.manage import bulk_running
from hoistway.store.bulk_jobs import LEASE, BulkJob, end_job, find_job
from hoistway.store.bulk_lines import BULK_LINES, BulkLine
from hoistway.store.db import Statement, Writer, nothing
from tests.manage.bulk_jobs import ended, hand_in, report
from tests.manage.program import Program
from tests.manage.test_bulk import CUSTOMER, paused, program, working
from tests.portal.house import House
from tests.server import change

__all__ = ["paused", "program"]
Before = Callable[[Engine, BulkJob, BulkLine], Awaitable[None]]


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Callable[[Before], None]:
    """What is done before each line, in the process that carries it out."""

    def use(before: Before) -> None:
        kept = bulk_running._answered

        async def answered(engine: Engine, job: BulkJob, line: BulkLine) -> Response:
            await before(engine, job, line)
            return await kept(engine, job, line)

        monkeypatch.setattr(bulk_running, "_answered", answered)

    return use


def made(number: int) -> dict[str, Any]:
    return {"method": "POST", "path": "/customers", "body": {"id": f"c-{number}", "name": "N"}}


@pytest.mark.parametrize(
    "member", [b'"name":' + b"9" * 5_000, b'"more":' + b"9" * 5_000, b'"name":' + b"[" * 9_000 + b"]" * 9_000]
)
def test_what_no_body_may_be_is_refused_and_no_fault(program: Program, member: bytes) -> None:
    job = hand_in(program, b'{"method":"POST","path":"/customers","body":{"id":"c-1",' + member + b"}}")
    ended(program, job)
    assert [(row["status"], row["answer"]["status"]) for row in report(program, job)] == [(400, 400)]


def test_no_two_keys_become_the_same_one(program: Program) -> None:
    """A key that no header may be is refused: in the place of what it may not be, another one would stand for several."""
    keyed = [{**made(7), "idempotency_key": key} for key in ("日本", "中国", "ü")]
    job = hand_in(program, *keyed)
    ended(program, job)
    assert [row["status"] for row in report(program, job)] == [400] * 3
    program.ask("GET", "/customers/c-7", 404)


def test_a_line_is_the_request_however_its_path_is_spelled(program: Program) -> None:
    first = program.ask("POST", "/applications/web/secrets", 201, {}, idempotency_key="spelled")
    line = {"method": "POST", "path": "/applications/w%65b/secrets", "body": {}, "idempotency_key": "spelled"}
    job = hand_in(program, line)
    ended(program, job)
    assert [row["answer"] for row in report(program, job)] == [first.json()]


def test_cancelled_it_carries_out_no_further_line(between: Callable[[Before], None], house: House) -> None:
    """Not even those that were read together with the one before."""

    async def cancel(engine: Engine, job: BulkJob, line: BulkLine) -> None:
        if line.line == 3:
            async with engine.db.write() as tx:
                assert await end_job(tx, job.id, "cancelled", engine.now())

    between(cancel)
    with working(house) as (program, _other):
        job = hand_in(program, *map(made, range(8)))
        ended(program, job, "cancelled")
        assert [row["status"] for row in report(program, job)] == [201, 201, *[None] * 6]
        assert len(program.ask("GET", "/customers?name=N").json()["items"]) == 2


def test_others_have_a_turn_between_two_lines(between: Callable[[Before], None], house: House) -> None:
    """SQLite answers without a pause: a job of thousands of lines would be all that a process does for minutes."""
    turns, seen = list[int](), list[int]()

    async def count(_engine: Engine, _job: BulkJob, line: BulkLine) -> None:
        seen.append(len(turns))
        asyncio.get_running_loop().call_soon(turns.append, line.line)

    between(count)
    with working(house) as (program, _other):
        ended(program, hand_in(program, *[b"nonsense"] * 9))
    assert seen == list(range(9))


def test_slow_lines_keep_their_lease(between: Callable[[Before], None], house: House) -> None:
    """Another process takes up what nothing was heard of for half a minute."""
    left = list[int]()

    async def dawdle(engine: Engine, job: BulkJob, _line: BulkLine) -> None:
        found = await find_job(engine.db, job.client_id, job.id)
        assert found is not None
        left.append(found.leased_until - engine.now())
        house.clock.turn(LEASE // 2)

    between(dawdle)
    with working(house) as (program, _other):
        ended(program, hand_in(program, *[b"nonsense"] * 5))
    assert left == [LEASE] * 5


def test_what_was_carried_out_and_can_not_be_read_ends(paused: Callable[[], None], house: House) -> None:
    """The process ended after the change, and then the keys were replaced: it holds up nothing."""
    gone = Statement(lambda: update(BULK_LINES).values(request=b"x" * 64, carried_at=1), nothing)

    async def lose(tx: Writer) -> None:
        assert await tx.run(gone, {}) == 2

    with working(house) as (program, _other):
        job = hand_in(program, CUSTOMER, {"method": "POST", "path": "/customers/c-a/disable", "if_match": "*"})
        change(house.served.database, lose)
        paused()
        ended(program, job)
        assert [(row["status"], row["answer"]) for row in report(program, job)] == [(200, None)] * 2
