"""Places for connections: in all, by address, and a share for those who have none."""

import asyncio
import socket
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
import uvloop

from hoistway.server.accepting import Listener
from hoistway.server.admission import Admission, of_one
from tests.certificate import make_certificate
from tests.engines import drop_database, fresh_database
from tests.server import populate, serving


def test_who_stands_behind_an_address() -> None:
    assert of_one("192.0.2.7") == "192.0.2.7"
    assert of_one("::ffff:192.0.2.7") == "192.0.2.7"
    assert of_one("2001:db8:1:2:3:4:5:6") == of_one("2001:db8:1:2::1%eth0") == "2001:db8:1:2::"
    assert of_one("2001:db8:1:3::1") != of_one("2001:db8:1:2::1")


def test_an_address_has_its_share() -> None:
    admission = Admission(100, 10)
    places = [admission.enter("192.0.2.1") for _ in range(12)]
    assert [place is not None for place in places] == [True] * 10 + [False] * 2
    assert admission.enter("192.0.2.2") is not None
    for place in places:
        if place is not None:
            place.leave()
            place.leave()
    assert admission.open == 1
    assert admission.enter("192.0.2.1") is not None


def test_the_last_places_are_for_who_has_none() -> None:
    """A few addresses can't take everything, whatever one may have."""
    admission = Admission(100, 60)
    for name in ("a", "b", "c"):
        while admission.enter(name) is not None:
            pass
    assert admission.open < 100
    assert admission.enter("d") is not None


def test_in_all_behind_a_proxy() -> None:
    """All connections are the proxy's, and it is for it to say who has how many."""
    admission = Admission(100, None)
    assert sum(admission.enter("192.0.2.1") is not None for _ in range(120)) == admission.open == 100


def test_plain_http_on_the_port_for_https(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The log says so, once for many."""
    url = fresh_database("sqlite", populate)
    with serving(url, certificate=make_certificate(tmp_path)) as served:
        for _ in range(3):
            where = urlsplit(served.url)
            with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                try:
                    while connection.recv(1000):
                        pass
                except ConnectionError:
                    pass
    drop_database(url)
    said = [record for record in caplog.records if record.getMessage() == "plain http on the port for https"]
    assert len(said) == 1
    assert said[0].facts["address"] == "127.0.0.1"  # type: ignore[attr-defined]


class Arriving(asyncio.Protocol):
    """As much of a connection as its acceptance knows."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.seen.append("made")

    def shutdown(self) -> None:
        self.seen.append("shut down")
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.seen.append("lost")


def test_a_connection_that_arrives_at_the_end_is_ended() -> None:
    """Half made it would be counted as open, and the server would wait for it in vain."""

    async def arrived_late() -> list[str]:
        made = Arriving()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listener = Listener(listening, lambda _place: cast(Any, made), Admission(10, None), None)
            with socket.create_connection(listening.getsockname()):
                while not made.seen and not listener._arriving:
                    await asyncio.sleep(0)
                listener.close()
                listener.give_up()
                while "lost" not in made.seen:
                    await asyncio.sleep(0)
        return made.seen

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(asyncio.wait_for(arrived_late(), 10)) == ["made", "shut down", "lost"]
