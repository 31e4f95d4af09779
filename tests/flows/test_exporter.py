"""The process that tells metrics: all workers added up, also of those that died; bounds on who asks; starts that must fail."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from hoistway import __version__
from hoistway.journal import configure
from hoistway.server.listening import CannotServe, Listen
from hoistway.server.metrics.watching import watch
from hoistway.settings import Address, Settings
from tests.certificate import make_certificate
from tests.flows.command import Command, free_port, refused, started
from tests.flows.test_processes import eventually, lines_of
from tests.scraping import Values, once, scrape
from tests.server import MASTER_KEY

WORKERS, RESTARTS = "hoistway_workers", "hoistway_worker_restarts_total"
HEALTHZ = ("hoistway_requests_total", ("/healthz", "200"))


@dataclass(frozen=True)
class Watched:
    command: Command
    base: str
    port: int

    def values(self) -> Values:
        return scrape(self.port)

    def told_workers(self) -> set[str]:
        return {labels[0] for name, labels in self.values() if name == "hoistway_worker_resident_bytes"}


@contextmanager
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *more: str) -> Iterator[Watched]:
    port, metrics = free_port(), free_port()
    monkeypatch.setenv("HOISTWAY_METRICS", f"127.0.0.1:{metrics}")
    with started(tmp_path, port, *more) as command:
        scheme = "https" if "--tls-cert" in more else "http"
        yield Watched(command, f"{scheme}://127.0.0.1:{port}", metrics)
        assert command.stop() == 0


def _answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=10).status_code == 200
    except httpx2.ConnectError:
        return False


def ask(base: str, times: int) -> None:
    """Each on a connection of its own, so that the system shares them out among the workers."""
    for _ in range(times):
        assert httpx2.get(f"{base}/healthz", timeout=10).status_code == 200


def listener_of(port: int) -> int:
    """The process that listens there, by the sockets that /proc shows of this server's children."""
    inodes = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1] == f"0100007F:{port:04X}" and fields[3] == "0A":
            inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").glob("[0-9]*"):
        try:
            links = {str(file.readlink()) for file in (process / "fd").iterdir()}
        except OSError:
            continue
        if links & inodes:
            return int(process.name)
    raise AssertionError(f"nobody listens on {port}")


def test_workers_are_added_up_and_of_a_dead_one_the_sums_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with watched(tmp_path, monkeypatch, "--workers", "2") as here:
        # Another process, which may begin a moment after the workers.
        assert eventually(lambda: _answers(here.port))
        before = scrape(here.port).get(HEALTHZ, 0.0)
        ask(here.base, 40)
        once(here.values, HEALTHZ[0], *HEALTHZ[1], holds=lambda number: number == before + 40)
        assert here.values()[(WORKERS, ())] == 2
        assert len(here.told_workers()) == 2
        parent, victim = here.command.process.pid, min(here.command.workers() - {listener_of(here.port)})
        # Stopped, it sees nothing and starts no other one.
        os.kill(parent, signal.SIGSTOP)
        try:
            os.kill(victim, signal.SIGKILL)
            assert eventually(lambda: len(here.told_workers()) == 1)
            assert here.values()[(WORKERS, ())] == 1, "gauges of a worker that is not there go away"
        finally:
            os.kill(parent, signal.SIGCONT)
        once(here.values, RESTARTS, holds=lambda number: number == 1)
        once(here.values, WORKERS, holds=lambda number: number == 2)
        assert here.values()[HEALTHZ] == before + 40
        ask(here.base, 20)
        once(here.values, HEALTHZ[0], *HEALTHZ[1], holds=lambda number: number == before + 60)
        build = [labels for name, labels in here.values() if name == "hoistway_build_info"]
        assert build[0][0] == __version__
        assert build[0][2] == "sqlite"


def test_it_has_one_path_and_is_started_again_where_it_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with watched(tmp_path, monkeypatch) as here:
        own = f"http://127.0.0.1:{here.port}"
        for path in ("/", "/healthz", "/oauth2/token", "/metrics/", "/metrics/../x", "/%6detricsx"):
            assert httpx2.get(own + path).status_code == 404, path
        refusal = httpx2.post(f"{own}/metrics", data={"a": "b"})
        assert (refusal.status_code, refusal.headers["allow"]) == (405, "GET, HEAD")
        head = httpx2.head(f"{own}/metrics?debug=1")
        assert (head.status_code, head.content) == (200, b"")
        assert httpx2.get(f"{here.base}/metrics").status_code == 404
        exporter = listener_of(here.port)
        os.kill(exporter, signal.SIGKILL)

        def answers() -> bool:
            try:
                return bool(scrape(here.port))
            except httpx2.TransportError:
                return False

        assert eventually(answers)
        assert here.values()[(RESTARTS, ())] == 0
        told = [line["event"] for line in lines_of(here.command.errors) if line["event"] != "refused"]
        assert told == ["exporter ended"]


def test_a_reload_begins_the_counters_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with watched(tmp_path, monkeypatch, "--workers", "2") as here:
        ask(here.base, 5)
        once(here.values, HEALTHZ[0], *HEALTHZ[1], holds=lambda number: number == 5)
        before = listener_of(here.port)
        here.command.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: "reloaded" in {line["event"] for line in lines_of(here.command.errors)}, 60)

        def tells() -> Values:
            try:
                return here.values()
            except httpx2.TransportError:
                return {}

        # The one from before ends first; the next has the address then.
        once(tells, WORKERS, holds=lambda number: number == 2)
        assert listener_of(here.port) != before
        assert here.values()[(RESTARTS, ())] == 0
        ask(here.base, 3)
        once(here.values, HEALTHZ[0], *HEALTHZ[1], holds=lambda number: number == 3)


def test_a_scraper_that_hangs_and_many_of_them_hurt_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with watched(tmp_path, monkeypatch) as here, ExitStack() as held:
        for number in range(40):
            silent = held.enter_context(socket.create_connection(("127.0.0.1", here.port), 10))
            # Some send nothing, some half a request, some read no answer.
            silent.sendall((b"", b"GET /metr", b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 20)[number % 3])
        begun = time.monotonic()
        ask(here.base, 10)
        assert time.monotonic() - begun < 10
        refusal = socket.create_connection(("127.0.0.1", here.port), 10)
        held.enter_context(refusal)
        assert refusal.recv(200).startswith(b"HTTP/1.1 503 ")
        held.close()
        assert eventually(lambda: httpx2.get(f"http://127.0.0.1:{here.port}/metrics", timeout=10).status_code == 200)


def test_the_end_of_the_certificate_in_use_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = make_certificate(tmp_path)
    more = ("--tls-cert", str(files.chain), "--tls-key", str(files.key))
    with watched(tmp_path, monkeypatch, *more) as here:
        name = "hoistway_certificate_expiry_timestamp_seconds"
        ends = once(here.values, name, holds=lambda number: number > 0)
    assert 0 < ends - time.time() <= 24 * 3600


def test_a_port_that_is_the_public_one_is_told(tmp_path: Path) -> None:
    port = free_port()
    done = refused("--demo", "--data", str(tmp_path), "--port", str(port), HOISTWAY_METRICS=f"127.0.0.1:{port}")
    assert done.returncode == 2
    assert "HOISTWAY_METRICS needs a port of its own" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_that_can_not_be_had_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for address in (Address("127.0.0.1", taken.getsockname()[1]), Address("192.0.2.1", free_port())):
            settings = Settings("http://127.0.0.1", "sqlite:///x", MASTER_KEY, metrics=address)
            said = rf"^HOISTWAY_METRICS: cannot listen on {address.host}:{address.port}: .+\. Choose another [a-z]+ in HOISTWAY_METRICS"
            with pytest.raises(CannotServe, match=said):
                watch(settings, Listen("127.0.0.1", free_port()))


def test_who_tells_metrics_to_other_machines_is_warned(capfd: pytest.CaptureFixture[str]) -> None:
    configure()
    for host, is_told in (("127.0.0.1", False), ("0.0.0.0", True)):
        settings = Settings("http://127.0.0.1", "sqlite:///x", MASTER_KEY, metrics=Address(host, free_port()))
        assert watch(settings, Listen("127.0.0.1", free_port())).board is not None
        assert ("metrics can be read from other machines" in capfd.readouterr().err) is is_told
