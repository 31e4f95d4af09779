"""The parent of the workers: prepares the database, forks, restarts what dies, stops in order."""

import asyncio
import ctypes
import os
import re
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hoistway import clock
from hoistway.app import App
from hoistway.settings import Settings
from hoistway.store.apart import migrate_apart
from hoistway.store.open import open_database
from hoistway.tokens.keyring import Keyring, rotate_due
from hoistway.tokens.vault import Vault

STOP_WITHIN = 9.0
PORT_WITHIN = 3.0
_PR_SET_PDEATHSIG = 1


# A request line, headers, and among them the offer.
_OFFERS_H2C = re.compile(rb"(?i)\A[A-Z]+ [^\r\n]* HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*?(Upgrade): *h2c")


class Http11(HttpToolsProtocol):
    """Reads the body of a request that offers to go on in HTTP/2 over plain http, as Java's client does with every first
    request; the parser would take it for none. A server may ignore the offer (RFC 9110 section 7.8)."""

    def data_received(self, data: bytes) -> None:
        if b"h2c" in data:
            offer = _OFFERS_H2C.match(data)
            if offer is not None:
                data = data[: offer.start(1)] + b"Ignored" + data[offer.end(1) :]
        super().data_received(data)


class PortTaken(Exception):
    """Another program listens there."""


@dataclass(frozen=True, slots=True)
class Listen:
    host: str
    port: int
    workers: int = 1
    tls_cert: Path | None = None
    tls_key: Path | None = None


def prepare(settings: Settings) -> None:
    """Schema and keys, before the first worker starts."""
    migrate_apart(settings.database)
    asyncio.run(make_keys(settings))


async def make_keys(settings: Settings) -> None:
    """Raises WrongMasterKey, here rather than in every worker."""
    vault = Vault(settings.master_key)
    db = await open_database(settings.database, connections=2)
    try:
        await Keyring(vault).load(db, clock.now())
        await rotate_due(db, vault, clock.now(), lifetime=settings.key_lifetime, lead=settings.key_lead)
    finally:
        await db.close()


def _bind(listen: Listen, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        # One socket a worker: a shared one lets a busy worker starve the others.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listening.bind((listen.host, listen.port))
    except OSError as error:
        listening.close()
        raise PortTaken(
            f"cannot listen on {listen.host}:{listen.port}: {error.strerror}. Choose another --port."
        ) from error
    return listening


def reserve(listen: Listen) -> None:
    """Waits a moment for the port: workers of a server that was just killed need one to notice. Raises PortTaken."""
    give_up = time.monotonic() + PORT_WITHIN
    while True:
        try:
            return _bind(listen, shared=False).close()
        except PortTaken:
            if time.monotonic() > give_up:
                raise
        time.sleep(0.1)


def _work(settings: Settings, listen: Listen, parent: int) -> None:
    """One worker, until SIGTERM; it ends with its parent."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return
    config = uvicorn.Config(
        App(settings),
        http=Http11,
        loop="uvloop",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=7,
        ssl_certfile=listen.tls_cert,
        ssl_keyfile=listen.tls_key,
    )
    server = uvicorn.Server(config)
    server.run(sockets=[_bind(listen, shared=True)])


def _fork(settings: Settings, listen: Listen) -> int:
    sys.stdout.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            _work(settings, listen, parent)
            code = 0
        finally:
            os._exit(code)
    return pid


def run(settings: Settings, listen: Listen, ready: Callable[[], None]) -> int:
    """Serves until SIGINT or SIGTERM and returns the exit code. Raises PortTaken. `ready` runs when a worker answers."""
    reserve(listen)
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    workers = {_fork(settings, listen): clock.now() for _ in range(listen.workers)}
    told, failures = False, 0
    while not stopping and failures < 5:
        if not told and _answers(listen):
            told = True
            ready()
        time.sleep(0.1 if not told else 0.3)
        for pid in _ended(set(workers)):
            failures = failures + 1 if workers.pop(pid) > clock.now() - 5 else 0
            if not stopping:
                workers[_fork(settings, listen)] = clock.now()
    _stop(set(workers))
    return 0 if stopping else 1


def _answers(listen: Listen) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(listen.host, listen.host)  # noqa: S104  compared, not bound
    if listen.tls_cert is not None:
        try:
            socket.create_connection((host.strip("[]"), listen.port), 1).close()
        except OSError:
            return False
        return True
    try:
        with urllib.request.urlopen(f"http://{host}:{listen.port}/readyz", timeout=1) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def _ended(pids: set[int]) -> list[int]:
    return [pid for pid in pids if os.waitpid(pid, os.WNOHANG)[0] == pid]


def _stop(pids: set[int]) -> None:
    """Lets requests in flight end; what is left after nine seconds is killed."""
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_WITHIN
    while pids and time.monotonic() < deadline:
        pids -= set(_ended(pids))
        time.sleep(0.05)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
