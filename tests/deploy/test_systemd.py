"""The systemd unit and its drop-in, by systemd's own judgement and against the program (`systemd-analyze` needs no running systemd)."""

import shlex
import subprocess
from pathlib import Path

import pytest

from hoistway.server.admission import FILES_BESIDE
from hoistway.server.command import parser
from hoistway.server.parent import STOP_WITHIN
from hoistway.settings import Environment
from tests.deploy.document import DEPLOY, STEPS
from tests.deploy.units import one, read_unit

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
