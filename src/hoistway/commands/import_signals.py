"""SIGINT and SIGTERM end a long command after the batch that is being written; a second one ends it at once, as usual."""

import asyncio
import signal
from types import TracebackType
from typing import Final

STOP: Final = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """A context manager, inside a running loop."""

    def __init__(self) -> None:
        self._stopped = False
        self._loop = asyncio.get_running_loop()

    def stops(self) -> bool:
        return self._stopped

    def _leave(self) -> None:
        for number in STOP:
            self._loop.remove_signal_handler(number)

    def _stop(self) -> None:
        self._stopped = True
        self._leave()

    def __enter__(self) -> "Stopping":
        for number in STOP:
            self._loop.add_signal_handler(number, self._stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()
