"""docs/production.md is walked: its commands are run as they stand, on both databases, from nothing to a daemon's first units."""

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from tests.engines import EngineName, administer, url_of

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "production.md"
OPERATING = DOCUMENT.parent / "operating.md"
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
        self.program("hoistway", f'exec {sys.executable} -m hoistway "$@"')
        # Users of this machine stay as they are: whoever runs the tests is the service's user.
        self.program("useradd", 'echo "useradd $*"')
        self.places = {
            "-o hoistway -g hoistway": f"-o {os.getuid()} -g {os.getgid()}",
            "/opt/hoistway/bin": f"{folder}/bin",
            "/etc/hoistway": f"{folder}/etc",
            "/var/lib/hoistway": f"{folder}/var",
            "https://id.example.com": f"http://127.0.0.1:{self.port}",
            "--port 8080": f"--port {self.port}",
        }
        if engine == "postgresql":
            self.places = {SQLITE: database, **self.places}
        self.said = ""

    def program(self, name: str, text: str) -> None:
        file = self.folder / "bin" / name
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)

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
    user, key, settings, setup, moving, rows, administrator, serve, look = STEPS
    machine = Machine(tmp_path, engine_name, database_url)
    said = machine.run(user, key, settings, setup, moving, rows, administrator)
    assert re.search(r"^useradd --system .* hoistway$", said, re.MULTILINE)
    assert {oct((tmp_path / name).stat().st_mode & 0o777) for name in ("etc", "var")} == {"0o700"}
    assert {oct(file.stat().st_mode & 0o777) for file in (tmp_path / "etc").iterdir()} == {"0o600"}
    assert said.count("operator_password: ") == 1, "shown once, and not where the operator was there already"
    assert "was there, unchanged" in said
    assert "customer-api" in said
    assert said.count("Next:") == 2
    assert "--service-account svc-report" in said, "as the document says it"
    assert "role: administrator" in said
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


STATEMENTS = re.search(r"^```sql\n(.*?)^```", OPERATING.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_statements_make_a_database_that_the_service_may_fill(tmp_path: Path) -> None:
    """With the owner that they name `init` succeeds; without one the refusal says what makes it so."""
    assert STATEMENTS
    role, statements = f"role_{secrets.token_hex(6)}", STATEMENTS[1].splitlines()
    named = [statement.replace("hoistway", role) for statement in statements]
    machine = Machine(tmp_path, "postgresql", url_of(role).replace("postgres@", f"{role}:PASSWORD@"))
    _user, key, settings, *_ = STEPS
    for statement in named:
        administer(statement)
    try:
        administer(f"ALTER DATABASE {role} OWNER TO postgres")
        refused = machine.run(key, settings, "hoistway init 2>&1 || true")
        assert "make it the owner (ALTER DATABASE name OWNER TO user)" in refused
        administer(f"ALTER DATABASE {role} OWNER TO {role}")
        assert "ready" in machine.run(settings, "hoistway init")
    finally:
        administer(f"DROP DATABASE IF EXISTS {role} WITH (FORCE)")
        administer(f"DROP ROLE IF EXISTS {role}")


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
