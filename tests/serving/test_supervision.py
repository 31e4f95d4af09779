"""What is started again, after which pause, and what the log says of it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from hoistway.server.signals import Signals
from hoistway.server.supervision import (
    BEGINS_WITHIN,
    LEAVE,
    LEAVES_WITHIN,
    LONGEST_PAUSE,
    STEADY,
    CannotStart,
    Workers,
    next_pause,
)


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def child(script: str, deaf_to: tuple[signal.Signals, ...] = ()) -> int:
    return os.posix_spawn("/bin/sh", ["sh", "-c", script], os.environ, setsigmask=deaf_to)


def ended(script: str) -> int:
    """A child that is over and waits to be noted."""
    return await_end(child(script))


def await_end(pid: int | None) -> int:
    assert pid is not None
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    return pid


@pytest.fixture
def signals() -> Iterator[Signals]:
    with Signals() as heard:
        yield heard


def test_pauses_double_to_five_seconds() -> None:
    pauses, pause = [], 0.0
    for _ in range(8):
        pause = next_pause(pause, 0.0)
        pauses.append(pause)
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert next_pause(5.0, STEADY - 0.1) == LONGEST_PAUSE
    assert next_pause(5.0, STEADY) == 0.1


def facts_of(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [{"event": record.getMessage()} | record.__dict__["facts"] for record in caplog.records]


def test_what_ends_is_started_again_when_it_is_due(caplog: pytest.LogCaptureFixture) -> None:
    now, pids = Clock(), []

    def start(_place: int) -> int:
        pids.append(ended("exit 3"))
        return pids[-1]

    workers = Workers(1, start, now=now)
    workers.fill()
    workers.reap()
    told = {"event": "worker ended", "pid": pids[0], "exit_code": 3, "lived": 0.0, "again_in": 0.1}
    assert facts_of(caplog) == [told]
    assert workers.until_due(60) == pytest.approx(0.1)
    workers.fill()
    assert len(pids) == 1
    now.at += 0.11
    workers.fill()
    assert len(pids) == 2
    assert workers.until_due(60) == 60
    workers.reap()
    assert workers.until_due(60) == pytest.approx(0.2)


def test_a_signal_is_named(caplog: pytest.LogCaptureFixture) -> None:
    workers = Workers(1, lambda _place: ended("kill -9 $$"))
    workers.fill()
    workers.reap()
    (facts,) = facts_of(caplog)
    assert facts["signal"] == "SIGKILL"
    assert "exit_code" not in facts


def test_only_when_all_have_failed_is_the_start_a_failure() -> None:
    pids = iter([ended("exit 1"), child("exec sleep 60")])
    workers = Workers(2, lambda _place: next(pids), now=Clock())
    workers.fill()
    workers.reap()
    assert not workers.all_failed()
    (living,) = (place.pid for place in workers.places if place.pid is not None)
    os.kill(living, signal.SIGTERM)
    await_end(living)
    workers.reap()
    assert workers.all_failed()


def test_what_does_not_stop_is_killed(signals: Signals, caplog: pytest.LogCaptureFixture) -> None:
    pids = [child("exec sleep 60"), child("exec sleep 60", (signal.SIGTERM,))]
    next_pid = iter(pids)
    workers = Workers(2, lambda _place: next(next_pid))
    workers.fill()
    workers.stop(signals, 0.5)
    assert [facts["pid"] for facts in facts_of(caplog)] == pids[1:]
    for pid in pids:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, 0)


def test_signals_end_a_wait_and_stay_known(signals: Signals) -> None:
    assert not signals.say_stop()
    pid = child("exit 0")
    signals.wait(60)
    assert not signals.say_stop()
    os.waitpid(pid, 0)
    os.kill(os.getpid(), signal.SIGTERM)
    signals.wait(60)
    assert signals.say_stop()


FORKED = """
import os, signal, time
from hoistway.server.signals import Signals

def work():
    {work}
    return 7

with Signals() as signals:
    pid = signals.fork(work)
    {parent}
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), signals.say_stop())
"""


def forked(work: str, parent: str) -> str:
    """In a process of its own: this one may have threads, which do not go well with fork."""
    program = FORKED.format(work=work, parent=parent)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_a_child_is_ended_by_the_first_sigterm() -> None:
    """Whenever it comes: one that arrives between the fork and the child's own handlers must not be lost."""
    assert forked("time.sleep(60)", "os.kill(pid, signal.SIGTERM)") == f"{-signal.SIGTERM} False\n"


def test_a_child_leaves_ctrl_c_to_its_parent() -> None:
    assert forked("os.kill(os.getpid(), signal.SIGINT)", "pass") == "7 False\n"


class Served:
    """Says which processes serve."""

    def __init__(self) -> None:
        self.pids: set[int] = set()

    def __call__(self, _place: int, pid: int) -> bool:
        return pid in self.pids


def adopted(*former: int | None) -> tuple[Workers, Served, list[int]]:
    """Workers from before, whose successors sleep until they are told to end."""
    begun: list[int] = []
    serves = Served()

    def start(_place: int) -> int:
        begun.append(child("exec sleep 60"))
        return begun[-1]

    workers = Workers(len(former), start, serves)
    workers.adopt(former)
    return workers, serves, begun


def test_one_after_the_other_is_replaced_when_its_successor_serves(signals: Signals) -> None:
    before = [child("exec sleep 60"), child("exec sleep 60")]
    workers, serves, begun = adopted(*before)
    workers.fill()
    assert begun == []
    assert not workers.replace()
    assert not workers.replace()
    assert len(begun) == 1
    assert workers.serving() == tuple(before)
    serves.pids.update(begun)
    assert not workers.replace()
    assert workers.serving() == (begun[0], before[1])
    await_end(before[0])
    serves.pids.update(begun)
    assert workers.replace()
    assert workers.serving() == tuple(begun)
    await_end(before[1])
    workers.reap()
    assert not workers.are_leaving
    workers.stop(signals, 5)


def test_what_does_not_start_leaves_those_before(signals: Signals, caplog: pytest.LogCaptureFixture) -> None:
    before = [child("exec sleep 60"), child("exec sleep 60")]
    workers = Workers(2, lambda _place: ended("exit 3"), Served())
    workers.adopt(before)
    workers.replace()
    workers.reap()
    assert workers.failed_to_follow
    workers.keep_former()
    assert workers.serving() == tuple(before)
    assert workers.replace()
    assert [facts["event"] for facts in facts_of(caplog)] == ["worker ended"]
    workers.stop(signals, 5)


def test_what_begins_without_an_end_is_given_up(signals: Signals) -> None:
    before, clock = child("exec sleep 60"), Clock()
    begun: list[int] = []

    def start(_place: int) -> int:
        begun.append(child("exec sleep 60"))
        return begun[-1]

    workers = Workers(1, start, Served(), clock)
    workers.adopt([before])
    workers.replace()
    clock.at += BEGINS_WITHIN + 1
    workers.replace()
    assert workers.failed_to_follow
    workers.keep_former()
    await_end(begun[0])
    workers.reap()
    assert workers.serving() == (before,)
    assert not workers.are_leaving
    workers.stop(signals, 5)


def test_what_can_not_even_begin_is_tried_again_later(caplog: pytest.LogCaptureFixture) -> None:
    def start(_place: int) -> int:
        raise CannotStart("there is no certificate")

    clock = Clock()
    workers = Workers(1, start, now=clock)
    workers.fill()
    assert workers.until_due(60) == pytest.approx(0.1)
    (facts,) = facts_of(caplog)
    assert facts["because"] == "there is no certificate"


def test_one_from_before_that_dies_is_replaced_at_once(signals: Signals) -> None:
    workers, _serves, begun = adopted(ended("exit 1"))
    workers.reap()
    workers.fill()
    assert workers.serving() == tuple(begun)
    assert not workers.failed_to_follow
    workers.stop(signals, 5)


def test_who_does_not_leave_is_killed(signals: Signals, caplog: pytest.LogCaptureFixture) -> None:
    clock, serves = Clock(), Served()
    stays = child("exec sleep 60", (LEAVE,))
    workers = Workers(1, lambda _place: child("exec sleep 60"), serves, clock)
    workers.adopt([stays])
    workers.replace()
    serves.pids.update(pid for place in workers.places if (pid := place.pid) is not None)
    workers.replace()
    clock.at += LEAVES_WITHIN + 1
    workers.reap()
    await_end(stays)
    workers.reap()
    assert [facts["pid"] for facts in facts_of(caplog)] == [stays]
    assert not workers.are_leaving
    workers.stop(signals, 5)


def test_sighup_asks_for_a_reload_once(signals: Signals) -> None:
    os.kill(os.getpid(), signal.SIGHUP)
    signals.wait(60)
    assert signals.take_reload()
    assert not signals.take_reload()
    assert not signals.say_stop()


def test_signals_are_held_back(signals: Signals) -> None:
    with signals.held_back():
        # To this thread: one of the others that a test's process has would take what is sent to the process.
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        assert not signals.say_stop()
    signals.wait(60)
    assert signals.say_stop()


@pytest.mark.parametrize(("ignored", "stops"), [(False, True), (True, False)])
def test_sighup_of_a_closed_terminal_stops_but_for_nohup(
    monkeypatch: pytest.MonkeyPatch, ignored: bool, stops: bool
) -> None:
    terminal = [True]
    monkeypatch.setattr("hoistway.server.signals.has_terminal", lambda: terminal[0])
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        with Signals() as signals:
            terminal[0] = False
            os.kill(os.getpid(), signal.SIGHUP)
            signals.wait(60)
            assert (signals.say_stop(), signals.wants_reload()) == (stops, False)
    finally:
        signal.signal(signal.SIGHUP, before)
