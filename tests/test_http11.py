"""Finished answers leave whole: on kept connections, in a row, without a body, and never with a header that is two."""

import gc
import re
import socket
import weakref
from functools import partial
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from hoistway.http11 import answer
from hoistway.web.replies import WHOLE
from tests.server import Served

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
