"""Numbers in shared memory: rows of workers that come and go, and their sums as Prometheus reads them."""

import os
from collections.abc import Sequence

import pytest

from hoistway.measures import ENDS, OTHER, NamedCounts, Times
from hoistway.server.metrics.board import Board
from hoistway.server.metrics.copied import COUNTED, GAUGES, LATEST, Copied
from hoistway.server.metrics.exporter import Exposition
from hoistway.server.metrics.families import BINS, DURATIONS, FAMILIES, KEPT, REQUESTS, Family
from hoistway.server.metrics.requests import Requests
from hoistway.server.opening import close_engine, open_engine
from hoistway.settings import Settings
from tests.engines import drop_database, fresh_database
from tests.scraping import of_board as values
from tests.server import MASTER_KEY, populate

STARTS = Family("a_total", "counter", "A.")
WAITING = Family("b", "gauge", "B.", lives=True)
LAST = Family("c", "gauge", "C.", (("job", ("x", "y")),), "most")


def set_in(board: Board, number: int, name: str, *numbers: int) -> None:
    for at, one in enumerate(numbers, board.places[name]):
        board.row(number)[at] = one


def totals(board: Board, family: Family) -> list[int]:
    return [board.total(family, cell) for cell in range(len(family.series))]


def made_by(board: Board, *pids: int) -> None:
    for pid in pids:
        board.fork(lambda pid=pid: pid)  # type: ignore[misc]


def test_rows_are_added_up_and_of_moments_the_latest_counts() -> None:
    board = Board(2, (STARTS, WAITING, LAST))
    made_by(board, 11, 12)
    set_in(board, 1, "a_total", 5)
    set_in(board, 2, "a_total", 6)
    set_in(board, 1, "c", 100, 7)
    set_in(board, 2, "c", 90, 8)
    assert totals(board, STARTS) == [11]
    assert totals(board, LAST) == [100, 8]
    assert board.living() == {1: 11, 2: 12}


def test_a_worker_that_is_gone_leaves_its_sums_and_no_gauge() -> None:
    board = Board(2, (STARTS, WAITING, LAST, next(one for one in KEPT if one.name == "hoistway_worker_restarts_total")))
    made_by(board, 11, 12)
    for number in (1, 2):
        set_in(board, number, "a_total", 5)
        set_in(board, number, "b", 3)
        set_in(board, number, "c", 100, 100)
    board.note_workers([12], restarts=1)
    assert totals(board, STARTS) == [10]
    assert totals(board, WAITING) == [3]
    assert totals(board, LAST) == [100, 100]
    assert board.living() == {2: 12}
    made_by(board, 13)
    assert board.living() == {1: 13, 2: 12}
    Copied(board).count("a_total", (2,))
    assert totals(board, STARTS) == [12], "the next one counts on"


def test_an_old_and_a_new_worker_live_side_by_side() -> None:
    board = Board(2, (STARTS,))
    made_by(board, 11, 12, 13, 14)
    assert board.living() == {1: 11, 2: 12, 3: 13, 4: 14}


def test_what_a_forked_worker_counts_is_seen_here() -> None:
    board = Board(1, KEPT)

    def fork() -> int:
        pid = os.fork()
        if pid == 0:
            Requests(board).count("/oauth2/token", 200, 0.003)
            os._exit(0)
        return pid

    pid = board.fork(fork)
    os.waitpid(pid, 0)
    assert values(board)[("hoistway_requests_total", ("/oauth2/token", "200"))] == 1


def test_copies_add_what_is_new() -> None:
    board = Board(1, (STARTS, WAITING))
    set_in(board, 1, "a_total", 40)
    copied = Copied(board)
    for counted in (1, 3, 3):
        copied.count("a_total", (counted,))
        copied.put("b", (counted,))
    assert totals(board, STARTS) == [43]
    assert totals(board, WAITING) == [3]


def test_a_duration_falls_into_its_bin_and_all_longer_ones() -> None:
    board = Board(1, KEPT)
    requests = Requests(board)
    for seconds in (0.0004, 0.0005, 0.004, 3.5):
        requests.count("/oauth2/token", 200, seconds)
    found = values(board)
    name = DURATIONS.name
    bins = [found[(f"{name}_bucket", ("/oauth2/token", end))] for end in (*map(repr, ENDS), "+Inf")]
    assert bins == [2, 2, 2, *[3] * (BINS - 4), 4]
    assert found[(f"{name}_count", ("/oauth2/token",))] == 4
    assert found[(f"{name}_sum", ("/oauth2/token",))] == pytest.approx(3.5049)


def test_what_is_not_known_is_other() -> None:
    board = Board(1, KEPT)
    requests = Requests(board)
    requests.count('/made-up"\n', 200, 0.1)
    requests.count("/oauth2/token", 299, 0.1)
    found = values(board)
    assert found[(REQUESTS.name, (OTHER, "200"))] == 1
    assert found[(REQUESTS.name, ("/oauth2/token", OTHER))] == 1


def test_names_that_are_not_known_make_nothing_grow() -> None:
    counts = NamedCounts(("a", "b"), ("x",))
    size = len(counts.of)
    for number in range(100):
        counts.add(f"made-up-{number}", "x")
        counts.add("a", f"made-up-{number}")
    assert len(counts.of) == size == 6
    assert counts.of[(OTHER, "x")] == counts.of[("a", OTHER)] == 100


def test_times_are_kept_in_bins() -> None:
    times = Times()
    for seconds in (0.0005, 0.3, 9.0):
        times.add(seconds)
    assert sum(times.counts) == 3
    assert times.counts[0] == times.counts[-1] == 1
    assert times.total == pytest.approx(9.3005)


def test_many_who_ask_at_once_get_the_same_text() -> None:
    board = Board(1, KEPT)
    exposition = Exposition(board, Settings("http://127.0.0.1", "sqlite:///x", MASTER_KEY))
    first = exposition.text()
    Requests(board).count("/oauth2/token", 200, 0.1)
    assert exposition.text() is first


def test_names_follow_the_conventions_of_prometheus() -> None:
    names = [family.name for family in FAMILIES]
    assert len(set(names)) == len(names)
    for family in FAMILIES:
        assert family.name.startswith("hoistway_")
        assert family.name.endswith("_total") == (family.kind == "counter")
        assert family.kind != "histogram" or family.name.endswith("_seconds")
        assert not {name for name, _values in family.labels} & {"le", "instance", "job"}, (
            "Prometheus has labels of that name"
        )
        for _name, known in family.labels:
            assert len(set(known)) == len(known)
            # The program's own pages are the longest list there is, and it is known before the first request.
            assert len(known) < 300, "a label with so many values is no label"


async def test_every_family_has_one_source_with_a_number_for_each_series() -> None:
    url = fresh_database("sqlite", populate)
    engine = await open_engine(Settings("http://127.0.0.1", url, MASTER_KEY))
    sources = COUNTED | GAUGES | LATEST
    own = {
        REQUESTS.name, DURATIONS.name, "hoistway_connections", "hoistway_connections_turned_away_total",
        "hoistway_malformed_requests_total",
        "hoistway_worker_restarts_total", "hoistway_certificate_expiry_timestamp_seconds",
    }  # fmt: skip
    assert (own | set(sources)) ^ {family.name for family in KEPT} == set(), (
        "server/metrics/copied.py says where the number of each metric comes from"
    )
    assert own.isdisjoint(sources)
    for family in KEPT:
        if family.name in sources:
            assert len(tuple(sources[family.name](engine))) == family.width * len(family.series), family.name
    assert _names(engine.measures.tokens) == _series("hoistway_tokens_total")
    assert _names(engine.measures.jobs) == _series("hoistway_housekeeping_runs_total")
    assert _names(engine.measures.sign_ins) == _series("hoistway_sign_ins_total")
    assert _names(engine.measures.mails) == _series("hoistway_mails_total")
    assert _names(engine.measures.database_refusals) == _series("hoistway_database_refusals_total")
    assert tuple((name,) for name in engine.lockout.began) == _series("hoistway_lockouts_total")
    await close_engine(engine)
    drop_database(url)


def _names(counts: NamedCounts) -> Sequence[tuple[str, ...]]:
    return tuple(counts.of)


def _series(name: str) -> Sequence[tuple[str, ...]]:
    return next(family.series for family in KEPT if family.name == name)
