"""Finished answers leave whole: on kept connections, in a row, without a body, and never with a header that is two."""

import asyncio
import base64
import gc
import json
import re
import socket
import time
import weakref
from functools import partial
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from hoistway.server import http11
from hoistway.server.finished import answer
from hoistway.web.replies import WHOLE
from tests.server import Served
from tests.world import SECRET

JSON = (b"content-type", b"application/json")
LENGTH = (b"content-length", b"2")


class Transport:
    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.closed = True


class Connected(Transport):
    def get_extra_info(self, _name: str) -> None:
        return None

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def cycle(method: str = "GET", *, keep_alive: bool = True, **changed: Any) -> RequestResponseCycle:
    flow = SimpleNamespace(write_paused=changed.pop("write_paused", False))
    made = RequestResponseCycle(
        scope=cast(Any, {"method": method, "extensions": {"x": object()}}), transport=cast(Any, Transport()),
        flow=cast(Any, flow), logger=cast(Any, None), access_logger=cast(Any, None), access_log=False,
        default_headers=[(b"date", b"now")], message_event=cast(Any, SimpleNamespace(set=lambda: None)),
        expect_100_continue=False, keep_alive=keep_alive, on_response=lambda: None,
    )  # fmt: skip
    for name, value in changed.items():
        setattr(made, name, value)
    return made


def written(made: RequestResponseCycle) -> list[bytes]:
    return cast(Transport, made.transport).written


def test_one_write() -> None:
    made = cycle()
    assert answer(made, 200, [JSON, LENGTH], b"{}")
    head = b"HTTP/1.1 200 OK\r\ndate: now\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n"
    assert written(made) == [head + b"{}"]
    assert made.response_started
    assert made.response_complete
    assert not cast(Transport, made.transport).closed


def test_head_has_no_body() -> None:
    made = cycle("HEAD")
    assert answer(made, 200, [JSON, LENGTH], b"{}")
    assert written(made)[0].endswith(b"content-length: 2\r\n\r\n")


def test_the_last_answer_of_a_connection() -> None:
    made = cycle(keep_alive=False)
    assert answer(made, 200, [JSON, LENGTH], b"{}")
    assert b"\r\nconnection: close\r\n" in written(made)[0]
    assert cast(Transport, made.transport).closed


@pytest.mark.parametrize("state", ["write_paused", "disconnected", "response_started"])
def test_left_to_send(state: str) -> None:
    made = cycle("GET", keep_alive=True, **cast(Any, {state: True}))
    assert not answer(made, 200, [JSON, LENGTH], b"{}")
    assert written(made) == []


@pytest.mark.parametrize("bad", [b"a\r\nset-cookie: x=y", b"a\nb", b"a\rb", b"a\x00b", b"a\x7fb", b"a\x0bb"])
@pytest.mark.parametrize("where", [0, 1])
def test_no_header_is_two(bad: bytes, where: int) -> None:
    made = cycle()
    header = (bad, b"x") if where == 0 else (b"x", bad)
    with pytest.raises(RuntimeError):
        answer(made, 200, [JSON, header], b"{}")
    assert written(made) == []
    assert not made.response_started, "the fault itself can still be answered"


async def _answers(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    scope["extensions"][WHOLE](200, [LENGTH], b"{}")


def test_a_connection_that_rests_is_ended() -> None:
    """As soon as uvicorn's own timer would have; until then it may ask again, and then the time begins anew."""

    async def over() -> list[bool]:
        config = uvicorn.Config(_answers, http=http11.Http11, log_config=None)
        config.load()
        made = http11.Http11(config, ServerState(), {})
        transport = Connected()
        made.connection_made(cast(Any, transport))
        seen = []
        for later in (config.timeout_keep_alive - 1, config.timeout_keep_alive + 1):
            made.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            # Nothing rests that is not answered yet.
            made.look(time.monotonic() + 1000, 2000)
            seen.append(transport.closed)
            while not transport.written:
                await asyncio.sleep(0)
            transport.written.clear()
            made.look(time.monotonic() + later, 2000)
            seen.append(transport.closed)
        made.connection_lost(None)
        return seen

    assert asyncio.run(over()) == [False, False, False, True]


def ask(served: Served, *requests: str) -> bytes:
    """All are sent at once; the last says that it is."""
    where = urlsplit(served.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        connection.sendall("".join(requests).encode())
        answered = b""
        while part := connection.recv(65536):
            answered += part
    return answered


def test_requests_in_a_row_are_answered_in_order(served: Served) -> None:
    body = "grant_type=nonsense&client_id=spa"
    form = (
        f"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    last = "GET /api/v1/units HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answered = ask(served, form, "HEAD /oauth2/jwks HTTP/1.1\r\nHost: x\r\n\r\n", form, last)
    assert re.findall(rb"HTTP/1\.1 (\d+) ", answered) == [b"400", b"200", b"400", b"401"]
    assert answered.count(b'"error":"unsupported_grant_type"') == 2
    assert b'"keys"' not in answered
    assert answered.count(b"\r\nx-correlation-id: ") == 4


def test_a_client_of_http_1_0_is_let_go(served: Served) -> None:
    answered = ask(served, "GET /oauth2/jwks HTTP/1.0\r\n\r\n")
    assert b"connection: close" in answered
    assert b'"keys"' in answered


def test_what_is_answered_is_gone_at_once() -> None:
    """Without waiting for the garbage collector, which would look at the whole heap for it again and again."""
    made = cycle()
    made.scope["extensions"] = cast(Any, {WHOLE: partial(answer, made)})
    seen = weakref.ref(made)
    assert answer(made, 200, [JSON, LENGTH], b"{}")
    gc.disable()
    try:
        del made
        assert seen() is None
    finally:
        gc.enable()


def raw(served: Served, *parts: bytes) -> bytes:
    """Whatever comes back until the server closes; it may close while parts are still to be sent."""
    where = urlsplit(served.url)
    answered = b""
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        try:
            for part in parts:
                connection.sendall(part)
            while part := connection.recv(65536):
                answered += part
        except ConnectionError:
            pass
    return answered


FORM = b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"


@pytest.mark.parametrize(
    "nonsense",
    [
        b"FOO / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nhOST: y\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x/y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a@x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x:80:80\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        FORM + b"Content-Length: -1\r\n\r\n",
        FORM + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        FORM + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_refused_like_the_rest(
    served: Served, nonsense: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answered = raw(served, nonsense)
    assert answered.startswith(b"HTTP/1.1 400 ")
    assert answered.count(b"HTTP/1.1 ") == 1
    found = re.search(rb"\r\nx-correlation-id: (\S+)\r\n", answered)
    assert found
    body = json.loads(answered.partition(b"\r\n\r\n")[2])
    assert body["error"] == "invalid_request"
    assert body["correlation_id"] == found[1].decode()
    assert body["correlation_id"] in [cast(Any, record).facts.get("correlation_id") for record in caplog.records]


@pytest.mark.parametrize("version", [b"2.0", b"0.9"])
def test_a_version_that_is_not_spoken(served: Served, version: bytes) -> None:
    """RFC 9110 section 15.6.6: and nothing behind it is read."""
    answered = raw(
        served, b"GET /healthz HTTP/" + version + b"\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    assert re.findall(rb"HTTP/1\.1 (\d+) ", answered) == [b"505"]
    assert json.loads(answered.partition(b"\r\n\r\n")[2])["error"] == "invalid_request"


@pytest.mark.parametrize("host", [b"x", b"x.example:8080", b"[::1]:8080", b"127.0.0.1", b"", b"a_b.example:"])
def test_one_host_is_taken(served: Served, host: bytes) -> None:
    answered = raw(served, b"GET /healthz HTTP/1.1\r\nConnection: close\r\nHost: " + host + b"\r\n\r\n")
    assert answered.startswith(b"HTTP/1.1 200 ")


ENDLESS = [b"a" * 16384] * 64


@pytest.mark.parametrize(
    "begun",
    [
        b"GET /",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ",
        b"GET /healthz HTTP/1.1\r\n",
        FORM + b"Transfer-Encoding: chunked\r\n\r\n5;",
        FORM + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ",
    ],
)
def test_a_head_without_end(served: Served, begun: bytes) -> None:
    """It is cut off long before it fills the memory; a client that goes on sending may miss the answer."""
    answered = raw(served, begun, *ENDLESS)
    assert b" 431 " in answered or answered == b""
    assert raw(served, b"GET /healthz HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(("size", "status"), [(60_000, b"200"), (70_000, b"431")])
def test_how_long_a_head_may_be(served: Served, size: int, status: bytes) -> None:
    whole = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: " + b"a" * size + b"\r\n\r\n"
    assert raw(served, whole).startswith(b"HTTP/1.1 " + status)
    assert raw(served, whole[:40_000], whole[40_000:]).startswith(b"HTTP/1.1 " + status)


def test_nonsense_behind_a_request_waits_for_its_answer(served: Served) -> None:
    body = b"grant_type=nonsense&client_id=spa"
    asked = FORM + b"Content-Length: %d\r\n\r\n" % len(body) + body
    answered = raw(served, asked + b"nonsense\r\n\r\n")
    assert answered.count(b"HTTP/1.1 ") == 1
    assert b"unsupported_grant_type" in answered


def test_a_body_that_breaks_behind_a_request_waits_for_its_answer(served: Served) -> None:
    body = b"grant_type=nonsense&client_id=spa"
    asked = FORM + b"Content-Length: %d\r\n\r\n" % len(body) + body
    answered = raw(served, asked + asked + FORM + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n")
    assert re.findall(rb'"error":"(\w+)"', answered) == [b"unsupported_grant_type"] * 2 + [b"invalid_request"]
    assert answered.count(b"HTTP/1.1 ") == 3


@pytest.mark.parametrize("offer", [b"websocket", b"foo/2"])
def test_a_body_behind_an_offer_is_no_request(served: Served, offer: bytes) -> None:
    """RFC 9110 section 7.8: another protocol is not spoken, and what the parser left unread does not become a request."""
    body = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    offered = FORM + b"Connection: Upgrade\r\nUpgrade: " + offer + b"\r\nContent-Length: %d\r\n\r\n" % len(body)
    for parts in ((offered + body,), (offered, body)):
        answered = raw(served, *parts)
        assert answered.count(b"HTTP/1.1 ") == 1
        assert b"connection: close" in answered
        assert b'"up"' not in answered


def test_trailers_are_no_headers(served: Served) -> None:
    body = b"grant_type=client_credentials"
    chunked = b"%x\r\n%b\r\n0\r\nAuthorization: Basic ZGFlbW9uOng=\r\n\r\n" % (len(body), body)
    answered = raw(served, FORM + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n", chunked)
    assert b"client_id is missing" in answered


def test_a_request_that_never_comes_whole(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server ends it; on a slow machine before it has begun, and then without an answer."""
    monkeypatch.setattr(http11, "ARRIVES_WITHIN", 0.3)
    for begun in (b"GET /hea", FORM + b"Content-Length: 9\r\n\r\nx"):
        answered = raw(served, begun)
        assert answered == b"" or answered.startswith(b"HTTP/1.1 408 ")
    assert raw(served) == b""


@pytest.mark.parametrize("blank", [b" ", b"\t", b" \t "])
def test_white_space_around_a_value_is_no_part_of_it(served: Served, blank: bytes) -> None:
    """RFC 9112 section 5.1, for whichever header."""
    authorization = b"Basic " + base64.b64encode(f"daemon:{SECRET}".encode())
    body = b"grant_type=client_credentials"
    said = {
        b"Host": b"x",
        b"Authorization": authorization,
        b"Content-Type": b"application/x-www-form-urlencoded",
        b"Content-Length": b"%d" % len(body),
        b"Origin": b"http://127.0.0.1:8499",
        b"Connection": b"close",
    }
    lines = [b"%b:%b%b%b\r\n" % (name, blank, value, blank) for name, value in said.items()]
    answered = raw(served, b"POST /oauth2/token HTTP/1.1\r\n" + b"".join(lines) + b"\r\n" + body)
    assert answered.startswith(b"HTTP/1.1 200 "), answered
    assert b"\r\naccess-control-allow-origin: http://127.0.0.1:8499\r\n" in answered
