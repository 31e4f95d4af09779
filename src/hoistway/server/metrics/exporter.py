"""The process that answers scrapers on HOISTWAY_METRICS, separate from the workers (docs/adr/0022-metrics.md)."""

import os
import platform
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from hoistway import __version__
from hoistway.journal import LOG
from hoistway.server.leaning import what_uvicorn_changed
from hoistway.server.listening import CannotServe, Listen, bind
from hoistway.server.metrics.board import Board
from hoistway.server.metrics.exposition import CONTENT_TYPE, Sample, render
from hoistway.server.worker import Made, config_of, ends_with, server_of
from hoistway.settings import Address, Settings
from hoistway.store.open import engine_of

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

CONNECTIONS: Final = 32
"""Of scrapers at the same time, in all; half of them of one address, so that one that hangs leaves room."""
SETTING: Final = "HOISTWAY_METRICS"
ANEW_AFTER: Final = 1.0
"""Seconds for which a text is given to whoever asks."""
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def _of_process(pid: int) -> tuple[float, int]:
    """Seconds of processor time, and resident bytes (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
    Raises OSError where the process has ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    if fields[0] in "ZX":
        raise ProcessLookupError(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS, int(fields[21]) * _PAGE


class Exposition:
    """An ASGI application with one path, /metrics."""

    def __init__(self, board: Board, settings: Settings) -> None:
        self._board = board
        self._build = (__version__, platform.python_version(), engine_of(settings.database))
        self._started_at = int(time.time())
        self._text, self._made_at = b"", float("-inf")

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for word in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{word}.complete"})
            return
        is_there, may = scope["path"] == "/metrics", scope["method"] in {"GET", "HEAD"}
        status = 200 if is_there and may else 405 if is_there else 404
        body = self.text() if status == 200 else b"GET /metrics\n"
        headers = [
            (b"content-type", CONTENT_TYPE),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
        ]
        headers.append((b"x-content-type-options", b"nosniff"))
        if status == 405:
            headers.append((b"allow", b"GET, HEAD"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def text(self) -> bytes:
        now = time.monotonic()
        if now - self._made_at >= ANEW_AFTER:
            self._text, self._made_at = render(self._board, self._look_up()), now
        return self._text

    def _look_up(self) -> Mapping[str, Sequence[Sample]]:
        living = self._board.living()
        processes = {}
        for number, pid in living.items():
            with suppress(OSError):
                processes[(str(number),)] = _of_process(pid)
        return {
            "hoistway_workers": [((), len(processes))],
            "hoistway_worker_cpu_seconds_total": [(labels, cpu) for labels, (cpu, _memory) in processes.items()],
            "hoistway_worker_resident_bytes": [(labels, memory) for labels, (_cpu, memory) in processes.items()],
            "hoistway_start_timestamp_seconds": [((), self._started_at)],
            "hoistway_build_info": [(self._build, 1)],
        }


def make_exporter(board: Board, settings: Settings) -> Made:
    """Made by the parent, like the workers' server."""
    changed = what_uvicorn_changed()
    config = config_of(Exposition(board, settings), changed, 1)
    config.load()
    bounds = replace(settings, connections=CONNECTIONS, connections_per_address=CONNECTIONS // 2, trusted_proxies=0)
    return server_of(changed, config, bounds, patient=False)


def export(made: Made, address: Address, parent: int) -> int:
    """Answers until SIGTERM and returns the exit code; it ends when its parent does."""
    if not ends_with(parent):
        return 0
    try:
        made.server.run(sockets=[bind(Listen(address.host, address.port), shared=False, setting=SETTING)])
    except CannotServe as error:
        LOG.error("metrics can't be served", because=str(error))
        return 1
    except Exception as error:
        LOG.error("metrics failed", exc_info=error)
        return 1
    return 0
