"""The other end of the parent's door: asks for a reload and waits for its outcome (unix(7))."""

import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from hoistway.server.door import Outcome, is_trusted, name_for, opened, user_of

ANSWERS_WITHIN = 600.0


class NoDoor(Exception):
    """No server can be reached; the text says why and what to do."""


def ask(choices: Sequence[Path], port: int | None, word: bytes) -> Outcome:
    """Returns the answer of the server on that port. Raises NoDoor."""
    # A caller whose request was not read before the program restarted gets no answer; asking twice does no harm.
    said = _ask(choices, port, word) or _ask(choices, port, word)
    if not said:
        raise NoDoor("the server ended before it said what came of it: see its log")
    return msgspec.json.decode(said, type=Outcome)


def _ask(choices: Sequence[Path], port: int | None, word: bytes) -> bytes:
    with _connect(choices, port) as asking:
        asking.settimeout(ANSWERS_WITHIN)
        if not (is_trusted(user_of(asking)) or os.geteuid() == 0):
            raise NoDoor("what answers belongs to another user: ask as the server's user, or as root")
        try:
            asking.sendall(word)
            return b"".join(iter(lambda: asking.recv(65536), b""))
        except (BrokenPipeError, ConnectionResetError):
            return b""
        except OSError as error:
            raise NoDoor(f"the server did not say what came of it ({error}): its log does") from error


def _connect(choices: Sequence[Path], port: int | None) -> socket.socket:
    found: dict[str, socket.socket] = {}
    try:
        for folder in choices:
            with suppress(FileNotFoundError, NotADirectoryError):
                found |= _living(folder, port)
            if found:
                break
    except PermissionError as error:
        raise NoDoor(f"{error.strerror or error}: ask as the server's user, or as root") from error
    if len(found) == 1:
        return found.popitem()[1]
    for one in found.values():
        one.close()
    if found:
        raise NoDoor(f"several servers answer, {', '.join(sorted(found))}: name the port of one with --port")
    asked = "no server answers" if port is None else f"no server answers for port {port}"
    where = ", ".join(str(one / name_for("*" if port is None else port)) for one in choices)
    raise NoDoor(
        f"{asked}; looked for {where}. Name its port (--port), its demonstration's folder (--data), or set the variables that it has"
    )


def _living(folder: Path, port: int | None) -> dict[str, socket.socket]:
    """Connections to the running servers of a folder, by the names of their sockets. Raises OSError."""
    found = {}
    with opened(folder) as inside:
        for address in inside.glob(name_for("*" if port is None else port)):
            asking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                asking.connect(str(address))
            except ConnectionRefusedError:
                # Left behind by one that was killed.
                asking.close()
            else:
                found[address.name] = asking
    return found
