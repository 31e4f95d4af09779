"""The sockets on which the server listens. The parent makes them, and every worker has all of them (docs/adr/0024-reload.md)."""

import ctypes
import errno
import socket
import struct
import time
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

PORT_WITHIN = 3.0
# From asm/socket.h; the value is the same on all architectures for which Python has builds. Python has no name for it.
_SO_ATTACH_FILTER = 26
# From linux/filter.h: load the byte with TCP's flags; if SYN is set, drop the packet, otherwise accept it.
_NO_SYN = b"".join(
    struct.pack("=HBBI", *one)
    for one in ((0x30, 0, 0, 13), (0x45, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))
)


class CannotServe(Exception):
    """The command line asks for something impossible; the text says why and what to do."""


class Listen(Struct, frozen=True):
    host: str
    port: int
    workers: int = 1
    tls_cert: Path | None = None
    tls_key: Path | None = None


def bind(listen: Listen, *, shared: bool, setting: str = "") -> socket.socket:
    """`setting` names what the address comes from, where that is not the command line. Raises CannotServe."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    # The protocol is given, because asyncio turns Nagle's delay off only then.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        # One socket for each worker, because a single one lets a busy worker starve the others.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listening.bind((listen.host, listen.port))
    except (OSError, UnicodeError) as error:
        listening.close()
        said = error.strerror if isinstance(error, OSError) else "it is no name of a host"
        raise CannotServe(f"cannot listen on {listen.host}:{listen.port}: {said}. {_fix(error, setting)}") from error
    return listening


def _fix(error: Exception, setting: str) -> str:
    code = error.errno if isinstance(error, OSError) else None
    if isinstance(error, socket.gaierror | UnicodeError) or code == errno.EADDRNOTAVAIL:
        if setting:
            return f"Choose another address in {setting}, one of this machine."
        return "Choose another --host: an address of this machine, 127.0.0.1 without it, 0.0.0.0 for all of them."
    port = f"port in {setting}" if setting else "--port"
    if code in {errno.EACCES, errno.EPERM}:
        return f"This user may not use it: choose another {port}, from 1024 on."
    return f"Choose another {port}."


def reserve(listen: Listen) -> None:
    """Waits a moment for the port: the workers of a server that was just killed need one to notice. Raises CannotServe."""
    give_up = time.monotonic() + PORT_WITHIN
    while True:
        try:
            return bind(listen, shared=False).close()
        except CannotServe:
            if time.monotonic() > give_up:
                raise
        time.sleep(0.1)


def open_sockets(listen: Listen) -> tuple[socket.socket, ...]:
    """One for each worker. Raises CannotServe."""
    reserve(listen)
    return tuple(bind(listen, shared=True) for _ in range(listen.workers))


def let_nobody_begin(sockets: Iterable[socket.socket]) -> None:
    """Drops the packets with which connections begin (https://docs.kernel.org/networking/filter.html). Connections that
    are complete, or being made, go on, so all of them can be accepted before the sockets are closed. Where the system
    has no such filter, connections completed after the last look are lost, as they would be anyway."""
    program = ctypes.create_string_buffer(_NO_SYN, len(_NO_SYN))
    asked = struct.pack("@HP", len(_NO_SYN) // 8, ctypes.addressof(program))
    for one in sockets:
        try:
            one.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, asked)
        except OSError:
            return
