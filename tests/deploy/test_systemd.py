"""The systemd unit and its drop-in, by systemd's own judgement and against the program (`systemd-analyze` needs no running systemd)."""

import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hoistway.server.admission import FILES_BESIDE
from hoistway.server.command import parser
from hoistway.server.parent import STOP_WITHIN
from hoistway.settings import Environment
from tests.deploy.demo import check_demonstration
from tests.deploy.document import DEPLOY, STEPS
from tests.deploy.units import one, read_unit
from tests.flows.command import free_port

SERVICE, DIRECT = DEPLOY / "hoistway.service", DEPLOY / "direct-tls.conf"
UNIT = read_unit(SERVICE)
# Of 10; systemd calls up to 2 "OK", and what most services have "UNSAFE".
MOST_EXPOSED = 20


def analyzed(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["systemd-analyze", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": "/usr/bin:/bin"},
    )


@pytest.mark.parametrize("drop_ins", [(), (DIRECT,)], ids=["behind a proxy", "direct"])
def test_systemd_takes_every_line(tmp_path: Path, drop_ins: tuple[Path, ...]) -> None:
    """`verify` names what it does not know; a program stands where the unit looks for it."""
    program = tmp_path / "python"
    program.symlink_to("/bin/true")
    service = tmp_path / "hoistway.service"
    (tmp_path / "hoistway.service.d").mkdir()
    for file, target in (
        (SERVICE, service),
        *((more, tmp_path / "hoistway.service.d" / more.name) for more in drop_ins),
    ):
        target.write_text(file.read_text().replace("/opt/hoistway/bin/python", str(program)))
    said = analyzed("verify", "--man=no", "--recursive-errors=no", str(service))
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


def test_systemd_finds_a_line_that_is_none(tmp_path: Path) -> None:
    service = tmp_path / "hoistway.service"
    service.write_text(SERVICE.read_text().replace("ProtectSystem=strict", "ProtectSytem=strict"))
    assert "ProtectSytem" in analyzed("verify", "--man=no", "--recursive-errors=no", str(service)).stderr


@pytest.mark.parametrize("drop_ins", [(), (DIRECT,)], ids=["behind a proxy", "direct"])
def test_little_is_open_to_the_process(tmp_path: Path, drop_ins: tuple[Path, ...]) -> None:
    """The score of `systemd-analyze security`, times ten."""
    service = tmp_path / "hoistway.service"
    service.write_text("\n".join(file.read_text() for file in (SERVICE, *drop_ins)))
    said = analyzed("security", "--offline=yes", "--no-pager", f"--threshold={MOST_EXPOSED}", str(service))
    assert said.returncode == 0, said.stdout + said.stderr


def test_the_unit_stops_later_than_the_server_does() -> None:
    assert int(one(UNIT, "Service.TimeoutStopSec")) > STOP_WITHIN
    assert one(UNIT, "Service.KillMode") == "mixed", "workers are the parent's to stop"


def test_a_worker_may_open_as_many_files_as_it_may_hold_connections() -> None:
    assert int(one(UNIT, "Service.LimitNOFILE")) > Environment().connections + FILES_BESIDE


def test_the_memory_is_never_dumped() -> None:
    """docs/operating.md asks that of operators."""
    assert one(UNIT, "Service.LimitCORE") == "0"


@pytest.mark.parametrize("files", [(SERVICE,), (SERVICE, DIRECT)], ids=["behind a proxy", "direct"])
def test_the_command_is_one_that_the_program_takes(files: tuple[Path, ...]) -> None:
    unit = read_unit(*files)
    program, *words = shlex.split(one(unit, "Service.ExecStart"))
    assert (program, words[:3]) == ("/opt/hoistway/bin/python", ["-m", "hoistway", "serve"])
    asked = parser().parse_args(words[3:])
    assert shlex.split(one(unit, "Service.ExecReload")) == [
        program,
        "-m",
        "hoistway",
        "reload",
        "--port",
        str(asked.port),
    ]
    assert asked.workers == 2
    assert (asked.port, asked.tls_cert is not None) == ((443, True) if DIRECT in files else (8080, False))


def test_the_settings_are_those_of_the_document() -> None:
    (settings,) = STEPS["Settings"]
    for files in ((SERVICE,), (SERVICE, DIRECT)):
        words = shlex.split(one(read_unit(*files), "Service.ExecStart"))
        assert f"> {words[words.index('--environment') + 1]} <<" in settings


def expanded(name: str) -> set[str]:
    """The system calls of one of systemd's sets."""
    said = analyzed("syscall-filter", "--no-pager", name).stdout.splitlines()[1:]
    found: set[str] = set()
    for line in (line.strip() for line in said):
        found |= expanded(line) if line.startswith("@") else {line} - {""} if not line.startswith("#") else set()
    return found


def filtered() -> set[str]:
    """What the unit allows: the first line names sets that are allowed, one with ~ what is taken out of them again."""
    allowed: set[str] = set()
    for line in UNIT["Service.SystemCallFilter"]:
        named = set().union(*(expanded(name) for name in line.removeprefix("~").split()))
        allowed = allowed - named if line.startswith("~") else allowed | named
    return allowed


def test_the_server_makes_no_system_call_that_the_unit_refuses(tmp_path: Path) -> None:
    """From its start through a token, units and a page to its end, with two workers and metrics."""
    trace, base = tmp_path / "trace", f"http://127.0.0.1:{free_port()}"
    environment = os.environ | {"HOISTWAY_METRICS": f"127.0.0.1:{free_port()}"}
    # -D: the server is this process's child, and whoever looks on is not.
    traced = ["strace", "-D", "-f", "-q", "--seccomp-bpf", "-o", str(trace)]
    words = ["serve", "--demo", "--data", "data", "--workers", "2", "--port", base.rpartition(":")[2]]
    check_demonstration([*traced, sys.executable, "-m", "hoistway", *words], base, tmp_path, environment, lambda: None)
    server = trace.read_text().partition(" ")[0]
    until = time.monotonic() + 30
    # Numbers of processes are filled up with spaces to the width of five.
    while not re.search(rf"^{server} +\+\+\+ exited with 0 \+\+\+", trace.read_text(), re.MULTILINE):
        assert time.monotonic() < until, "what was seen last is not written"
        time.sleep(0.02)
    made = set(re.findall(r"^\d+ +([a-z_0-9]+)\(", trace.read_text(), re.MULTILINE))
    assert {"accept4", "execve", "fsync"} <= made
    # SQLite gives its files to their folder's owner where it runs as root, which the unit does not.
    assert made - filtered() <= ({"fchown"} if os.geteuid() == 0 else set())
