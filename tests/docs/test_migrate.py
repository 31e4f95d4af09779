"""The commands of docs/migrate/ run as they stand there, against a Graph that answers as the real one."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import answer, point_at
from tests.imports.graph import APP, DOMAIN, TENANT, oid, page, user
from tests.imports.test_b2c_applications import application
from tests.store.test_schema import on
from tests.world import make_world

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "migrate" / "b2c.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
EXPORT, EXAMPLE, IMPORT, SUBJECT = BLOCKS


class _Graph(BaseHTTPRequestHandler):
    """Three pages of people; others have one."""

    def do_GET(self) -> None:
        assert self.headers["authorization"] == "Bearer secret"
        pages = {
            "/v1.0/organization": page([{"id": TENANT, "verifiedDomains": [{"name": DOMAIN}]}], of="organization"),
            "/beta/identity/b2cUserFlows": page([{"id": "B2C_1_signin", "userFlowType": "signIn"}]),
            "/beta/trustFramework/policies": page([]),
            "/v1.0/applications?$top=999": page(
                [application("documented", spa={"redirectUris": ["https://doc.example/cb"]})]
            ),
        }
        body = pages.get(self.path) or self._people()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def _people(self) -> bytes:
        assert "identities" in self.path or "skip" in self.path
        number = int(self.path.rpartition("skip=")[2]) if "skip=" in self.path else 0
        said = json.loads(page([user(number, attributes={"CustomerNumber": "c-a"})]))
        if number < 2:
            said["@odata.nextLink"] = f"http://{self.headers['host']}/v1.0/users?skip={number + 1}"
        return json.dumps(said).encode()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def graph() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Graph)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def shell(text: str, folder: Path, **words: str) -> str:
    """Runs lines as a shell would, and ends at the first that fails."""
    for word, value in words.items():
        text = text.replace(word, value)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-euc", text], cwd=folder, env={**os.environ, "PATH": path, "TOKEN": "secret"}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def test_the_commands_of_the_page_about_b2c(
    migrated_url: str, graph: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(migrated_url, make_world)
    point_at(monkeypatch, migrated_url, "http://localhost")
    shell(EXPORT.replace("https://graph.microsoft.com", graph), tmp_path, APPID=APP, _NAME="_CustomerNumber")
    assert len(list((tmp_path / "b2c").iterdir())) == 7
    shell(EXAMPLE, tmp_path)
    file = tmp_path / "b2c.yaml"
    text = re.sub(r"\n    values:\n.*?\n  #", "\n  #", file.read_text(encoding="utf-8"), count=1, flags=re.DOTALL)
    file.write_text(text, encoding="utf-8")
    tried, done = IMPORT.splitlines()
    assert "people: 3" in shell(tried, tmp_path)
    assert "people: 3" in shell(done, tmp_path)
    assert (tmp_path / "b2c-left-out.ndjson").read_bytes() == b""
    assert answer("app", "show", oid("documented"))["type"] == "single-page"
    assert answer("user", "show", oid(1))["username"] == "1@example.com"
    shell(SUBJECT.splitlines()[0], tmp_path, TENANT=DOMAIN)
    found: Any = answer("tenant", "show", DOMAIN)
    assert found["subject_text"] == "Not supported currently. Use oid claim."
    shell(SUBJECT.splitlines()[1], tmp_path, TENANT=DOMAIN)
    assert answer("tenant", "show", DOMAIN)["subject_text"] is None
