"""Reloads and stops under load: no connection is refused or broken, no rotation is lost; what fails leaves the old workers serving."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from hoistway.server.door import RELOAD, TRY, NoDoor, Outcome, ask
from tests.certificate import Certificate, make_certificate
from tests.flows.command import PROGRAM, Command, free_port, started
from tests.flows.loading import Load, loaded
from tests.flows.test_processes import eventually, lines_of, listens

SOURCE = Path(__file__).parent.parent.parent / "src" / "hoistway"


def reload(data: Path, port: int, *words: str) -> subprocess.CompletedProcess[str]:
    command = [*PROGRAM[:-1], "reload", "--port", str(port), "--data", str(data), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


def events(command: Command) -> list[object]:
    return [line["event"] for line in lines_of(command.errors)]


def files_of(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def served(data: Path, database: str | None, *words: str) -> Iterator[tuple[int, Command]]:
    port = free_port()
    more = () if database is None else ("--database", database)
    with started(data, port, "--workers", "2", *more, *words) as command:
        yield port, command


def settled(command: Command) -> bool:
    return len(command.workers()) == 2


def test_five_reloads_under_load_lose_nothing(tmp_path: Path, database_url: str) -> None:
    with served(tmp_path, database_url) as (port, command):
        pid, before = command.process.pid, command.workers()
        with loaded(tmp_path, Load(port)) as load:
            load.wait_for(1)
            files, memory = 0, 0
            for turn in range(5):
                assert ask([tmp_path], port, RELOAD) == Outcome(True)
                load.wait_for(1)
                assert eventually(lambda: settled(command))
                if turn == 0:
                    files, memory = files_of(pid), resident(pid)
            assert files_of(pid) == files
            assert resident(pid) < memory * 1.1
        assert load.failed == load.refused == []
        assert command.workers() & before == set()
        assert command.stop() == 0
    assert events(command) == ["reloaded"] * 5


def test_the_certificate_changes_under_load(tmp_path: Path) -> None:
    """New connections have the new one when the command has ended, and those that are kept go on until they are told."""
    first, second = certificate_in(tmp_path / "1"), certificate_in(tmp_path / "2")
    trust = first.trust()
    trust.load_verify_locations(cafile=str(second.chain))
    chain, key = tmp_path / "tls.pem", tmp_path / "tls.key"
    lay(first, chain, key)
    with served(tmp_path, None, "--tls-cert", str(chain), "--tls-key", str(key)) as (port, command):
        with loaded(tmp_path, Load(port, trust)) as load:
            load.wait_for(1)
            for certificate in (second, first, second):
                lay(certificate, chain, key)
                done = reload(tmp_path, port)
                assert (done.returncode, done.stderr) == (0, "")
                assert ssl.PEM_cert_to_DER_cert(certificate.chain.read_text()) == shown(port)
                load.wait_for(1)
        assert load.failed == load.refused == []
        assert command.stop() == 0


def certificate_in(folder: Path) -> Certificate:
    folder.mkdir()
    return make_certificate(folder, f"certificate {folder.name}")


def lay(certificate: Certificate, chain: Path, key: Path) -> None:
    shutil.copy(certificate.chain, chain)
    shutil.copy(certificate.key, key)


def shown(port: int) -> bytes | None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), 10) as plain,
        context.wrap_socket(plain) as connection,
    ):
        return connection.getpeercert(binary_form=True)


def test_what_fails_leaves_the_old_workers_serving(tmp_path: Path) -> None:
    certificate = certificate_in(tmp_path / "1")
    chain, key, settings = tmp_path / "tls.pem", tmp_path / "tls.key", tmp_path / "environment"
    lay(certificate, chain, key)
    settings.write_text("HOISTWAY_HSTS_DAYS=5\n")
    words = ("--tls-cert", str(chain), "--tls-key", str(key), "--environment", str(settings))
    with served(tmp_path, None, *words) as (port, command):
        before = command.workers()

        def refused(said: str) -> None:
            done = reload(tmp_path, port)
            assert done.returncode == 1
            assert done.stderr.startswith("hoistway: the server goes on as before: ")
            assert said in done.stderr
            assert "Traceback" not in done.stderr
            line = lines_of(command.errors)[-1]
            assert line["event"] == "reload failed"
            assert said in str(line["because"])
            assert command.workers() == before
            assert httpx2.get(f"https://127.0.0.1:{port}/readyz", verify=certificate.trust()).status_code == 200

        key.write_text("nothing")
        refused("--tls-cert and --tls-key can't be used")
        lay(certificate, chain, key)
        settings.write_text("HOISTWAY_HSTS_DAYS=many\n")
        refused("HOISTWAY_HSTS_DAYS must be a number from 0 to 1000")
        settings.write_text("HOISTWAY_BASE_URL=https://elsewhere.example.com\n")
        refused("can't change by a reload")
        settings.write_text("HOISTWAY_BRAND='no end\n")
        refused("line 1 of")
        assert ask([tmp_path], port, TRY).done is False
        settings.write_text("HOISTWAY_HSTS_DAYS=7\n")
        assert ask([tmp_path], port, TRY) == Outcome(True)
        assert command.workers() == before
        assert reload(tmp_path, port).returncode == 0
        told = httpx2.get(f"https://127.0.0.1:{port}/readyz", verify=certificate.trust()).headers
        assert told["strict-transport-security"] == f"max-age={7 * 86400}"
        assert command.stop() == 0


def test_new_code_is_loaded_by_parent_and_workers_and_code_that_does_not_start_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    shutil.copytree(SOURCE, site / "hoistway", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setenv("PYTHONPATH", str(site))
    health, signals = site / "hoistway" / "endpoints" / "health.py", site / "hoistway" / "server" / "reloading.py"
    data = tmp_path / "data"
    data.mkdir()
    with served(data, None) as (port, command):

        def status() -> object:
            return httpx2.get(f"http://127.0.0.1:{port}/healthz").json()["status"]

        assert status() == "up"
        health.write_text(health.read_text() + "\nimport no_such_module\n")
        outcome = ask([data], port, RELOAD)
        assert outcome.because.startswith("ModuleNotFoundError: No module named 'no_such_module'")
        assert status() == "up"
        health.write_text(health.read_text().replace("\nimport no_such_module\n", "").replace('"up"', '"newer"'))
        signals.write_text(signals.read_text().replace('LOG.info("reloaded"', 'LOG.info("reloaded by the newer"'))
        assert ask([data], port, RELOAD) == Outcome(True)
        assert {status() for _ in range(20)} == {"newer"}
        assert command.stop() == 0
    assert events(command) == ["reload failed", "reloaded by the newer"]


def test_a_reload_during_a_reload_follows_it(tmp_path: Path) -> None:
    with served(tmp_path, None) as (port, command):
        before = command.workers()
        with ThreadPoolExecutor(4) as pool:
            first = pool.submit(ask, [tmp_path], port, RELOAD)
            assert eventually(lambda: command.workers() - before != set())
            others = [pool.submit(ask, [tmp_path], port, RELOAD) for _ in range(3)]
            assert {one.result() for one in (first, *others)} == {Outcome(True)}
        assert events(command) == ["reloaded"] * 2
        assert command.stop() == 0


def test_sighup_reloads_while_a_worker_dies(tmp_path: Path) -> None:
    with served(tmp_path, None) as (port, command), loaded_idle(port):
        before = command.workers()
        os.kill(max(before), signal.SIGKILL)
        command.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: "reloaded" in events(command), 60)
        assert eventually(lambda: settled(command) and not command.workers() & before)
        for _ in range(20):
            assert httpx2.get(f"http://127.0.0.1:{port}/readyz", timeout=10).status_code == 200
        assert command.stop() == 0


@contextmanager
def loaded_idle(port: int) -> Iterator[None]:
    """Somebody who is connected and asks nothing."""
    with socket.create_connection(("127.0.0.1", port), 10):
        yield


@pytest.mark.parametrize("moment", ["trial", "workers"])
def test_sigterm_during_a_reload_ends_all_of_it(tmp_path: Path, moment: str) -> None:
    with served(tmp_path, None) as (port, command):
        before = command.workers()
        with loaded(tmp_path, Load(port)) as load:
            load.wait_for(1)
            command.process.send_signal(signal.SIGHUP)
            assert eventually(lambda: command.workers() - before != set(), 60)
            if moment == "workers":
                # The trial has ended, and a worker of the program that was started anew serves or begins.
                assert eventually(lambda: len({one for one in command.workers() if is_worker(one)} - before) > 0, 60)
            command.process.send_signal(signal.SIGTERM)
            assert command.process.wait(20) == 0
        assert load.failed == []
        assert not listens(port)


def is_worker(pid: int) -> bool:
    """Forked, not executed: a trial has a command line of its own variables."""
    try:
        return "_HOISTWAY_TRIAL" not in Path(f"/proc/{pid}/environ").read_text()
    except OSError:
        return False


def test_a_stop_under_load_answers_all_that_were_connected(tmp_path: Path) -> None:
    with served(tmp_path, None) as (port, command):
        with loaded(tmp_path, Load(port)) as load:
            load.wait_for(5)
            assert command.stop() == 0
            assert eventually(lambda: len(load.refused) >= 5)
        assert load.failed == []
    assert events(command) == []


def test_who_waits_at_a_stuck_worker_is_taken_by_another(tmp_path: Path) -> None:
    with served(tmp_path, None) as (port, command):
        stuck = max(command.workers())
        os.kill(stuck, signal.SIGSTOP)
        try:
            for _ in range(20):
                assert httpx2.get(f"http://127.0.0.1:{port}/healthz", timeout=10).status_code == 200
        finally:
            os.kill(stuck, signal.SIGCONT)
        assert command.stop() == 0


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = reload(tmp_path, free_port())
    assert done.returncode == 3
    assert "no server answers for port" in done.stderr
    with pytest.raises(NoDoor):
        ask([tmp_path / "missing"], free_port(), RELOAD)


def test_the_door_is_for_the_servers_user(tmp_path: Path) -> None:
    with served(tmp_path, None) as (port, command):
        door = tmp_path / f"serve-{port}.sock"
        assert door.stat().st_mode & 0o777 == 0o600
        before = command.workers()
        # Nobody's word counts but the two.
        assert ask_oddly(door) == b""
        tmp_path.chmod(0o777)
        with pytest.raises(NoDoor, match="others may write"):
            ask([tmp_path], port, RELOAD)
        tmp_path.chmod(0o700)
        if os.geteuid() == 0:
            assert foreign(door, port).returncode != 0
        assert command.workers() == before
        assert command.stop() == 0
        assert not door.exists()


def ask_oddly(door: Path) -> bytes:
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(10)
        asking.connect(str(door))
        asking.sendall(b"reload please\n")
        return asking.recv(100)


def foreign(door: Path, port: int) -> subprocess.CompletedProcess[str]:
    """Somebody else, to whom the folder was opened by mistake."""
    program = (
        "import os, sys; from pathlib import Path; from hoistway.server.door import RELOAD, ask; os.setuid(65534); "
        f"ask([Path({str(door.parent)!r})], {port}, RELOAD)"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)


def test_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(f"\0hoistway-test-{os.getpid()}")
        told.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@hoistway-test-{os.getpid()}")
        with served(tmp_path, None) as (port, command):
            assert told.recv(1000) == b"READY=1"
            assert ask([tmp_path], port, RELOAD) == Outcome(True)
            assert told.recv(1000).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
            assert told.recv(1000) == b"READY=1"
            assert command.stop() == 0
            assert told.recv(1000) == b"STOPPING=1"
