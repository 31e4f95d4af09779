"""A server on this machine that answers whatever a test says, byte by byte, and counts who came."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Say = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Hostile:
    """`asked` are the heads of requests as they came; `at_once` is the most that were there at a time."""

    say: Say
    url: str = ""
    port: int = 0
    asked: list[str] = field(default_factory=list)
    here: int = 0
    at_once: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.here += 1
        self.at_once = max(self.at_once, self.here)
        try:
            self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
            await self.say(writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the fetcher had enough
        finally:
            self.here -= 1
            writer.close()


def saying(text: bytes) -> Say:
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(text)

    return say


def ok(body: bytes = b"{}", *more: bytes) -> bytes:
    head = b"".join(line + b"\r\n" for line in (b"HTTP/1.1 200 OK", b"content-length: %d" % len(body), *more))
    return head + b"\r\n" + body


@asynccontextmanager
async def hostile(say: Say | bytes, context: ssl.SSLContext | None = None) -> AsyncIterator[Hostile]:
    made = Hostile(saying(say) if isinstance(say, bytes) else say)
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0, ssl=context)
    made.port = server.sockets[0].getsockname()[1]
    made.url = f"{'https' if context else 'http'}://127.0.0.1:{made.port}/"
    try:
        yield made
    finally:
        server.close()
