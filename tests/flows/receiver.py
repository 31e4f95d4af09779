"""An application's back-channel logout address: keeps the logout tokens that come, and answers as a test says."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep
from typing import Any
from urllib.parse import parse_qs

import httpx2
import jwt as pyjwt
from msgspec.structs import replace

from hoistway.protocol.ids import ClientId
from hoistway.store.clients import Client, find_client, put_client
from hoistway.store.db import Writer
from tests.server import Served, change


@dataclass
class Receiver:
    """`tokens` are those that came, the oldest first; `status` is the answer, but for people in `refused`."""

    url: str = ""
    status: int = 200
    refused: dict[str, int] = field(default_factory=dict)
    location: str = ""
    tokens: list[str] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, count: int) -> list[str]:
        """Until that many came."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.tokens) >= count, 60), f"{len(self.tokens)} of {count} came"
            return list(self.tokens)


def until(holds: Callable[[], bool]) -> None:
    """Waits for what the server does by itself."""
    deadline = monotonic() + 60
    while not holds():
        assert monotonic() < deadline, "it did not come to pass within a minute"
        sleep(0.05)


def claims_of(served: Served, token: str, audience: str, issuer: str = "") -> dict[str, Any]:
    """What a logout token says, verified with the server's published keys."""
    keys = pyjwt.PyJWKSet.from_dict(httpx2.get(f"{served.url}/oauth2/jwks", verify=served.trust).json())
    header = pyjwt.get_unverified_header(token)
    assert header["typ"] == "logout+jwt"
    known = keys[header["kid"]]
    said: dict[str, Any] = pyjwt.decode(
        token, known.key, [header["alg"]], audience=audience, issuer=issuer or served.url,
        options={"require": ["iss", "aud", "iat", "exp", "jti"]},
    )  # fmt: skip
    assert said["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert "nonce" not in said
    assert 0 < said["exp"] - said["iat"] <= 120
    return said


def register(database: str, client_id: str, uri: str | None, **changes: Any) -> None:
    """As an operator does it, but for the rules on addresses: those of tests are on this machine."""

    async def write(tx: Writer) -> None:
        found = await find_client(tx, ClientId(client_id))
        assert found is not None
        row: Client = replace(found, backchannel_logout_uri=uri, **changes)
        await put_client(tx, row)

    change(database, write)


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            form = parse_qs(body)
            with receiver.came:
                receiver.tokens.append(form["logout_token"][0])
                receiver.heads.append({name.lower(): value for name, value in self.headers.items()})
                receiver.came.notify_all()
            said = pyjwt.decode(form["logout_token"][0], options={"verify_signature": False})
            self.send_response(receiver.refused.get(said.get("sub", ""), receiver.status))
            if receiver.location:
                self.send_header("location", receiver.location)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/logout"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
