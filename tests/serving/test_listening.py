"""The parent's sockets, and how the last connections are told from those that begin too late."""

import socket

import pytest

from hoistway.server.listening import CannotServe, Listen, bind, let_nobody_begin, open_sockets
from tests.flows.command import free_port


def test_a_socket_for_each_worker_and_nobody_else_has_the_port() -> None:
    listen = Listen("127.0.0.1", free_port(), workers=3)
    sockets = open_sockets(listen)
    assert {one.getsockname() for one in sockets} == {("127.0.0.1", listen.port)}
    assert len(sockets) == 3
    sockets[0].listen()
    with pytest.raises(CannotServe):
        bind(listen, shared=False)
    for one in sockets:
        one.close()


def test_who_was_connected_is_accepted_and_nobody_begins_any_more() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname(), 10) as connected,
    ):
        let_nobody_begin([listening])
        with pytest.raises(TimeoutError):
            socket.create_connection(listening.getsockname(), 0.2)
        accepted, _peer = listening.accept()
        with accepted:
            connected.sendall(b"question")
            assert accepted.recv(100) == b"question"
            accepted.sendall(b"answer")
            assert connected.recv(100) == b"answer"
