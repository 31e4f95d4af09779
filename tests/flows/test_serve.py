"""The command a newcomer runs: it starts, says what to do next, keeps its world, stops in order, survives a kill."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx2
import pytest

from hoistway.server.listening import CannotServe, Listen, bind
from tests.engines import drop_database, fresh_database
from tests.flows.command import PROGRAM, free_port, refused, started


def token(facts: dict[str, dict[str, str]], base: str, **more: str) -> dict[str, str]:
    account = facts["service_account"]
    form = {
        "grant_type": "password",
        "client_id": "74c72ab2-3ade-45fe-83e0-cd5b90704539",
        "username": account["username"],
        "password": account["password"],
        "scope": f"{facts['api']['scope']} offline_access",
    }
    answer: dict[str, str] = httpx2.post(f"{base}/oauth2/token", data=form | more, timeout=30).json()
    return answer


def test_the_printed_lines_work_and_a_second_start_keeps_everything(tmp_path: Path) -> None:
    port = free_port()
    with started(tmp_path, port) as command:
        lines = "\n".join(line for line in command.printed.splitlines() if re.match(r"(TOKEN=|curl )", line))
        units = json.loads(subprocess.run(["bash", "-c", lines], capture_output=True, text=True, check=True).stdout)
        assert len(units["items"]) == 3
        assert command.stop() == 0
    told = tmp_path / "demo.json"
    assert told.stat().st_mode & 0o777 == 0o600
    before = json.loads(told.read_text())
    assert before["base_url"] == before["issuer"] == f"http://127.0.0.1:{port}"
    with started(tmp_path, port):
        assert json.loads(told.read_text()) == before
        assert "access_token" in token(before, before["base_url"])


def test_a_kill_between_requests_loses_no_rotation(tmp_path: Path) -> None:
    url = fresh_database("postgresql")
    port = free_port()
    with started(tmp_path, port, "--database", url, "--workers", "2") as command:
        facts = json.loads((tmp_path / "demo.json").read_text())
        base = facts["base_url"]
        first = token(facts, base)["refresh_token"]
        form = {
            "grant_type": "refresh_token",
            "client_id": facts["clients"]["ropc_proxy"]["client_id"],
            "refresh_token": first,
        }
        second = httpx2.post(f"{base}/oauth2/token", data=form, timeout=30).json()["refresh_token"]
        os.kill(command.process.pid, signal.SIGKILL)
        command.process.wait(10)
    with started(tmp_path, free_port(), "--database", url) as command:
        base = re.search(r"http://127\.0\.0\.1:\d+", command.printed)[0]  # type: ignore[index]
        third = httpx2.post(f"{base}/oauth2/token", data=form | {"refresh_token": second}, timeout=30)
        assert third.status_code == 200
        replay = httpx2.post(f"{base}/oauth2/token", data=form, timeout=30)
        assert replay.json()["error"] == "invalid_grant"
    drop_database(url)


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = refused("--demo", "--data", str(tmp_path), "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "--port" in done.stderr


@pytest.mark.parametrize("host", ["nosuchhost.invalid", "192.0.2.1", "a..b"])
def test_an_address_that_is_not_ours_is_said(host: str) -> None:
    with pytest.raises(CannotServe, match="Choose another --host"):
        bind(Listen(host, free_port()), shared=False)


def test_a_data_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = refused("--demo", "--data", str(tmp_path / "file"), "--port", str(free_port()))
    assert done.returncode == 2
    assert done.stderr.startswith(f"hoistway: --data: {tmp_path / 'file'}: ")
    assert "Traceback" not in done.stderr


def test_production_names_what_is_missing() -> None:
    done = refused()
    assert done.returncode == 2
    for word in ("HOISTWAY_BASE_URL", "HOISTWAY_DATABASE", "HOISTWAY_MASTER_KEY"):
        assert word in done.stderr


def test_a_demonstration_behind_another_address_and_commands_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HOISTWAY_BASE_URL holds for it too (a proxy, a container), and commands find it by --data or in ./data."""
    data, port = tmp_path / "data", free_port()
    data.mkdir()
    for name in ("HOISTWAY_DATABASE", "HOISTWAY_MASTER_KEY", "HOISTWAY_MASTER_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOISTWAY_BASE_URL", "https://lifts.example.com")
    with started(data, port) as command:
        facts = json.loads((data / "demo.json").read_text())
        assert facts["base_url"] == facts["issuer"] == "https://lifts.example.com"
        said = httpx2.get(f"http://127.0.0.1:{port}/.well-known/openid-configuration").json()
        assert said["issuer"] == "https://lifts.example.com"
        listed = [
            subprocess.run(
                [*PROGRAM[:-1], "unit", "list", "--json", *words],
                cwd=folder,
                capture_output=True,
                text=True,
                check=True,
            )
            for words, folder in ((("--data", str(data)), "/"), ((), tmp_path))
        ]
        assert listed[0].stdout == listed[1].stdout
        assert len(json.loads(listed[0].stdout)) == 100
        assert f"using the demonstration in {data}" in listed[1].stderr
        assert command.stop() == 0
    none = subprocess.run(
        [*PROGRAM[:-1], "unit", "list"], cwd="/", capture_output=True, text=True, check=False, timeout=60
    )
    assert none.returncode == 2
    assert "HOISTWAY_DATABASE: " in none.stderr
    assert "Traceback" not in none.stderr


@pytest.mark.parametrize("output", ["closed", "a pipe that nobody reads"])
def test_it_serves_whether_anybody_listens_or_not(tmp_path: Path, output: str) -> None:
    port = free_port()
    words = ["--demo", "--data", str(tmp_path), "--port", str(port)]
    shell = ["sh", "-c", 'exec "$@" >&-', "sh"] if output == "closed" else []
    reads, writes = os.pipe()
    os.close(reads)
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen([*shell, *PROGRAM, *words], stdout=writes, stderr=log) as process,
    ):
        try:
            reply = eventually(f"http://127.0.0.1:{port}/readyz")
            assert reply.status_code == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            if process.poll() is None:
                process.kill()
    os.close(writes)


def eventually(url: str) -> httpx2.Response:
    until = time.monotonic() + 60
    while True:
        try:
            return httpx2.get(url, timeout=10)
        except httpx2.TransportError:
            assert time.monotonic() < until
            time.sleep(0.05)
