"""The parts of libraries on which the server relies although their documentation does not promise them
(docs/adr/0024-reload.md).

They are checked at each start, because a version that is installed later may have changed them. If uvicorn's have
changed, uvicorn's own server and protocol answer instead. The parts on which other rooms rely are in the table, too;
there is no substitute for them, and only the tests check them.
"""

import asyncio
import inspect
import socket
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

_HTTP = "uvicorn.protocols.http.httptools_impl"
_FLOW = "uvicorn.protocols.http.flow_control"

# Functions with the names of their parameters; None for anything that is not a function.
UVICORN: Mapping[str, str | None] = {
    # http11.py and ahead.py extend these
    f"{_HTTP}:HttpToolsProtocol": "config, server_state, app_state, _loop",
    f"{_HTTP}:HttpToolsProtocol.connection_made": "self, transport",
    f"{_HTTP}:HttpToolsProtocol.connection_lost": "self, exc",
    f"{_HTTP}:HttpToolsProtocol.data_received": "self, data",
    f"{_HTTP}:HttpToolsProtocol.resume_writing": "self",
    f"{_HTTP}:HttpToolsProtocol.shutdown": "self",
    f"{_HTTP}:HttpToolsProtocol.timeout_keep_alive_handler": "self",
    f"{_HTTP}:HttpToolsProtocol.on_message_begin": "self",
    f"{_HTTP}:HttpToolsProtocol.on_header": "self, name, value",
    f"{_HTTP}:HttpToolsProtocol.on_headers_complete": "self",
    f"{_HTTP}:HttpToolsProtocol.on_body": "self, body",
    f"{_HTTP}:HttpToolsProtocol.on_message_complete": "self",
    f"{_HTTP}:HttpToolsProtocol.on_response_complete": "self",
    f"{_HTTP}:HttpToolsProtocol.send_400_response": "self, msg",
    f"{_HTTP}:HttpToolsProtocol._start_asgi_task": "self, cycle, app",
    f"{_HTTP}:HttpToolsProtocol._unsupported_upgrade_warning": "self",
    f"{_FLOW}:FlowControl": "transport",
    f"{_FLOW}:FlowControl.pause_reading": "self",
    f"{_FLOW}:FlowControl.resume_reading": "self",
    # finished.py writes with this
    f"{_HTTP}:STATUS_LINE": None,
    # serving.py extends these
    "uvicorn.server:Server": "config",
    "uvicorn.server:Server.startup": "self, sockets",
    "uvicorn.server:Server.shutdown": "self, sockets",
    "uvicorn.server:Server.on_tick": "self, counter",
    "uvicorn.server:Server.handle_exit": "self, sig, frame",
    "uvicorn.server:Server.run": "self, sockets",
}

# Everything else the code relies on that begins with an underscore or is documented nowhere.
OTHERS: Mapping[str, str | None] = {
    # routing.py: the expression of a path, as Starlette's own router has it
    "starlette.routing:compile_path": "path",
    # web/forms.py: what Starlette's reader of forms raises
    "starlette.formparsers:MultiPartException": None,
    # store/db.py compiles for asyncpg's placeholders, and runs the text on the driver
    "sqlalchemy.dialects.postgresql.asyncpg:dialect": None,
    # commands/nouns.py reads every word that was typed in `invoke`
    "typer.core:TyperCommand": None,
    "typer.core:TyperCommand.invoke": "self, ctx",
}

# Attributes that exist only on instances.
ATTRIBUTES: Mapping[str, str] = {
    # web/replies.py fills these itself, and Starlette sends them
    "starlette.responses:Response": "status_code background body raw_headers",
    # store/db.py reads these once for each statement
    "sqlalchemy.sql.compiler:SQLCompiler": "bind_names positiontup",
}

LOST = (
    "answers leave in two writes, connections, heads and requests sent ahead have no bounds, answers that nobody takes are kept, "
    "and a reload may break off connections that rest"
)


def shape_of(name: str) -> str | None:
    """The parameters of the function at `module:Class.method`, None where it is no function. Raises ImportError,
    AttributeError."""
    module, _, path = name.partition(":")
    found: Any = import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    if not (inspect.isfunction(found) or inspect.isclass(found)):
        return None
    return ", ".join(inspect.signature(found).parameters)


def find_changed(parts: Mapping[str, str | None]) -> Iterator[str]:
    for name, shape in parts.items():
        try:
            found = shape_of(name)
        except (ImportError, AttributeError):
            yield f"{name} is gone"
            continue
        except (TypeError, ValueError):
            found = None
        if shape is not None and found != shape:
            yield f"{name} takes ({found})"


class _Transport:
    """As much of a transport as a request needs."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def get_extra_info(self, _name: str) -> socket.socket | None:
        return None

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing is open."""

    pause_reading = resume_reading = close


def _conversation() -> tuple[Any, list[Any], _Transport]:
    """Runs uvicorn's protocol with two requests, of which the second waits for the first and says that it is the last."""
    uvicorn, http = import_module("uvicorn"), import_module(_HTTP)
    begun: list[Any] = []

    class Heard(http.HttpToolsProtocol):  # type: ignore[misc, name-defined]  # found by name
        def _start_asgi_task(self, cycle: Any, app: Any) -> None:
            begun.append(cycle)

    async def app(_scope: object, _receive: object, _send: object) -> None:
        """Never called."""

    config = uvicorn.Config(app, ws="none", log_config=None, lifespan="off")
    state = import_module("uvicorn.server").ServerState()
    protocol, transport = Heard(config, state, {}, object()), _Transport()
    protocol.connection_made(transport)
    protocol.data_received(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
    protocol.data_received(b"GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    return protocol, begun, transport


def _said(cycle: Any, transport: _Transport) -> bytes:
    """The head that `send` writes; it waits for nothing here."""
    sending = cycle.send({"type": "http.response.start", "status": 200, "headers": []})
    try:
        sending.send(None)
    except StopIteration:
        return transport.written
    return b""


def _answers_differently() -> Iterator[str]:
    """Differences that no signature shows: in attributes, and in what the answers say."""
    protocol, begun, transport = _conversation()
    first, (second, app) = begun[0], protocol.pipeline[0]
    for holder, names in (
        (protocol, "loop parser headers scope url flow client transport timeout_keep_alive expect_100_continue cycle"),
        (protocol.server_state, "total_requests connections tasks default_headers"),
        (
            first,
            "scope transport flow default_headers message_event on_response disconnected keep_alive response_started",
        ),
        (first, "response_complete waiting_for_100_continue"),
        (protocol.flow, "read_paused write_paused"),
        (protocol.parser, "get_http_version should_upgrade should_keep_alive"),
        (protocol.config, "ssl backlog timeout_keep_alive timeout_graceful_shutdown callback_notify"),
    ):
        yield from (f"{type(holder).__name__}.{name} is gone" for name in names.split() if not hasattr(holder, name))
    agreed = {
        "the parser's callbacks": first.scope["path"] == "/a" and second.scope["path"] == "/b",
        "the queue of requests": len(begun) == 1 and protocol.cycle is second and app is not None,
        "reading that pauses": protocol.flow.read_paused is True,
        "a connection that goes on": first.keep_alive is True,
        "a connection that the client ends": second.keep_alive is False,
        "the set of connections": protocol in protocol.server_state.connections,
        "what the last answer says": b"\r\nconnection: close\r\n" in _said(second, transport),
        "what ends a wait for the body": isinstance(first.message_event, asyncio.Event),
    }
    yield from (f"{what} changed" for what, holds in agreed.items() if not holds)


def what_uvicorn_changed() -> list[str]:
    """Empty where uvicorn is as `server/` expects it."""
    changed = list(find_changed(UVICORN))
    if changed:
        return changed
    try:
        return list(_answers_differently())
    except Exception as error:
        return [f"a request is read differently: {error!r}"]
