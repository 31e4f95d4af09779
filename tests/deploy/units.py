"""systemd's part, as far as a test can play it: reads a unit with its drop-ins, and starts and reloads what it says, in the
environment that it says (https://www.freedesktop.org/software/systemd/man/252/systemd.exec.html)."""

import shlex
import signal
import socket
import subprocess
import time
from pathlib import Path

Unit = dict[str, list[str]]
RESET = {"ExecStart", "ExecReload"}
BARE = {"PATH": "/usr/bin:/bin"}


def read_unit(*files: Path) -> Unit:
    """Values by "Section.Name", in their order; an empty command forgets those before it. Raises ValueError for what is no line of a
    unit."""
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
            if value == "" and name in RESET:
                unit.pop(f"{section}.{name}", None)
            else:
                unit.setdefault(f"{section}.{name}", []).append(value)
    return unit


def one(unit: Unit, name: str) -> str:
    (value,) = unit[name]
    return value


class Service:
    """Of Type=notify. `units` is /etc/systemd/system, `run` the folder that RuntimeDirectory= makes."""

    def __init__(self, units: Path, name: str, run: Path) -> None:
        self.unit = read_unit(units / f"{name}.service", *sorted((units / f"{name}.service.d").glob("*.conf")))
        assert one(self.unit, "Service.Type") == "notify"
        run.mkdir(mode=0o700, exist_ok=True)
        self._said = run / "notify"
        self._said.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self._said))
        self._environment = BARE | {"RUNTIME_DIRECTORY": str(run)}
        self._log = (run / f"{name}.log").open("w+")
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> "Service":
        """Returns when the service says that it is ready."""
        command = shlex.split(one(self.unit, "Service.ExecStart"))
        environment = self._environment | {"NOTIFY_SOCKET": str(self._said)}
        self.process = subprocess.Popen(
            command, cwd="/", env=environment, stdout=self._log, stderr=subprocess.STDOUT, text=True
        )
        self.wait_for("READY=1")
        return self

    def wait_for(self, state: str) -> None:
        self._socket.settimeout(0.5)
        until = time.monotonic() + 90
        while True:
            assert self.process is not None
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < until, self.log()
            try:
                if state in self._socket.recv(4096).decode():
                    return
            except TimeoutError:
                continue

    def reload(self) -> None:
        """`systemctl reload`; raises AssertionError where it fails."""
        command = shlex.split(one(self.unit, "Service.ExecReload"))
        done = subprocess.run(
            command, cwd="/", env=self._environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr + self.log()

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read()

    def __enter__(self) -> "Service":
        return self.start()

    def __exit__(self, *_raised: object) -> None:
        """An orderly end, within what the unit grants."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        ended = self.process.wait(int(one(self.unit, "Service.TimeoutStopSec")))
        said = self.log()
        self._socket.close()
        self._log.close()
        assert ended == 0, said
