"""Load from wrk: one request, sent again and again over kept connections."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

INSTALL = "wrk is not on the PATH: install it (Debian and Ubuntu: apt-get install wrk; macOS: brew install wrk)"


class LoadFailed(Exception):
    """The server answered with refusals, or the generator could not run: the figure would mean nothing."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`p99`: of a hundred answers 99 came within so many milliseconds."""

    each_second: float
    p99: float


@dataclass(frozen=True, slots=True)
class Request:
    """`path` with its query; a body makes it a POST."""

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None

    def lua(self) -> str:
        lines = ["wrk.method = " + ('"GET"' if self.body is None else '"POST"')]
        if self.body is not None:
            lines += [f"wrk.body = [[{self.body}]]"]
            lines += ['wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"']
        lines += [f'wrk.headers["{name}"] = [[{value}]]' for name, value in self.headers.items()]
        return "\n".join(lines) + "\n"


def has_wrk() -> bool:
    return shutil.which("wrk") is not None


def run_wrk(url: str, request: Request, seconds: int, connections: int) -> float:
    """Requests a second. Raises LoadFailed."""
    return time_wrk(url, request, seconds, connections).each_second


def time_wrk(url: str, request: Request, seconds: int, connections: int) -> Rate:
    """Raises LoadFailed."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "request.lua"
        script.write_text(request.lua())
        command = [
            "wrk",
            "-t2",
            f"-c{connections}",
            f"-d{seconds}s",
            "--timeout",
            "30s",
            "--latency",
            "-s",
            str(script),
            url + request.path,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    slow = re.search(r"\b99%\s+([\d.]+)(us|ms|s)\b", done.stdout)
    if done.returncode or rate is None or slow is None or float(rate[1]) == 0:
        raise LoadFailed(f"wrk: {done.stdout}{done.stderr}")
    if refused is not None:
        raise LoadFailed(f"{refused[1]} answers to {request.path} were refusals")
    return Rate(float(rate[1]), float(slow[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[slow[2]])
