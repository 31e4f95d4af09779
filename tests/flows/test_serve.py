"""The command a newcomer runs: it starts, says what to do next, keeps its world, stops in order, survives a kill."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.engines import drop_database, fresh_database


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(data: Path, port: int, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """(process, what it printed once it was ready)"""
    program = [sys.executable, "-c", "from hoistway.cli import main; main()"]
    command = [*program, "serve", "--demo", "--data", str(data), "--port", str(port), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        printed = ""
        assert process.stdout is not None
        for line in process.stdout:
            printed += line
            if line.startswith("curl "):
                break
        try:
            yield process, printed
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(15)


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
    with started(tmp_path, port) as (process, printed):
        lines = "\n".join(line for line in printed.splitlines() if re.match(r"(TOKEN=|curl )", line))
        units = json.loads(subprocess.run(["bash", "-c", lines], capture_output=True, text=True, check=True).stdout)
        assert len(units["items"]) == 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
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
    with started(tmp_path, port, "--database", url, "--workers", "2") as (process, _):
        facts = json.loads((tmp_path / "demo.json").read_text())
        base = facts["base_url"]
        first = token(facts, base)["refresh_token"]
        form = {
            "grant_type": "refresh_token",
            "client_id": facts["clients"]["ropc_proxy"]["client_id"],
            "refresh_token": first,
        }
        second = httpx2.post(f"{base}/oauth2/token", data=form, timeout=30).json()["refresh_token"]
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    with started(tmp_path, free_port(), "--database", url) as (_, printed):
        base = re.search(r"http://127\.0\.0\.1:\d+", printed)[0]  # type: ignore[index]
        third = httpx2.post(f"{base}/oauth2/token", data=form | {"refresh_token": second}, timeout=30)
        assert third.status_code == 200
        replay = httpx2.post(f"{base}/oauth2/token", data=form, timeout=30)
        assert replay.json()["error"] == "invalid_grant"
    drop_database(url)


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        program = [sys.executable, "-c", "from hoistway.cli import main; main()"]
        command = [*program, "serve", "--demo", "--data", str(tmp_path), "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "--port" in done.stderr


def test_production_names_what_is_missing() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOISTWAY_")}
    program = [sys.executable, "-c", "from hoistway.cli import main; main()", "serve"]
    done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert done.returncode == 2
    for word in ("HOISTWAY_BASE_URL", "HOISTWAY_DATABASE", "HOISTWAY_MASTER_KEY"):
        assert word in done.stderr
