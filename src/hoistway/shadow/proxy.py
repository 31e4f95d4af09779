"""The ASGI application: reads a request, lets one side answer it, and offers both for comparison (https://asgi.readthedocs.io)."""

import asyncio
import re
import ssl
import threading
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import msgspec

from hoistway.journal import LOG, random_id
from hoistway.replay.carrying import Which
from hoistway.replay.comparing import shape_of
from hoistway.replay.sending import Answer, Side
from hoistway.shadow.asked import Asked, Whose, whose
from hoistway.shadow.compared import Comparing
from hoistway.shadow.settings import Rules, Wanted

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MOST_BODY: Final = 4 * 1024 * 1024
AT_ONCE: Final = 64
MOST_BYTES: Final = 128 * 1024 * 1024
"""Of bodies that are held, in all."""
WAITING: Final = 512
"""Requests that wait for one of AT_ONCE; those beyond are refused."""
# Of one connection alone (RFC 9110 section 7.6.1), or said anew for the next one.
_HOP: Final = frozenset(
    (
        "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-authenticate", "proxy-authorization",
        "proxy-connection", "host", "content-length", "expect", "accept-encoding",
    )
)  # fmt: skip


_FOLD: Final = re.compile(r"[\r\n]+[ \t]+")
_UNSENDABLE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class TooLarge(Exception):
    """The body is longer than MOST_BODY."""


class Full(Exception):
    """There is no room."""


class Gone(Exception):
    """The client left before its request was whole."""


class Proxy:
    """`rules` may be exchanged while it serves: each request goes by those that were there when it arrived."""

    def __init__(self, wanted: Wanted, rules: Rules, trust: ssl.SSLContext, comparing: Comparing) -> None:
        self.wanted, self.rules = wanted, rules
        self._trust, self._comparing = trust, comparing
        self._pool = ThreadPoolExecutor(AT_ONCE, "forwarding")
        self._mine = threading.local()
        self._held = self._bytes = 0
        self.answered = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for word in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{word}.complete"})
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        body: list[bytes] = []
        try:
            await self._read(receive, body)
            if self._held >= AT_ONCE + WAITING:
                raise Full
            self._held += 1
            try:
                self.answered += 1
                await self._pass_on(send, _asked(scope, b"".join(body), self.answered))
            finally:
                self._held -= 1
        except TooLarge:
            await _refuse(send, 413, f"The body is longer than {MOST_BODY >> 20} MB: send a shorter one.")
        except Full:
            await _refuse(send, 503, "Too much waits for the system behind this proxy: try again in a few seconds.")
        except Gone:
            return
        finally:
            self._bytes -= sum(map(len, body))

    async def _read(self, receive: Receive, body: list[bytes]) -> None:
        """Adds the body's parts. Those of all requests together are bounded, too. Raises TooLarge, Full, Gone."""
        length = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise Gone
            part = message.get("body", b"")
            body.append(part)
            length += len(part)
            self._bytes += len(part)
            if length > MOST_BODY:
                raise TooLarge
            if self._bytes > MOST_BYTES:
                raise Full
            if not message.get("more_body", False):
                return

    async def _pass_on(self, send: Send, asked: Asked) -> None:
        rules, loop = self.rules, asyncio.get_running_loop()
        about, by, answer = await loop.run_in_executor(self._pool, self._answer, asked, rules)
        if answer.failed is not None:
            LOG.warning("no answer", side=by, path=shape_of(asked.path), because=answer.failed)
            await _refuse(
                send, 502, "The system behind this proxy gives no answer that holds: try again in a few seconds."
            )
            return
        await _send(send, answer, asked.method)
        self._comparing.offer(asked, about, by, answer, rules)

    def _answer(self, asked: Asked, rules: Rules) -> tuple[Whose, Which, Answer]:
        """In a thread: reading a form takes as long as its sender likes."""
        about = whose(asked)
        by = self.who(about, rules)
        answer = self._forward(asked, by, rules)
        if any(_UNSENDABLE.search(value) for _, value in _lines_of(answer)):
            answer = Answer(0, {}, b"", "a header holds what no header may hold")
        return about, by, answer

    def who(self, about: Whose, rules: Rules) -> Which:
        """The side that answers."""
        usual, switched = self.wanted.answers, rules.switched
        if about.application in switched.applications or about.tenants & switched.tenants:
            return "new" if usual == "old" else "old"
        return usual

    def _forward(self, asked: Asked, by: Which, rules: Rules) -> Answer:
        side: Side | None = getattr(self._mine, by, None)
        if side is None:
            side = Side(self._trust, self.wanted.seconds)
            setattr(self._mine, by, side)
        base, target = (
            (self.wanted.old, asked.target) if by == "old" else (self.wanted.new, rules.renamed(asked.target))
        )
        return side.ask(base, asked.method, target, asked.headers, asked.body)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _asked(scope: Scope, body: bytes, number: int) -> Asked:
    raw, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    gathered: dict[str, str] = {}
    for key, value in scope["headers"]:
        name, text = key.decode("latin-1"), value.decode("latin-1")
        if name not in _HOP:
            glue = "; " if name == "cookie" else ", "
            gathered[name] = f"{gathered[name]}{glue}{text}" if name in gathered else text
    client = scope["client"]
    if client is not None:
        before = gathered.get("x-forwarded-for")
        gathered["x-forwarded-for"] = client[0] if before is None else f"{before}, {client[0]}"
    gathered["accept-encoding"] = "identity"
    return Asked(scope["method"], raw + (f"?{query}" if query else ""), tuple(gathered.items()), body, number)


def _lines_of(answer: Answer) -> list[tuple[str, str]]:
    """Lines that were folded are one again (RFC 9112 section 5.2)."""
    every = ((name.lower(), _FOLD.sub(" ", value)) for name, value in answer.lines)
    return [(name, value) for name, value in every if name not in _HOP]


async def _send(send: Send, answer: Answer, method: str) -> None:
    lines = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in _lines_of(answer)]
    # To HEAD, and with 304, it tells the length of what is not sent (RFC 9110 section 8.6).
    told = answer.headers.get("content-length") if method == "HEAD" or answer.status == 304 else str(len(answer.body))
    if told is not None and answer.status != 204:
        lines.append((b"content-length", told.encode("latin-1")))
    await _start(send, answer.status, lines, answer.body)


async def _refuse(send: Send, status: int, text: str) -> None:
    correlation_id = random_id()
    error = "invalid_request" if status == 413 else "temporarily_unavailable"
    body = msgspec.json.encode({"error": error, "error_description": text, "correlation_id": correlation_id})
    lines = [
        (b"content-type", b"application/json"), (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"),
        (b"x-correlation-id", correlation_id.encode()), (b"content-length", b"%d" % len(body)),
    ]  # fmt: skip
    if status >= 500:
        lines.append((b"retry-after", b"5"))
    await _start(send, status, lines, body)


async def _start(send: Send, status: int, lines: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
