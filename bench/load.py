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
            "-s",
            str(script),
            url + request.path,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if done.returncode or rate is None or float(rate[1]) == 0:
        raise LoadFailed(f"wrk: {done.stdout}{done.stderr}")
    if refused is not None:
        raise LoadFailed(f"{refused[1]} answers to {request.path} were refusals")
    return float(rate[1])
