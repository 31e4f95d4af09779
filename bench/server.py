"""The server under test, in processes of its own: `python -m bench.server DATABASE PORT WORKERS`."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from bench import MASTER_KEY
from hoistway import routes, routing
from hoistway.server.listening import Listen
from hoistway.server.parent import run
from hoistway.server.preparing import prepare
from hoistway.settings import Address, MailServer, Settings
from hoistway.store import unit_pages

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Running:
    """`started_in` is the time from starting Python to the first good answer of /readyz, in seconds."""

    pid: int
    port: int
    started_in: float

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"


def free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
        return port


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


@contextmanager
def started(module: str, *arguments: str, ready: str) -> Iterator[Running]:
    """Runs `python -m module PORT …` until the block ends."""
    port, begun = free_port(), time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", module, str(port), *arguments], stderr=subprocess.DEVNULL)
    try:
        while not answers(f"http://{HOST}:{port}{ready}"):
            if process.poll() is not None or time.perf_counter() > begun + 30:
                raise RuntimeError(f"{module} did not start")
            time.sleep(0.005)
        yield Running(process.pid, port, time.perf_counter() - begun)
    finally:
        process.terminate()
        process.wait(15)


def worker_memory(parent: int) -> float:
    """The largest resident set of the parent's children, in MB (10^6 bytes)."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    sizes = [0]
    for pid in children:
        status = Path(f"/proc/{pid}/status").read_text()
        sizes += [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")]
    return max(sizes) * 1024 / 1e6


def stop_counting() -> None:
    """For the case `usage`: what counting costs is the difference."""
    routing._EXACT |= {route.path: route for route in routes._ROUTES if "{" not in route.path}


def keep_no_pages() -> None:
    """For the case `units-read`: no page was asked for a moment before."""
    vars(unit_pages)["KEPT"] = 0.0


def main() -> int:
    port, database, workers = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    if "uncounted" in sys.argv[4:]:
        stop_counting()
    if "unkept" in sys.argv[4:]:
        keep_no_pages()
    settings = Settings(
        f"http://{HOST}:{port}", database, MASTER_KEY, trusted_proxies=int("proxied" in sys.argv[4:]), staff_factors=False,
        metrics=Address(HOST, free_port()) if "metrics" in sys.argv[4:] else None, outbound_loopback="loopback" in sys.argv[4:],
        # Nobody listens there: what is measured is asking for a mail.
        mail=MailServer(HOST, 9, "offered", "bench@example.com") if "mailing" in sys.argv[4:] else None,
    )  # fmt: skip
    if "forgetful" in sys.argv[4:]:
        settings = replace(settings, remember_passwords=0)
    prepare(settings)
    return run(settings, Listen(HOST, port, workers), lambda: None)


if __name__ == "__main__":
    sys.exit(main())
