"""A proxy before PostgreSQL that cuts a connection between a statement and the server's answer to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

COMMIT = b"COMMIT\0"


@dataclass
class Cutting:
    """`url` leads through it. `cut` is what a client says for the last time: the server gets it and does it, the answer is
    kept back and both ends are closed. Then all goes through again, until it is set anew."""

    url: str
    cut: bytes | None = None
    done: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()
    target.close()


async def _watch(
    cutting: Cutting, source: asyncio.StreamReader, target: asyncio.StreamWriter, answers: asyncio.StreamReader,
    back: asyncio.Task[None],
) -> None:  # fmt: skip
    while data := await source.read(65536):
        is_last = cutting.cut is not None and cutting.cut in data
        if is_last:
            back.cancel()
            with suppress(asyncio.CancelledError):
                await back
        target.write(data)
        await target.drain()
        if is_last:
            cutting.cut = None
            assert await answers.read(65536), "the server did it"
            cutting.done += 1
            return


@asynccontextmanager
async def cutting(database: str) -> AsyncIterator[Cutting]:
    """Before the server of a URL that names the folder of its socket."""
    parts = urlsplit(database)
    folder = parse_qs(parts.query)["host"][0]
    made = Cutting("")

    async def serve(source: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        made.tasks.add(task)
        answers, target = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.5432")
        pump = asyncio.create_task(_pump(answers, back))
        try:
            with suppress(ConnectionError):
                await _watch(made, source, target, answers, pump)
        finally:
            pump.cancel()
            target.transport.abort()
            back.transport.abort()
            made.tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    made.url = f"postgresql://postgres@127.0.0.1:{port}{parts.path}"
    try:
        yield made
    finally:
        server.close()
        for task in list(made.tasks):
            task.cancel()
        await asyncio.gather(*made.tasks, return_exceptions=True)
