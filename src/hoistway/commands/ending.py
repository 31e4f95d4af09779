"""A command that is told to end undoes what it has begun, as after Ctrl-C
(https://docs.python.org/3/library/signal.html#execution-of-python-signal-handlers)."""

import signal
from types import FrameType
from typing import NoReturn


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    # Said once more, it would end the undoing.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    raise SystemExit(128 + number)


def end_in_order() -> None:
    """Only where nothing was said about these signals: nohup lets a command ignore SIGHUP."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
