"""The other end of the parent's door: asks for a reload and waits for its outcome (unix(7))."""

import os
import re
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace

from hoistway.protocol.text import cleaned
from hoistway.server.door import Outcome, is_trusted, name_for, opened, user_of

ANSWERS_WITHIN = 600.0
MOST_SAID, MOST_SHOWN = 65_536, 2_000
_NAME = re.compile(r"serve-[0-9]{1,5}\.sock")


class NoDoor(Exception):
    """No server can be reached; the text says why and what to do."""


def ask(choices: Sequence[Path], port: int | None, word: bytes) -> Outcome:
    """Returns the answer of the server on that port. Raises NoDoor."""
    # A caller whose request was not read before the program restarted gets no answer; asking twice does no harm.
    said = _ask(choices, port, word) or _ask(choices, port, word)
    if not said:
        raise NoDoor("the server ended before it said what came of it: see its log")
    try:
        outcome = msgspec.json.decode(said, type=Outcome)
    except msgspec.DecodeError:
        raise NoDoor("what answers is no server of Hoistway, or of another version: see the server's log") from None
    return replace(outcome, because=_shown(outcome.because), warnings=tuple(map(_shown, outcome.warnings)))


def _shown(text: str) -> str:
    """For a terminal, which would obey control characters."""
    kept = cleaned(text[:MOST_SHOWN])
    return kept if len(text) <= MOST_SHOWN else f"{kept}…"


def _ask(choices: Sequence[Path], port: int | None, word: bytes) -> bytes:
    with _connect(choices, port) as asking:
        asking.settimeout(ANSWERS_WITHIN)
        said = b""
        try:
            # One that hears no more callers has answered before it was asked, and closed.
            with suppress(BrokenPipeError):
                asking.sendall(word)
            while len(said) < MOST_SAID and (more := asking.recv(MOST_SAID)):
                said += more
        except ConnectionResetError:
            pass
        except OSError as error:
            raise NoDoor(f"the server did not say what came of it ({error}): its log does") from error
        return said


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
    """Connections to the running servers of a folder, by the names of their sockets. Root may ask in the folder of any
    user, and then trusts a server of that user too. Raises OSError; NoDoor where the server is of a user who is not
    trusted."""
    found = {}
    is_root = os.geteuid() == 0
    with opened(folder, None if is_root else {0, os.geteuid()}) as (inside, owner):
        for address in inside.glob(name_for("*" if port is None else port)):
            if not _NAME.fullmatch(address.name):
                continue
            asking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                asking.connect(str(address))
            except ConnectionRefusedError:
                # Left behind by one that was killed.
                asking.close()
            else:
                user = user_of(asking)
                if not (is_trusted(user) or (is_root and user == owner)):
                    asking.close()
                    raise NoDoor(_foreign(folder, is_root))
                found[address.name] = asking
    return found


def _foreign(folder: Path, is_root: bool) -> str:
    if is_root:
        return f"what answers in {folder} is not the folder's owner: ask as the server's user, or give the folder to it"
    return f"what answers in {folder} belongs to another user: ask as the server's user, or as root"
