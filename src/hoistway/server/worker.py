"""One worker: a process that answers requests on a socket of its own, until it is told to stop."""

import ctypes
import errno
import os
import signal
import socket
import ssl
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import uvicorn

from hoistway import memory
from hoistway.journal import LOG
from hoistway.limits.memory import Memory
from hoistway.limits.places import SIZE
from hoistway.server.admission import Server
from hoistway.server.app import App
from hoistway.server.certificate import expiry_of
from hoistway.server.http11 import Http11
from hoistway.server.metrics.board import Board
from hoistway.server.traces import has_sdk
from hoistway.settings import Settings

ANSWER_WITHIN = 7
# RFC 9325 section 3.1.1; what OpenSSL is built or told to allow on this machine may be less.
LEAST_TLS: Final = ssl.TLSVersion.TLSv1_2
_PR_SET_PDEATHSIG = 1


class CannotServe(Exception):
    """The command line asks for what is not possible; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Listen:
    host: str
    port: int
    workers: int = 1
    tls_cert: Path | None = None
    tls_key: Path | None = None


def bind(listen: Listen, *, shared: bool) -> socket.socket:
    """Raises CannotServe."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    # The protocol is named, for asyncio turns Nagle's delay off only then.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        # One socket a worker: a shared one lets a busy worker starve the others.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listening.bind((listen.host, listen.port))
    except (OSError, UnicodeError) as error:
        listening.close()
        said = error.strerror if isinstance(error, OSError) else "it is no name of a host"
        raise CannotServe(f"cannot listen on {listen.host}:{listen.port}: {said}. {_fix(error)}") from error
    return listening


def _fix(error: Exception) -> str:
    code = error.errno if isinstance(error, OSError) else None
    if isinstance(error, socket.gaierror | UnicodeError) or code == errno.EADDRNOTAVAIL:
        return "Choose another --host: an address of this machine, 127.0.0.1 without it, 0.0.0.0 for all of them."
    if code in {errno.EACCES, errno.EPERM}:
        return "This user may not use it: choose another --port, from 1024 on."
    return "Choose another --port."


def make_server(settings: Settings, listen: Listen, board: Board | None = None) -> Server:
    """Made once, before the workers are: what it loads is then shared by all of them. Raises CannotServe."""
    threads = max(1, (os.cpu_count() or 1) // listen.workers)
    config = uvicorn.Config(
        App(replace(settings, hashing_threads=threads), memory=Memory(SIZE, shared=listen.workers > 1), board=board),
        http=Http11,
        loop="uvloop",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=ANSWER_WITHIN,
        ssl_certfile=listen.tls_cert,
        ssl_keyfile=listen.tls_key,
    )
    if settings.traces is not None and not has_sdk():
        raise CannotServe(
            "HOISTWAY_TRACES needs OpenTelemetry: install hoistway with the extra otel, or leave it unset."
        )
    for option, file in (("--tls-cert", listen.tls_cert), ("--tls-key", listen.tls_key)):
        if file is not None and not file.is_file():
            raise CannotServe(f"{option}: there is no file {file}")
    try:
        config.load()
        if config.ssl is not None:
            config.ssl.minimum_version = LEAST_TLS
    except (OSError, ssl.SSLError) as error:
        raise CannotServe(
            f"--tls-cert and --tls-key can't be used: {error}. Give a certificate chain and its key, both PEM."
        ) from error
    made = Server(config, settings, board)
    if board is not None and listen.tls_cert is not None:
        made.certificate_ends_at = expiry_of(listen.tls_cert)
    return made


def ends_with(parent: int) -> bool:
    """Has this process end when its parent does; False where that happened a moment ago."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    return os.getppid() == parent


def work(server: Server, listen: Listen, parent: int) -> int:
    """Answers until SIGTERM and returns the exit code; it ends with its parent."""
    if not ends_with(parent):
        return 0
    memory.keep_freed()
    try:
        server.run(sockets=[bind(listen, shared=True)])
    except SystemExit as error:
        # The application could not start, and has said why.
        return error.code if isinstance(error.code, int) else 1
    except CannotServe as error:
        LOG.error("start failed", because=str(error))
        return 1
    except Exception as error:
        LOG.error("worker failed", exc_info=error)
        return 1
    return 0
