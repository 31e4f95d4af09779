"""Plays what pg_restore writes through a connection of our own, so that it belongs to our transaction
(https://www.postgresql.org/docs/current/app-pgrestore.html).

A pg_restore with a connection of its own would commit by itself, and go on after the end of this process.
"""

import re
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from hoistway.store.sqlite_backup import CannotBackUp

_NAME = r'(?:"(?:[^"]|"")*"|[^\s",.()]+)'
_COPY = re.compile(rf"COPY ({_NAME})\.({_NAME}) \(({_NAME}(?:, {_NAME})*)\) FROM stdin;\n")
_EACH = re.compile(_NAME)
_END = b"\\.\n"
# Words to psql, which newer versions write around the script.
_TO_PSQL = (b"\\restrict ", b"\\unrestrict ")
_AT_ONCE = 256 * 1024


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


@contextmanager
def script_of(command: Sequence[str]) -> Iterator[IO[bytes]]:
    """What the program writes. Raises CannotBackUp with its message where it fails, before the block's end is reached."""
    with tempfile.TemporaryFile() as said:
        running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said)  # noqa: S603  PostgreSQL's own program
        written = running.stdout
        if written is None:
            raise CannotBackUp(f"{command[0]} can't be read")
        try:
            yield written
        finally:
            # It ends when nobody reads any more, too, as it does after the end of this process.
            written.close()
            failed = running.wait()
        if failed:
            said.seek(0)
            words = " ".join(said.read(4000).decode(errors="replace").split())[:1000]
            raise CannotBackUp(f"{Path(command[0]).name} refused: {words or 'without a word'}")


async def _rows(lines: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Up to the mark of the end, many rows at once. Raises CannotBackUp where it is missing."""
    held: list[bytes] = []
    size = 0
    for line in lines:
        if line == _END:
            yield b"".join(held)
            return
        held.append(line)
        size += len(line)
        if size >= _AT_ONCE:
            yield b"".join(held)
            held, size = [], 0
    raise CannotBackUp("the backup ends in the middle of a table: take another one")


async def _execute(connection: Any, lines: Sequence[str]) -> None:
    # The driver fails where there is nothing but comments.
    await connection.execute("".join([*lines, "SELECT 1"]))


async def play(connection: Any, script: Iterable[bytes]) -> None:
    """Raises CannotBackUp, and what asyncpg raises."""
    waiting: list[str] = []
    lines = iter(script)
    for line in lines:
        text = line.decode()
        copy = _COPY.fullmatch(text)
        if copy is not None:
            await _execute(connection, waiting)
            waiting = []
            columns = [_plain(name) for name in _EACH.findall(copy[3])]
            await connection.copy_to_table(
                _plain(copy[2]), schema_name=_plain(copy[1]), columns=columns, source=_rows(lines)
            )
        elif not line.startswith(_TO_PSQL):
            waiting.append(text)
    await _execute(connection, waiting)
