"""The real server on a free loopback port, in a thread of the test process."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import uvicorn
from msgspec.structs import replace
from starlette.responses import Response
from starlette.types import Receive, Scope

from hoistway import clock
from hoistway.engine import Engine
from hoistway.server import housekeeping
from hoistway.server.app import App
from hoistway.server.http11 import Http11
from hoistway.server.metrics.board import Board
from hoistway.server.serving import Server
from hoistway.settings import Settings
from hoistway.store.db import Writer
from hoistway.store.migrate import migrate
from hoistway.store.open import open_database
from hoistway.store.patience import begin
from hoistway.tokens.keyring import rotate_due
from hoistway.tokens.vault import Vault
from tests.certificate import Certificate
from tests.world import HOME, make_world

MASTER_KEY = bytes(range(32))
# uvicorn looks every tenth of a second whether it should end, and waits as long for what its connections still say: a fifth of a
# second for each of a thousand servers, in which nothing happens.
_LOOKS_EVERY = 0.01


class _Prompt:
    """asyncio for uvicorn's server, which does not sleep so long."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, _LOOKS_EVERY))


uvicorn.server.asyncio = _Prompt()  # type: ignore[attr-defined, assignment]
# What is old is cleared away when a test says so: in a test that takes a minute beside another load, rows would go while it
# compares what the database holds before and after.
housekeeping.ROUND_EVERY = 86_400.0


PATIENT: Final = 20.0
"""Seconds that a test's server may take for an answer, and then says 503. The product's limit is shorter than what a busy machine may keep a
process waiting, and then the test of anything at all would hear that the database does not answer."""


class PatientApp(App):
    """Waits for the database so long, and otherwise does what the product does."""

    def __init__(
        self,
        settings: Settings,
        now: Callable[[], int] = clock.now,
        *,
        board: Board | None = None,
        within: float = PATIENT,
    ) -> None:
        super().__init__(settings, now, board=board)
        self._within = within

    async def _answer(self, engine: Engine, scope: Scope, receive: Receive) -> Response:
        begin(self._within)
        return await super()._answer(engine, scope, receive)


@dataclass(frozen=True)
class Served:
    """`home` is where the applications of its world live; `trust` tells clients whose certificates to accept."""

    url: str
    database: str
    home: str = HOME
    trust: ssl.SSLContext | bool = True


async def prepare(database: str, home: str = HOME) -> None:
    """Keys and the world of tests/world in a migrated database."""
    db = await open_database(database)
    await rotate_due(db, Vault(MASTER_KEY), clock.now(), lifetime=10**8, lead=10)
    await make_world(db, home)
    await db.close()


def populate(database: str) -> None:
    """Schema, keys and world in an empty database."""
    migrate(database)
    asyncio.run(prepare(database))


@dataclass
class Clock:
    """What a test passes as `now`, to turn it. It begins at the present, because the world's keys sign from then on."""

    at: int = field(default_factory=clock.now)

    def __call__(self) -> int:
        return self.at

    def turn(self, seconds: int) -> None:
        self.at += seconds


def change(database: str, work: Callable[[Writer], Awaitable[None]]) -> None:
    """What another process writes, in one transaction."""

    async def run() -> None:
        db = await open_database(database)
        async with db.write() as tx:
            await work(tx)
        await db.close()

    asyncio.run(run())


@contextmanager
def serving(
    database: str,
    *,
    home: str = HOME,
    now: Callable[[], int] = clock.now,
    certificate: Certificate | None = None,
    host: str = "127.0.0.1",
    board: Board | None = None,
    port: int = 0,
    within: float = PATIENT,
    **changes: object,
) -> Iterator[Served]:
    """Starts it, and stops it as SIGTERM would; over https with a `certificate`, with metrics on a `board`. Its answers come `within` these
    seconds: tests of the waiting itself say ANSWER_WITHIN. `host` is the name by which it is reached. `changes` are settings."""
    # The protocol is named, for asyncio turns Nagle's delay off only then: 40 ms an answer.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        url = f"{'https' if certificate else 'http'}://{host}:{listening.getsockname()[1]}"
        settings = replace(Settings(url, database, MASTER_KEY, staff_factors=False), **changes)
        config = uvicorn.Config(
            PatientApp(settings, now, board=board, within=within),
            http=Http11,
            lifespan="on",
            access_log=False,
            log_level="error",
            timeout_graceful_shutdown=2,
            ssl_certfile=None if certificate is None else certificate.chain,
            ssl_keyfile=None if certificate is None else certificate.key,
        )
        # Heard from now on: it is said to have started a moment before it listens itself.
        listening.listen()
        server = Server(config, settings, board, patient=False)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
        thread.start()
        while not server.started and thread.is_alive():
            thread.join(0.01)
        if not server.started:
            raise RuntimeError("the server did not start")
        try:
            yield Served(url, database, home, True if certificate is None else certificate.trust())
        finally:
            server.should_exit = True
            thread.join(10)
