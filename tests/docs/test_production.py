"""docs/production.md is walked: its commands are run as they stand, on both databases, from nothing to a daemon's first units."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from tests.engines import EngineName

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "production.md"
STEPS = re.findall(r"^```sh\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
SQLITE = "sqlite:////var/lib/hoistway/hoistway.db"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Machine:
    """An empty one: its folders lie in a temporary one, its public address is a loopback port."""

    def __init__(self, folder: Path, engine: EngineName, database: str) -> None:
        self.folder, self.port = folder, free_port()
        (folder / "bin").mkdir()
        (folder / "etc").mkdir()
        program = folder / "bin" / "hoistway"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m hoistway "$@"\n')
        program.chmod(0o755)
        self.places = {
            "/etc/hoistway": f"{folder}/etc",
            "/var/lib/hoistway": f"{folder}/var",
            "https://id.example.com": f"http://127.0.0.1:{self.port}",
            "--port 8080": f"--port {self.port}",
        }
        if engine == "postgresql":
            self.places = {SQLITE: database, **self.places}
        self.said = ""

    def script(self, *steps: str) -> str:
        text = "set -e\n" + "\n".join(steps)
        for documented, here in self.places.items():
            text = text.replace(documented, here)
        return text

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HOISTWAY_")}
        return kept | {"PATH": f"{self.folder}/bin:{os.environ['PATH']}"} | more

    def run(self, *steps: str, **more: str) -> str:
        done = subprocess.run(
            ["bash", "-c", self.script(*steps)], cwd=self.folder, env=self.environment(**more), capture_output=True,
            text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def value_of(name: str, said: str) -> str:
    found = re.search(rf"^{name}: (\S+)", said, re.MULTILINE)
    assert found, f"{name} was not printed: {said}"
    return found[1]


@pytest.mark.timeout(600)
def test_the_document_leads_from_nothing_to_units(tmp_path: Path, engine_name: EngineName, database_url: str) -> None:
    key, settings, setup, moving, rows, serve, look = STEPS
    machine = Machine(tmp_path, engine_name, database_url)
    said = machine.run(key, settings, setup, moving, rows)
    assert said.count("operator_password: ") == 1, "shown once, and not where the operator was there already"
    assert "was there, unchanged" in said
    assert "customer-api" in said
    assert said.count("Next:") == 2
    password, client_id = value_of("operator_password", said), re.findall(r"^id: (\S+)", said, re.MULTILINE)[-1]
    secret = value_of("client_secret", said)
    command = ["bash", "-c", machine.script(settings, f"exec {serve.strip()}")]
    server = subprocess.Popen(
        command, cwd=tmp_path, env=machine.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    base = f"http://127.0.0.1:{machine.port}"
    try:
        wait_for(base, server)
        ready, token, units = look.strip().splitlines()
        asked = machine.run(ready, token, CLIENT_ID=client_id, CLIENT_SECRET=secret)
        found = re.search(r'"access_token":"([^"]+)"', asked)
        assert found, asked
        listed = machine.run(units, TOKEN=found[1])
        assert "DE-1000001" in listed
        assert "DE-1000002" in listed
        assert httpx2.get(f"{base}/contoso.onmicrosoft.com/b2c_1_ropc/v2.0/.well-known/openid-configuration").is_success
        console(base, password)
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)
    assert server.returncode == 0


def wait_for(base: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx2.get(f"{base}/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.05)
    raise AssertionError(server.communicate(timeout=10)[1].decode())


def console(base: str, password: str) -> None:
    """The operator whom `setup` made opens the console."""
    with httpx2.Client(base_url=base, follow_redirects=True, timeout=30) as browser:
        page = browser.get("/sign-in", params={"next": "/console"})
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        reply = browser.post("/sign-in", data={**fields, "username": "olga@example.com", "password": password})
        if reply.url.path != "/console":
            reply = browser.get("/console")
        assert reply.status_code == 200
        assert "/console/audit" in reply.text
