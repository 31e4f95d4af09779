"""The command `hoistway serve` as a process of its own, for tests of starting, stopping and failing."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAM = (sys.executable, "-m", "hoistway", "serve")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Command:
    """`printed` is what stood on standard output once it was ready; `errors` is the file of standard error."""

    process: subprocess.Popen[str]
    printed: str
    errors: Path

    def workers(self) -> set[int]:
        pid = self.process.pid
        return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    def stop(self, within: float = 10) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)


@contextmanager
def started(data: Path, port: int, *more: str, program: Sequence[str] = PROGRAM) -> Iterator[Command]:
    """With the demo world in `data`; stopped at the end, if it still runs."""
    command = [*program, "--demo", "--data", str(data), "--port", str(port), *more]
    errors = data / f"{port}.log"
    with (
        errors.open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if line.startswith("curl "):
                break
        try:
            yield Command(process, printed, errors)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(15)


def refused(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A start that is expected to fail, in an environment with no other settings than these."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOISTWAY_")} | settings
    command = [*PROGRAM, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)
