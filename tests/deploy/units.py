"""systemd's part, as far as a test can play it: reads a unit with its drop-ins, and starts what it says, in the environment that it says
(https://www.freedesktop.org/software/systemd/man/252/systemd.exec.html)."""

import shlex
import subprocess
from pathlib import Path

Unit = dict[str, list[str]]


def read_unit(*files: Path) -> Unit:
    """Values by "Section.Name", in their order; an empty one forgets those before it. Raises ValueError for what is no line of a unit."""
    unit: Unit = {}
    for file in files:
        section = ""
        for line in file.read_text(encoding="utf-8").splitlines():
            if not line or line.startswith("#"):
                continue
            if line.startswith("[") and line.endswith("]"):
                section = line[1:-1]
                continue
            name, found, value = line.partition("=")
            if not found or not section or not name.isalnum():
                raise ValueError(f"{file.name}: {line}")
            if value == "" and name == "ExecStart":
                unit.pop(f"{section}.{name}", None)
            else:
                unit.setdefault(f"{section}.{name}", []).append(value)
    return unit


def one(unit: Unit, name: str) -> str:
    (value,) = unit[name]
    return value


def read_environment_file(file: Path) -> dict[str, str]:
    """NAME=VALUE lines, with or without quotation marks."""
    lines = (line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    return {name: "".join(shlex.split(value)) for name, _, value in (line.partition("=") for line in lines)}


def start(folder: Path, name: str, **more: str) -> "subprocess.Popen[bytes]":
    """What `systemctl start NAME` starts, where `folder` is /etc/systemd/system. `more` is added to the environment."""
    unit = read_unit(folder / f"{name}.service", *sorted((folder / f"{name}.service.d").glob("*.conf")))
    environment = read_environment_file(Path(one(unit, "Service.EnvironmentFile")))
    return subprocess.Popen(
        shlex.split(one(unit, "Service.ExecStart")),
        cwd="/",
        env={"PATH": "/usr/bin:/bin"} | more | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
