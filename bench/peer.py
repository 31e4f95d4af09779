"""node-oidc-provider on the same machine in the same run (bench/peer), as many processes as our server has workers.

It keeps its tokens in the PostgreSQL of the run, whichever database is measured: the adapter of its users, with rotation and JWT access
tokens as ours. It signs with RS256, its default, or with ES256.
"""

import hashlib
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from bench.chain import run_chain
from bench.load import Request, run_wrk
from bench.server import HOST, free_port
from bench.world import SECRET
from tests.engines import drop_database, fresh_database

PEER = Path(__file__).parent / "peer"
ROUNDS = 3


def install() -> None:
    """Raises RuntimeError."""
    stamp, locked = PEER / "node_modules" / ".synced", (PEER / "package-lock.json").read_bytes()
    digest = hashlib.sha256(locked).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("the peer needs node and npm")
    subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=PEER, check=True)
    stamp.write_text(digest)


def _first_tokens(port: int, most: int) -> list[str]:
    """Raises RuntimeError where the peer does not start."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/start/{most}", timeout=10) as reply:
                tokens: list[str] = reply.read().decode().split()
                return tokens
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the peer did not start")


@contextmanager
def started(processes: int, algorithm: str) -> Iterator[int]:
    """Its port."""
    install()
    database, port = fresh_database("postgresql"), free_port()
    peer = subprocess.Popen(["node", "server.mjs", str(port), database, str(processes), algorithm], cwd=PEER)
    try:
        _first_tokens(port, 1)
        yield port
    finally:
        peer.terminate()
        peer.wait(15)
        drop_database(database)


def refresh_in_turns(
    ours: Callable[[], float], seconds: int, processes: int, connections: int, algorithm: str
) -> float:
    """Our rate as a multiple of the peer's: the sums of rounds in turns."""
    with started(processes, algorithm) as port:
        return _in_turns(ours, lambda: run_chain(port, seconds, "proxy", _first_tokens(port, connections)))


def client_credentials_in_turns(
    ours: Callable[[], float], seconds: int, processes: int, connections: int, algorithm: str
) -> float:
    """Like `refresh_in_turns`."""
    form = {
        "grant_type": "client_credentials", "client_id": "daemon", "client_secret": SECRET, "scope": "units.read",
    }  # fmt: skip
    with started(processes, algorithm) as port:
        request = Request("/oauth2/token", body=urlencode(form))
        return _in_turns(ours, lambda: run_wrk(f"http://{HOST}:{port}", request, seconds, connections))


def _in_turns(ours: Callable[[], float], theirs: Callable[[], float]) -> float:
    mine = other = 0.0
    for _ in range(ROUNDS):
        mine += ours()
        other += theirs()
    return mine / other
