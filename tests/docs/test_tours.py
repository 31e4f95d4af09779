"""The tours are walked: each command is run as it stands, in one shell, and each refusal is the one that its heading names."""

import base64
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import Person, answer_of
from tests.server import MASTER_KEY, Served, populate, serving

DOCS = Path(__file__).parent.parent.parent / "docs"
BLOCK = re.compile(r"^(?:### (\d{3}) `([\w-]+)`$)|^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
END = "the-block-has-ended"


def blocks(document: str) -> list[tuple[str, str]]:
    """(the refusal of the heading above it or "", the commands)"""
    found, heading = [], ""
    for status, error, commands in BLOCK.findall((DOCS / document).read_text(encoding="utf-8")):
        heading = f"{status} {error}" if status else heading
        if commands:
            found.append((heading, commands))
    return found


class Shell:
    """One shell for a whole document, in a folder of its own; the documented places stand for those of the test's world."""

    def __init__(self, folder: Path, served: Served) -> None:
        program = folder / "hoistway"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m hoistway "$@"\n')
        program.chmod(0o755)
        self.places = {"https://id.example.com": served.url, "c-harbour": "c-a", "svc-report": "daemon-a"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HOISTWAY_")}
        env = kept | {
            "PATH": f"{folder}:{os.environ['PATH']}", "HOISTWAY_DATABASE": served.database, "HOISTWAY_BASE_URL": served.url,
            "HOISTWAY_MASTER_KEY": base64.urlsafe_b64encode(MASTER_KEY).decode(),
        }  # fmt: skip
        self.process = subprocess.Popen(
            ["bash", "-e"], cwd=folder, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def run(self, commands: str) -> str:
        for documented, here in self.places.items():
            commands = commands.replace(documented, here)
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{commands}\necho {END}\n")
        self.process.stdin.flush()
        said = ""
        for line in self.process.stdout:
            before, ended, _ = line.partition(END)
            said += before
            if ended:
                return said
        raise AssertionError(f"the shell ended at:\n{commands}\n{said}")

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(timeout=30)
        assert self.process.stdout
        self.process.stdout.close()


@pytest.fixture
def shell(tmp_path: Path, engine_name: EngineName) -> Iterator[tuple[Shell, Served]]:
    url = fresh_database(engine_name, populate)
    with serving(url) as served:
        opened = Shell(tmp_path, served)
        yield opened, served
        opened.close()
    drop_database(url)


@pytest.mark.parametrize("document", ["tour.md", "tour-client-credentials.md", "tour-code.md"])
def test_every_block_is_run(document: str) -> None:
    fences = re.findall(r"^ *```(.+)?$", (DOCS / document).read_text(encoding="utf-8"), re.MULTILINE)
    assert set(fences[::2]) == {"sh"}
    assert set(fences[1::2]) == {""}
    assert len(fences) == 2 * len(blocks(document))


def check_refusal(heading: str, said: str) -> None:
    status, error = heading.split()
    assert re.search(rf"\b{status}\b", said), (heading, said)
    assert re.search(rf"\b{error}\b", said), (heading, said)


def test_password(shell: tuple[Shell, Served]) -> None:
    here, _ = shell
    said = []
    for heading, commands in blocks("tour.md"):
        said.append(here.run(commands))
        if heading:
            check_refusal(heading, said[-1])
    assert said[1] == "units.read offline_access\n"
    assert "US-c-a" in said[2]
    assert "US-c-b" not in said[2]
    assert said[3] == "3600\n"
    assert "daemon-a" in said[5], "the use is counted and listed"
    assert len(said) == 6


def test_client_credentials(shell: tuple[Shell, Served]) -> None:
    here, _ = shell
    said = []
    for heading, commands in blocks("tour-client-credentials.md"):
        said.append(here.run(commands))
        if heading:
            check_refusal(heading, said[-1])
    assert "3600" in said[1]
    assert "US-c-a" in said[2]
    assert "US-c-b" not in said[2]
    assert said[3] == "10 units\n"
    assert len(said) > 8


def test_code_and_pkce(shell: tuple[Shell, Served]) -> None:
    here, served = shell
    said: list[str] = []
    for heading, commands in blocks("tour-code.md"):
        if commands.startswith("read "):
            # The browser of the tour is the person's; what they read off the address bar comes in on the next line.
            commands += answer_of(allowed(Person(served), said[-1].strip()))["code"]
        said.append(here.run(commands))
        if heading:
            check_refusal(heading, said[-1])
    assert "offline_access" in said[4]
    assert '"c-a"' in said[5]
    assert len(said) > 10


def allowed(person: Person, address: str) -> str:
    """Where the browser ends when the person signed in and agreed."""
    page = person.sign_in(person.follow(person.http.get(address)), "ann")
    if page.status_code == 200:
        page = person.submit("/interaction", page, decision="allow")
    assert page.status_code == 303, page.text
    location: str = page.headers["location"]
    return location
