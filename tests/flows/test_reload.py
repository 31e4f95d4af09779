"""Reloads and stops under load: no connection is refused or broken, no rotation is lost; what fails leaves the old workers serving."""

import json
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

from hoistway.environment import fixed_part, settings_from
from hoistway.server.asking import NoDoor, ask
from hoistway.server.door import RELOAD, TRY, Outcome
from hoistway.server.handing import Tried, trial_environment
from hoistway.store.open import sqlite_path
from hoistway.tokens.vault import keep_master_key
from tests.certificate import Certificate, make_certificate
from tests.flows.command import PROGRAM, Command, free_port, started
from tests.flows.loading import Load, loaded
from tests.flows.test_processes import eventually, lines_of, listens
from tests.scraping import scrape

# Each reload starts the program twice; beside another load that takes its time.
pytestmark = pytest.mark.timeout(600)
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
            for certificate in (second, first):
                lay(certificate, chain, key)
                assert ask([tmp_path], port, RELOAD) == Outcome(True)
                assert ssl.PEM_cert_to_DER_cert(certificate.chain.read_text()) == shown(port)
                load.wait_for(1)
        assert load.failed == load.refused == []
        assert command.stop() == 0


def certificate_in(folder: Path, *, days: int = 1) -> Certificate:
    folder.mkdir()
    return make_certificate(folder, f"certificate {folder.name}", days=days)


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
            outcome = ask([tmp_path], port, RELOAD)
            assert not outcome.done
            assert said in outcome.because
            line = lines_of(command.errors)[-1]
            assert (line["event"], line["because"]) == ("reload failed", outcome.because)
            assert command.workers() == before
            assert httpx2.get(f"https://127.0.0.1:{port}/readyz", verify=certificate.trust()).status_code == 200

        key.write_text("nothing")
        refused("--tls-cert and --tls-key can't be used")
        done = reload(tmp_path, port, "--dry-run")
        assert done.returncode == 1
        assert done.stderr.startswith("hoistway: it would not serve: --tls-cert and --tls-key can't be used")
        assert "Traceback" not in done.stderr
        lay(certificate, chain, key)
        settings.write_text("HOISTWAY_HSTS_DAYS=many\n")
        refused("HOISTWAY_HSTS_DAYS must be a number from 0 to 1000")
        settings.write_text("HOISTWAY_BASE_URL=https://elsewhere.example.com\n")
        refused("can't change by a reload")
        settings.write_text(f"HOISTWAY_METRICS=192.0.2.1:{free_port()}\n")
        refused("Choose another address in HOISTWAY_METRICS, one of this machine.")
        settings.write_text("HOISTWAY_HSTS_DAYS=7\n")
        assert ask([tmp_path], None, TRY) == Outcome(True)
        assert command.workers() == before
        done = reload(tmp_path, port, "--json")
        assert (done.returncode, json.loads(done.stdout)) == (0, {"reloaded": True})
        told = httpx2.get(f"https://127.0.0.1:{port}/readyz", verify=certificate.trust()).headers
        assert told["strict-transport-security"] == f"max-age={7 * 86400}"
        assert command.stop() == 0


def test_a_certificate_that_ended_is_told_before_it_is_used(tmp_path: Path) -> None:
    """A reload with it is possible, and would make each client refuse: so trying it says so, and the log does not yet."""
    good, ended = certificate_in(tmp_path / "1"), certificate_in(tmp_path / "2", days=-2)
    chain, key = tmp_path / "tls.pem", tmp_path / "tls.key"
    lay(good, chain, key)
    with served(tmp_path, None, "--tls-cert", str(chain), "--tls-key", str(key)) as (port, command):
        quiet = reload(tmp_path, port, "--dry-run")
        assert (quiet.stderr, "nothing" in quiet.stdout) == ("", True)
        lay(ended, chain, key)
        done = reload(tmp_path, port, "--dry-run")
        assert done.returncode == 0
        assert done.stderr.startswith("hoistway: warning: --tls-cert: the certificate ended on ")
        assert done.stderr.endswith("so clients refuse it: renew it, then `hoistway reload`\n")
        assert ssl.PEM_cert_to_DER_cert(good.chain.read_text()) == shown(port)
        assert command.stop() == 0


def test_a_name_that_is_no_setting_is_told_by_the_command_and_the_log(tmp_path: Path) -> None:
    settings = tmp_path / "environment"
    settings.write_text("")
    warning = "HOISTWAY_METRIC is no setting: did you mean HOISTWAY_METRICS?"
    with served(tmp_path, None, "--environment", str(settings)) as (port, command):
        settings.write_text("HOISTWAY_METRIC=127.0.0.1:9464\n")
        for words, code in ((("--dry-run",), 0), ((), 0)):
            done = reload(tmp_path, port, *words)
            assert (done.returncode, done.stderr) == (code, f"hoistway: warning: {warning}\n")
        settings.write_text("HOISTWAY_METRIC=x\nHOISTWAY_HSTS_DAYS=many\n")
        outcome = ask([tmp_path], port, RELOAD)
        assert outcome.because.startswith("HOISTWAY_HSTS_DAYS must be")
        assert outcome.warnings == (warning,)
        told = [(line["event"], line.get("because")) for line in lines_of(command.errors)]
        assert told[0] == told[2] == ("reload warns", warning)
        assert [event for event, _ in told] == ["reload warns", "reloaded", "reload warns", "reload failed"]
        assert command.stop() == 0


def release(folder: Path, **changes: tuple[str, str]) -> Path:
    """A version of the program in a folder of its own, as an installation of it lies there: a script, and the code that it runs."""
    shutil.copytree(SOURCE, folder / "hoistway", ignore=shutil.ignore_patterns("__pycache__"))
    for name, (old, new) in changes.items():
        file = folder / "hoistway" / f"{name.replace('_', '/')}.py"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))
    script = folder / "bin" / "hoistway"
    script.parent.mkdir()
    script.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(folder)!r})\n"
        "from hoistway.__main__ import main\nmain()\n"
    )
    script.chmod(0o755)
    return folder


def test_a_new_version_behind_the_link_is_loaded_and_one_that_does_not_start_is_not(tmp_path: Path) -> None:
    """By the workers, and by the parent, too."""
    newer = {"endpoints_health": ('"up"', '"newer"'), "server_reloading": ('"reloaded"', '"reloaded by the newer"')}
    link, data, port = tmp_path / "current", tmp_path / "data", free_port()
    data.mkdir()
    link.symlink_to(release(tmp_path / "1"))

    def status() -> object:
        return httpx2.get(f"http://127.0.0.1:{port}/healthz").json()["status"]

    def turn(to: Path) -> None:
        link.unlink()
        link.symlink_to(to)

    with started(data, port, "--workers", "2", program=(str(link / "bin" / "hoistway"), "serve")) as command:
        assert status() == "up"
        turn(release(tmp_path / "broken", endpoints_health=("from starlette", "import no_such_module\nfrom starlette")))
        assert ask([data], port, RELOAD).because.startswith("ModuleNotFoundError: No module named 'no_such_module'")
        assert status() == "up"
        turn(release(tmp_path / "2", **newer))
        assert ask([data], port, RELOAD) == Outcome(True)
        assert {status() for _ in range(20)} == {"newer"}
        assert command.stop() == 0
    assert events(command) == ["reload failed", "reloaded by the newer"]


def test_a_reload_during_a_reload_follows_it_and_systemd_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = free_port()
    monkeypatch.setenv("HOISTWAY_METRICS", f"127.0.0.1:{metrics}")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(f"\0hoistway-test-{os.getpid()}")
        told.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@hoistway-test-{os.getpid()}")
        with served(tmp_path, None) as (port, command):
            before = command.workers()
            with ThreadPoolExecutor(4) as pool:
                first = pool.submit(ask, [tmp_path], port, RELOAD)
                assert eventually(lambda: command.workers() - before != set())
                others = [pool.submit(ask, [tmp_path], port, RELOAD) for _ in range(3)]
                assert {one.result() for one in (first, *others)} == {Outcome(True)}
            assert events(command) == ["reloaded"] * 2
            # The one who answers scrapers is another one, too.
            assert eventually(lambda: workers_told(metrics) == 2)
            assert eventually(lambda: len(command.workers()) == 3 and not command.workers() & before)
            assert command.stop() == 0
        said = [told.recv(1000).partition(b"\n")[0] for _ in range(6)]
    assert said == [b"READY=1", b"RELOADING=1", b"READY=1", b"RELOADING=1", b"READY=1", b"STOPPING=1"]


def workers_told(metrics: int) -> float | None:
    """None where nobody answers scrapers just now."""
    try:
        return scrape(metrics)["hoistway_workers", ()]
    except httpx2.TransportError:
        return None


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


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = reload(tmp_path, free_port())
    assert done.returncode == 3
    assert "no server answers for port" in done.stderr
    with pytest.raises(NoDoor):
        ask([tmp_path / "missing"], free_port(), RELOAD)


def test_the_door_is_for_the_servers_user_and_nobody_waits_for_a_stuck_worker(tmp_path: Path) -> None:
    with served(tmp_path, None) as (port, command):
        door = tmp_path / f"serve-{port}.sock"
        assert door.stat().st_mode & 0o777 == 0o600
        before = command.workers()
        # Whoever waits at a worker that is stuck is taken by another.
        os.kill(max(before), signal.SIGSTOP)
        for _ in range(20):
            assert httpx2.get(f"http://127.0.0.1:{port}/healthz", timeout=10).status_code == 200
        os.kill(max(before), signal.SIGCONT)
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
        "import os; from pathlib import Path; from hoistway.server.asking import ask; from hoistway.server.door import RELOAD; "
        "os.setuid(65534); "
        f"ask([Path({str(door.parent)!r})], {port}, RELOAD)"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)


def test_a_uvicorn_that_changed_serves_by_its_own_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it lost is said, and it can be reloaded all the same."""
    site, data = tmp_path / "site", tmp_path / "data"
    site.mkdir()
    data.mkdir()
    (site / "sitecustomize.py").write_text(
        "from uvicorn.protocols.http import flow_control, httptools_impl\n"
        "httptools_impl.Flow = flow_control.FlowControl\ndel flow_control.FlowControl\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(site))
    with served(data, None) as (port, command):
        before = command.workers()
        assert ask([data], port, RELOAD) == Outcome(True)
        assert httpx2.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
        assert eventually(lambda: not command.workers() & before)
        assert command.stop() == 0
    first, last, _reloaded = lines_of(command.errors)
    assert first["event"] == last["event"] == "uvicorn's own protocol answers"
    assert str(first["because"]).split("; ")[0] == "uvicorn.protocols.http.flow_control:FlowControl is gone"
    assert str(first["lost"]).startswith("answers leave in two writes")


def tried(database: str, *, changes: bool, folder: Path) -> subprocess.CompletedProcess[str]:
    """What a parent starts beside itself."""
    key = folder / "master.key"
    keep_master_key(key)
    facts = {
        "HOISTWAY_BASE_URL": "https://id.example.com",
        "HOISTWAY_DATABASE": database,
        "HOISTWAY_MASTER_KEY_FILE": str(key),
    }
    asked = Tried(fixed_part(settings_from(facts)), changes)
    return subprocess.run(
        PROGRAM, env=os.environ | facts | trial_environment(asked),
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip


def test_a_dry_run_upgrades_no_schema_and_a_reload_does(tmp_path: Path, database_url: str) -> None:
    if file := sqlite_path(database_url):
        file.touch()
    for _ in range(2):
        done = tried(database_url, changes=False, folder=tmp_path)
        assert (done.returncode, done.stdout) == (0, "hoistway: would: upgrade the schema of the database\n")
    done = tried(database_url, changes=True, folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    done = tried(database_url, changes=False, folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_trial_says_that_the_database_is_away(tmp_path: Path) -> None:
    done = tried("postgresql://nobody@127.0.0.1:1/none", changes=False, folder=tmp_path)
    assert done.returncode == 3
    assert done.stdout == ""
    assert "127.0.0.1" in done.stderr
