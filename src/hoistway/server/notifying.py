"""Tells systemd about the state of the service (https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html)."""

import os
import socket
import time
from contextlib import suppress

READY = "READY=1"
STOPPING = "STOPPING=1"


def reloading() -> str:
    """With the time, as units of Type=notify-reload require."""
    return f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}"


def notify(state: str) -> None:
    """Does nothing where nobody listens: that the service manager is gone is no reason to stop serving."""
    where = os.environ.get("NOTIFY_SOCKET", "")
    if not where.startswith(("/", "@")):
        return
    address = "\0" + where[1:] if where.startswith("@") else where
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told, suppress(OSError):
        told.setblocking(False)
        told.sendto(state.encode(), address)
