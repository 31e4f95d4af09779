"""How a connection is ended when its worker leaves: behind the answer to what arrives, and never while bytes of it wait."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
import uvicorn
import uvloop
from uvicorn.server import ServerState

from hoistway.server import http11
from hoistway.web.replies import WHOLE
from tests.serving.test_http11 import Connected

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Held:
    """An application that answers when it is let."""

    def __init__(self) -> None:
        self.let = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await self.let.wait()
        scope["extensions"][WHOLE](200, [(b"content-length", b"2")], b"{}")


def protocol(app: Held) -> tuple[http11.Http11, Connected]:
    config = uvicorn.Config(app, http=http11.Http11, log_config=None)
    config.load()
    made, transport = http11.Http11(config, ServerState(), {}), Connected()
    made.connection_made(cast(Any, transport))
    return made, transport


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(work(), 10)

    asyncio.run(bounded())


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_the_answer_under_way_is_the_last() -> None:
    async def work() -> None:
        app = Held()
        made, transport = protocol(app)
        made.data_received(GET)
        await turns()
        made.leave_soon()
        assert not transport.closed
        app.let.set()
        await turns()
        assert b"\r\nconnection: close\r\n" in b"".join(transport.written)
        assert transport.closed

    run(work)


@pytest.mark.parametrize("begun", [b"", GET[:20]], ids=["rests", "half a request"])
def test_what_arrives_then_is_answered_as_the_last(begun: bytes) -> None:
    async def work() -> None:
        app = Held()
        app.let.set()
        made, transport = protocol(app)
        if begun:
            made.data_received(begun)
        made.leave_soon()
        made.look(time.monotonic() + 1, 30)
        assert not transport.closed
        made.data_received(GET[len(begun) :])
        await turns()
        assert b"\r\nconnection: close\r\n" in b"".join(transport.written)
        assert transport.closed

    run(work)


def test_what_was_sent_ahead_is_answered_and_the_last_of_it_says_so() -> None:
    async def work() -> None:
        app = Held()
        made, transport = protocol(app)
        made.data_received(GET * 3)
        await turns()
        made.leave_soon()
        app.let.set()
        await turns()
        await turns()
        written = b"".join(transport.written)
        assert written.count(b"HTTP/1.1 200 OK") == 3
        assert written.count(b"connection: close") == 1
        assert written.rindex(b"connection: close") > written.rindex(b"HTTP/1.1 200")

    run(work)


def test_who_never_asked_has_as_long_as_who_rests() -> None:
    async def work() -> None:
        made, transport = protocol(Held())
        made.look(time.monotonic() + 20, 30)
        assert not transport.closed
        made.leave_soon()
        made.look(time.monotonic() + made.timeout_keep_alive - 1, 30)
        assert not transport.closed
        made.look(time.monotonic() + made.timeout_keep_alive + 1, 30)
        assert transport.closed

    run(work)


def test_at_the_end_what_rests_is_closed_and_what_has_begun_is_not() -> None:
    async def work() -> None:
        rests, rested = protocol(Held())
        begun, going_on = protocol(Held())
        begun.data_received(GET[:20])
        for one in (rests, begun):
            one.shutdown()
        assert rested.closed
        assert not going_on.closed

    run(work)


def test_a_connection_is_not_closed_on_a_request_that_waits_to_be_read() -> None:
    """What has arrived and is not read yet would be answered with a reset."""

    async def work() -> None:
        loop = asyncio.get_running_loop()
        app = Held()
        app.let.set()
        config = uvicorn.Config(app, http=http11.Http11, log_config=None)
        config.load()
        with (
            socket.create_server(("127.0.0.1", 0)) as listening,
            socket.create_connection(listening.getsockname()) as client,
        ):
            made = http11.Http11(config, ServerState(), {})
            accepted, _peer = listening.accept()
            await loop.connect_accepted_socket(lambda: made, accepted)
            client.sendall(GET)
            # No turn of the loop comes between: the bytes are in the system, not here.
            made.shutdown()
            client.settimeout(0)
            said = b""
            while b"{}" not in said:
                await asyncio.sleep(0)
                try:
                    said += client.recv(1000)
                except BlockingIOError:
                    continue
            assert b"\r\nconnection: close\r\n" in said

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(work(), 10))


def _has_heard(made: http11.Http11) -> bool:
    flow: Any = made.flow
    return flow is not None and (made._ended or flow.is_full or made.transport.is_closing())


async def half_closed(sent: bytes, answers: int) -> None:
    """What a real connection gets that closes its sending half before the application answers."""
    app, loop = Held(), asyncio.get_running_loop()
    config = uvicorn.Config(app, http=http11.Http11, log_config=None)
    config.load()
    made: list[http11.Http11] = []

    def make() -> http11.Http11:
        made.append(http11.Http11(config, ServerState(), {}))
        return made[-1]

    server = await loop.create_server(make, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(sent)
    writer.write_eof()
    # Until its end was seen, or waits behind requests that are not parsed yet.
    while not (made and _has_heard(made[0])):
        await asyncio.sleep(0)
    app.let.set()
    got = await reader.read()
    assert got.count(b"200 OK") == answers
    writer.close()
    server.close()


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize(
    ("sent", "answers"),
    [
        (GET, 1), (GET * 3, 3), (GET + GET[:20], 1), (GET[:20], 0),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf", 0),
    ],
    ids=["one", "three", "one and a half", "half", "half a body"],
)  # fmt: skip
def test_a_client_that_has_said_everything_gets_its_answers(
    loop: Callable[[], asyncio.AbstractEventLoop], sent: bytes, answers: int
) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(asyncio.wait_for(half_closed(sent, answers), 10))
