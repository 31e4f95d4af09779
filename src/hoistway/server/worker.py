"""One worker: a process that answers requests until it is told to stop."""

import ctypes
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import uvicorn
from msgspec import Struct
from msgspec.structs import replace

from hoistway import heap
from hoistway.journal import LOG
from hoistway.limits.memory import Memory
from hoistway.limits.places import SIZE
from hoistway.server.app import App
from hoistway.server.certificate import expiry_of
from hoistway.server.leaning import LOST, what_uvicorn_changed
from hoistway.server.listening import CannotServe, Listen
from hoistway.server.metrics.board import Board
from hoistway.server.supervision import LEAVE
from hoistway.server.tls_files import why_not
from hoistway.server.traces import has_sdk
from hoistway.settings import Settings

# Seconds for answers that have begun when a worker is told to end.
ANSWER_WITHIN = 7
# RFC 9325 section 3.1.1. OpenSSL on this machine may be built, or configured, to allow less.
LEAST_TLS: Final = ssl.TLSVersion.TLSv1_2
_PR_SET_PDEATHSIG = 1


class Made(Struct, frozen=True):
    """`leave` ends it while others accept connections. `is_own` is False for uvicorn's server, which knows only one
    socket."""

    server: uvicorn.Server
    leave: Callable[[], None]
    is_own: bool = True


def protocol_of(changed: Sequence[str]) -> Any:
    """Our protocol, or uvicorn's where the parts that ours relies on have changed. Imported by name, because ours can't
    even be imported then."""
    return "httptools" if changed else import_module("hoistway.server.http11").Http11


def server_of(
    changed: Sequence[str],
    config: uvicorn.Config,
    settings: Settings,
    board: Board | None = None,
    *,
    patient: bool = True,
) -> Made:
    """Like `protocol_of`."""
    if changed:
        plain = uvicorn.Server(config)
        return Made(plain, lambda: plain.handle_exit(signal.SIGTERM, None), is_own=False)
    server: Any = import_module("hoistway.server.serving").Server(config, settings, board, patient=patient)
    return Made(server, server.leave)


def _is_news(record: logging.LogRecord) -> bool:
    """False for uvicorn's line about a request that is none: our protocol's `refused` says why."""
    return record.msg != "Invalid HTTP request received."


def config_of(
    app: Any, changed: Sequence[str], answers_within: int, certificate: Path | None = None, key: Path | None = None
) -> uvicorn.Config:
    """Of every server of ours: uvicorn adds nothing of its own, neither headers nor log, and believes no header."""
    if not changed:
        logging.getLogger("uvicorn.error").addFilter(_is_news)
    return uvicorn.Config(
        app,
        http=protocol_of(changed),
        loop="uvloop",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=answers_within,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )


def make_server(settings: Settings, listen: Listen, board: Board | None = None) -> Made:
    """Made once, before the workers are forked: what it loads is shared by all of them. Raises CannotServe."""
    changed = what_uvicorn_changed()
    if changed:
        LOG.error("uvicorn's own protocol answers", uvicorn=uvicorn.__version__, because="; ".join(changed), lost=LOST)
    threads = max(1, (os.cpu_count() or 1) // listen.workers)
    app = App(replace(settings, hashing_threads=threads), memory=Memory(SIZE, shared=listen.workers > 1), board=board)
    config = config_of(app, changed, ANSWER_WITHIN, listen.tls_cert, listen.tls_key)
    if settings.traces is not None and not has_sdk():
        raise CannotServe(
            "HOISTWAY_TRACES needs OpenTelemetry: install hoistway with the extra otel, or leave it unset."
        )
    cert, key = listen.tls_cert, listen.tls_key
    wrong = None if cert is None or key is None else why_not(cert, key)
    if wrong is not None:
        raise CannotServe(wrong)
    config.load()
    if config.ssl is not None:
        config.ssl.minimum_version = LEAST_TLS
    made = server_of(changed, config, settings, board)
    if made.is_own and board is not None and listen.tls_cert is not None:
        made.server.certificate_ends_at = expiry_of(listen.tls_cert)  # type: ignore[attr-defined]  # found by name
    return made


def ends_with(parent: int) -> bool:
    """Makes this process end when its parent does; returns False where the parent has ended already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    return os.getppid() == parent


def work(made: Made, sockets: Sequence[socket.socket], parent: int, ready: Callable[[], None]) -> int:
    """Answers until SIGTERM or LEAVE and returns the exit code; it ends with its parent. The first socket is its own;
    `ready` is called when it accepts connections."""
    if not ends_with(parent):
        return 0
    heap.share_heap()

    async def say() -> None:
        ready()

    made.server.config.callback_notify = say
    signal.signal(LEAVE, lambda _number, _frame: made.leave())
    try:
        made.server.run(sockets=list(sockets if made.is_own else sockets[:1]))
    except SystemExit as error:
        # The application could not start, and has logged the reason.
        return error.code if isinstance(error.code, int) else 1
    except Exception as error:
        LOG.error("worker failed", exc_info=error)
        return 1
    return 0
