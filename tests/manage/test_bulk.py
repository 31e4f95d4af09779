"""Jobs of many lines: each line as a request of its own, by the same rules and scopes, once, whatever ends in between."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from hoistway.engine import Engine
from hoistway.manage import bulk, bulk_place
from hoistway.manage.bulk_place import Place
from hoistway.protocol.ids import ClientId
from hoistway.store.audit import latest_entries
from hoistway.store.bulk_jobs import BULK_JOBS, KEPT, LEASE, old_jobs, remove_job
from hoistway.store.bulk_lines import BULK_LINES, remove_lines
from hoistway.store.clients import set_client_disabled
from hoistway.store.db import DatabaseUnavailable, Writer
from tests.attacks.overtaken import everything
from tests.console.two import careful_server
from tests.engines import EngineName, drop_database, fresh_database
from tests.manage.bulk_jobs import NDJSON, ended, hand_in, lines_of, report
from tests.manage.program import NAME, Program, daemon, hire
from tests.manage.test_two import LENT
from tests.portal.house import House
from tests.server import Clock, Served, change, populate, serving

CUSTOMER = {"method": "POST", "path": "/customers", "body": {"id": "c-1", "name": "One"}}


@pytest.fixture(scope="module")
def program(served: Served) -> Iterator[Program]:
    hire(served.database, daemon())
    made = Program(served)
    yield made
    made.http.close()


def test_lines_are_carried_out_one_by_one(program: Program, served: Served) -> None:
    job = hand_in(
        program,
        CUSTOMER,
        CUSTOMER,
        b"nonsense",
        {"method": "PATCH", "path": "/customers/c-1", "body": {"name": "Two"}, "if_match": "*"},
        {"method": "PATCH", "path": "/customers/c-1", "body": {"name": "Two"}},
        {"method": "GET", "path": "/customers"},
        {"method": "POST", "path": "/bulk", "body": {}},
        {"method": "POST", "path": "/customers/c-1/disable", "if_match": "*"},
        {"method": "POST", "path": "/applications/web/secrets", "body": {}},
        {"method": "DELETE", "path": "/customers/c-1", "if_match": "*"},
        {"method": "DELETE", "path": "/customers/c%2F1", "if_match": "*"},
        b"",
    )
    assert (job["state"], job["lines"], job["position"]) == ("open", 12, 0)
    done = ended(program, job)
    assert (done["position"], done["refused"]) == (12, 7)
    rows = report(program, job)
    assert [row["line"] for row in rows] == list(range(1, 13))
    assert [row["status"] for row in rows] == [201, 409, 400, 200, 428, 400, 404, 200, 201, 204, 404, 400]
    assert rows[0]["answer"]["name"] == "One"
    assert rows[1]["answer"]["type"].endswith("#taken")
    assert rows[8]["answer"]["client_secret"].startswith("hws_")
    assert rows[9]["answer"] is None
    assert report(program, job, limit=5) == rows
    assert job["id"] in [one["id"] for one in program.ask("GET", "/bulk").json()["items"]]

    async def work(tx: Writer) -> None:
        entry = (await latest_entries(tx, "customer.removed", 1))[0]
        assert entry.actor == NAME
        stored = await everything(tx)
        assert rows[8]["answer"]["client_secret"] not in str(stored[BULK_LINES.name])
        assert "One" not in str(stored[BULK_LINES.name])

    change(served.database, work)


def test_a_dry_run_keeps_nothing(program: Program) -> None:
    lines = (
        {**CUSTOMER, "body": {"id": "c-dry", "name": "Dry"}},
        {"method": "DELETE", "path": "/customers/nobody", "if_match": "*"},
    )
    job = hand_in(program, *lines, query="?dry_run=true")
    assert job["dry_run"] is True
    assert ended(program, job)["refused"] == 1
    assert [row["status"] for row in report(program, job)] == [201, 404]
    program.ask("GET", "/customers/c-dry", 404)


@pytest.mark.parametrize(
    ("body", "status", "media"),
    [
        (b"\n\n", 400, "application/x-ndjson"), (b"{}\n" * (bulk.MOST_LINES + 1), 400, "application/x-ndjson"),
        (b"x" * (bulk.LONGEST_LINE + 1), 400, "application/x-ndjson"), (b"x" * (bulk.MOST_BYTES + 1), 413, "application/x-ndjson"),
        (b"{}\n", 415, "application/json"),
    ],
)  # fmt: skip
def test_what_is_no_job(program: Program, body: bytes, status: int, media: str) -> None:
    program.ask("POST", "/bulk", status, body, content_type=media)


def test_sent_again_it_is_the_same_job_and_its_lines_do_nothing_twice(program: Program) -> None:
    line = {**CUSTOMER, "body": {"id": "c-again", "name": "Again"}, "idempotency_key": "again"}
    job = hand_in(program, line, idempotency_key="job")
    assert hand_in(program, line, idempotency_key="job")["id"] == job["id"]
    hand_in(program, line, status=422, query="?dry_run=true", idempotency_key="job")
    ended(program, job)
    other = hand_in(program, line, {**line, "idempotency_key": "other"})
    ended(program, other)
    assert [row["status"] for row in report(program, other)] == [201, 409]
    assert report(program, other)[0]["answer"] == report(program, job)[0]["answer"]


@pytest.fixture
def paused(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Nothing is carried out until it is called."""

    async def nothing_left(_engine: Engine, _over: Callable[[], bool]) -> bool:
        return False

    with monkeypatch.context() as held:
        held.setattr("hoistway.server.bulk.carry_on", nothing_left)
        yield held.undo


def test_it_is_cancelled(paused: Callable[[], None], house: House) -> None:
    with working(house) as (program, other):
        job = hand_in(program, CUSTOMER)
        other.ask("GET", f"/bulk/{job['id']}", 404)
        other.ask("GET", f"/bulk/{job['id']}/lines", 404)
        other.ask("POST", f"/bulk/{job['id']}/cancel", 404, if_match="*")
        assert other.ask("GET", "/bulk").json()["items"] == []
        program.ask("POST", f"/bulk/{job['id']}/cancel", 428)
        program.ask("POST", f"/bulk/{job['id']}/cancel?dry_run=true", 200, if_match="*")
        assert program.ask("POST", f"/bulk/{job['id']}/cancel", 200, if_match="*").json()["state"] == "cancelled"
        program.ask("POST", f"/bulk/{job['id']}/cancel", 409, if_match="*")
        program.ask("GET", "/customers/c-1", 404)
        assert [row["status"] for row in report(program, job)] == [None]


@contextmanager
def working(house: House) -> Iterator[tuple[Program, Program]]:
    hire(house.served.database, daemon(), daemon("other"))
    first, other = Program(house.served), Program(house.served, "other")
    with closing(first.http), closing(other.http):
        yield first, other


def test_a_restart_goes_on_with_it(
    engine_name: EngineName, paused: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was handed in to one server is carried out by the next; a line whose change was written before the process ended is not
    carried out again."""
    url, clock = fresh_database(engine_name, populate), Clock()
    wanted = [{**CUSTOMER, "body": {"id": f"c-{n}", "name": "N"}} for n in range(25)]
    with serving(url, now=clock) as served:
        hire(url, daemon())
        program = Program(served)
        with closing(program.http):
            job = hand_in(
                program,
                *wanted,
                {"method": "PATCH", "path": "/customers/c-3", "body": {"name": "Renamed"}, "if_match": "*"},
            )
    paused()
    dying = [2, 20, 25]

    async def keep(tx: Writer, engine: Engine, place: Place, status: int, body: bytes) -> None:
        if place.line - 1 in dying:
            dying.remove(place.line - 1)
            raise DatabaseUnavailable("the process ended")
        await bulk_place.keep(tx, engine, place, status, body)

    monkeypatch.setattr("hoistway.manage.bulk_running.keep", keep)
    with serving(url, now=clock) as served:
        program = Program(served)
        with closing(program.http):
            deadline, left = time.monotonic() + 100, len(dying)
            while program.ask("GET", f"/bulk/{job['id']}").json()["state"] == "open":
                assert time.monotonic() < deadline
                clock.turn((left - len(dying)) * (LEASE + 1))
                left = len(dying)
            done = ended(program, job)
            assert (done["position"], done["refused"], dying) == (26, 0, [])
            rows = report(program, job)
            assert [row["status"] for row in rows] == [201] * 25 + [200]
            # The secret of what is made would be lost, so its answer is written with it; that to a change is not known.
            assert [row["answer"] is None for row in rows] == [False] * 25 + [True]
            made = program.ask("GET", f"/audit?actor={NAME}&event=customer.added").json()["items"]
            assert len(made) == 25
    drop_database(url)


def test_an_application_that_was_disabled_carries_out_no_more(paused: Callable[[], None], house: House) -> None:
    with working(house) as (program, _other):
        job = hand_in(program, CUSTOMER, CUSTOMER)

        async def disable(tx: Writer) -> None:
            await set_client_disabled(tx, ClientId(NAME), house.clock())
            await set_client_disabled(tx, ClientId(NAME), None)

        change(house.served.database, disable)
        paused()
        house.clock.turn(1)
        later = Program(house.served)
        with closing(later.http):
            done = ended(later, job, "stopped")
            assert (done["position"], done["refused"]) == (1, 1)
            assert [row["status"] for row in report(later, job)] == [401, None]
            later.ask("GET", "/customers/c-1", 404)


def test_after_a_day_it_is_stopped_and_then_gone(paused: Callable[[], None], house: House) -> None:
    with working(house) as (program, _other):
        job = hand_in(program, *[{"method": "GET", "path": "/x"}] * 20)
        house.clock.turn(KEPT + 1)
        paused()
        later = Program(house.served)
        with closing(later.http):
            assert ended(later, job, "stopped")["position"] == 10
        house.clock.turn(KEPT)

        async def clear(tx: Writer) -> None:
            for one in await old_jobs(tx, house.clock() - 2 * KEPT):
                await remove_lines(tx, one, 5_000)
                await remove_job(tx, one)
            stored = await everything(tx)
            assert (stored[BULK_JOBS.name], stored[BULK_LINES.name]) == ({}, {})

        change(house.served.database, clear)


def test_each_line_needs_its_own_scope(paused: Callable[[], None], house: House) -> None:
    """Of the token with which it was handed in, and of the application as it is then."""
    site = {"method": "POST", "path": "/sites", "body": {"id": "s-1", "name": "One"}}
    with working(house):
        narrow = Program(house.served, scope="manage.bulk.write manage.bulk.read manage.customers.write")
        with closing(narrow.http):
            job = hand_in(narrow, site, CUSTOMER)
            other = hand_in(narrow, CUSTOMER)
            paused()
            ended(narrow, job)
            assert [row["status"] for row in report(narrow, job)] == [403, 201]
            assert [row["status"] for row in report(narrow, ended(narrow, other))] == [409]


@pytest.mark.parametrize(
    "bound", ["bulk_jobs.MOST_OPEN_OF_ONE", "bulk_jobs.MOST_OPEN", "bulk_lines.MOST_OF_ONE", "bulk_lines.MOST"]
)
def test_jobs_and_lines_have_a_bound(
    paused: Callable[[], None], house: House, bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"hoistway.store.{bound}", 2)
    with working(house) as (program, other):
        hand_in(program, CUSTOMER)
        hand_in(program, CUSTOMER, idempotency_key="two")
        full = program.ask("POST", "/bulk", 429, lines_of(CUSTOMER), **NDJSON)
        assert full.json()["type"].endswith("#too-many-jobs")
        assert int(full.headers["retry-after"]) > 0
        hand_in(program, CUSTOMER, idempotency_key="two")
        hand_in(other, CUSTOMER, status=202 if bound.endswith("OF_ONE") else 429)


def test_lines_wait_for_two_people_as_requests_do(engine_name: EngineName) -> None:
    with careful_server(engine_name) as served:
        hire(served.database, daemon())
        program = Program(served)
        with closing(program.http):
            line = {"method": "PUT", "path": "/applications/spa/exceptions", "body": LENT, "if_match": "*"}
            job = hand_in(program, line, line)
            ended(program, job)
            rows = report(program, job)
            assert [row["status"] for row in rows] == [202, 409]
            assert rows[0]["answer"]["state"] == "waiting"
