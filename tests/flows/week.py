"""A week of programs of the installed base, by a clock that is turned: tokens, calls, refreshes, while keys rotate, the server restarts
and the database goes away. What a program can't do by itself is counted as a sign-in by hand, which must not happen.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode, urlsplit

import pytest

from hoistway.server import housekeeping
from hoistway.store.migrate import migrate
from hoistway.store.patience import ANSWER_WITHIN
from tests.certificate import make_certificate
from tests.cli.running import answer
from tests.engines import (
    EngineName,
    drop_database,
    fresh_database,
    kill_postgresql,
    start_postgresql,
    url_on,
)
from tests.flows.moved import API_URI, imported
from tests.imports.graph import DOMAIN, oid
from tests.server import Clock, serving
from tests.world import PASSWORD

WEEK = 7 * 86_400
PAUSE = 5  # seconds of the turned clock until a program that was refused tries again
PASSES = 40
Habit = Literal["each call", "refresh", "both"]
HABITS: tuple[Habit, ...] = ("each call", "refresh", "both")
TOKEN = f"/{DOMAIN}/B2C_1_ROPC/oauth2/v2.0/token"
Event = Literal["rotation", "restart", "outage"]


class Again(Exception):
    """What the program tries again later, by its kind."""


class ByHand(Exception):
    """What only a person helps from."""


@dataclass
class Installation:
    """The server whose database, keys and process the week disturbs."""

    clock: Clock
    port: int
    go: Callable[[], object]
    come_back: Callable[[], object]
    serve: Callable[[], None]
    stop: Callable[[], None]
    connection: Callable[[], HTTPSConnection]
    key: str


class Program:
    """One daemon. With `refresh` it had its password once, as a program whose token cache was filled by a person; with `both` it sends
    the password again where a refresh is refused."""

    def __init__(self, name: str, habit: Habit, clock: Clock, counts: "Counter[str]", key: str) -> None:
        self.name, self.habit, self.clock, self.counts, self.key = name, habit, clock, counts, key
        self.access, self.refresh_token, self.until, self.calls = "", "", 0, 0

    def act(self, connection: HTTPSConnection) -> None:
        """Its token as its habit has it, and one call. Raises Again, ByHand."""
        if self.habit == "each call" or not self.access or self.clock() >= self.until - 60:
            self._renew(connection)
        headers = {"authorization": f"Bearer {self.access}", "ocp-apim-subscription-key": self.key}
        status, _said = self._ask(connection, "GET", "/api/v1/units?limit=1", None, headers)
        if status == 401:  # revoked, or too old by the server's clock
            self.until = 0
            raise Again("call: 401")
        if status != 200:
            raise ByHand(f"{self.name}: call {status}")
        self.calls += 1
        self.counts["calls"] += 1

    def _renew(self, connection: HTTPSConnection) -> None:
        if self.habit != "each call" and self.refresh_token:
            form = {"grant_type": "refresh_token", "refresh_token": self.refresh_token, "client_id": oid("ropc")}
            if self._token(connection, "refreshes", {**form, "resource": oid("ropc")}):
                return
            if self.habit == "refresh":
                raise ByHand(f"{self.name}: its refresh token is refused")
            self.counts["refused refreshes, password sent again"] += 1
        scope = API_URI if self.habit == "each call" else f"{API_URI} offline_access"
        form = {"grant_type": "password", "username": self.name, "password": PASSWORD, "client_id": oid("ropc")}
        if not self._token(connection, "tokens by password", {**form, "scope": scope}):
            raise ByHand(f"{self.name}: its password is refused")

    def _token(self, connection: HTTPSConnection, kind: str, form: dict[str, str]) -> bool:
        sent = {"content-type": "application/x-www-form-urlencoded"}
        status, said = self._ask(connection, "POST", TOKEN, urlencode(form), sent)
        if status != 200:
            self.counts[f"{status} {said.get('error_description', '')[:11]}"] += 1
            return False
        self.counts[kind] += 1
        self.access, self.refresh_token = said["access_token"], said.get("refresh_token", "")
        self.until = self.clock() + int(said["expires_in"])
        return True

    def _ask(
        self, connection: HTTPSConnection, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, str]]:
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            raw = reply.read()
        except (OSError, HTTPException) as error:
            connection.close()
            raise Again("no answer") from error
        if reply.status in {429, 503}:
            raise Again(str(reply.status))
        return reply.status, json.loads(raw)


@dataclass
class Week:
    """`steps` rounds in which every program calls once; `events` are what happens in which of them."""

    here: Installation
    programs: Sequence[Program]
    counts: "Counter[str]"
    steps: int
    events: dict[int, Event]
    by_hand: list[str] = field(default_factory=list)
    open: list[HTTPSConnection] = field(default_factory=list)
    tell: Callable[[str], object] = lambda _line: None

    def run(self) -> None:
        local, every = threading.local(), WEEK // self.steps
        with ThreadPoolExecutor(8) as threads, ExitStack() as connections:

            def one(program: Program) -> Program | None:
                if not hasattr(local, "connection"):
                    local.connection = connections.enter_context(closing(self.here.connection()))
                    self.open.append(local.connection)
                try:
                    program.act(local.connection)
                except Again as again:
                    self.counts[f"tried again: {again}"] += 1
                    return program
                except ByHand as error:
                    self.by_hand.append(str(error))
                return None

            for step in range(self.steps):
                event = self.events.get(step)
                left = self._disturbed(event, lambda some: [had for had in threads.map(one, some) if had is not None])
                for _ in range(PASSES):
                    if not left:
                        break
                    self.here.clock.turn(PAUSE)
                    left = [had for had in threads.map(one, left) if had is not None]
                self.by_hand += [f"{program.name}: never answered" for program in left]
                self.tell(f"day {step * every / 86_400:4.1f} {event or ''}: {dict(sorted(self.counts.items()))}")
                self.here.clock.turn(every)

    def _disturbed(self, event: Event | None, act: Callable[[Sequence[Program]], list[Program]]) -> list[Program]:
        """The first pass: a half of the programs before what happens, the other half while it does."""
        half = len(self.programs) // 2
        left = act(self.programs[:half])
        if event == "rotation":
            answer("keys", "rotate", "--now")
            self.here.clock.turn(20)
        elif event == "restart":
            # As when a process ends; within one process the server would wait for each program to hear of it.
            for connection in self.open:
                connection.close()
            self.here.stop()
        elif event == "outage":
            self.here.go()
            self.here.clock.turn(10)  # what is remembered for two seconds is over, too
        left += act(self.programs[half:])
        if event == "restart":
            self.here.serve()
        elif event == "outage":
            self.here.come_back()
        return left


@contextmanager
def database_that_goes(engine: EngineName) -> Iterator[tuple[str, Callable[[], object], Callable[[], object]]]:
    """Its URL, and what takes it away and brings it back."""
    if engine == "postgresql":
        server = start_postgresql("week")
        url = url_on(server, "postgres")
        migrate(url)
        yield url, lambda: kill_postgresql(server), server.start
        server.stop()
        return
    url = fresh_database("sqlite", migrate)
    path = Path(url.removeprefix("sqlite:///"))
    aside = path.with_suffix(".aside")
    yield url, lambda: path.rename(aside), lambda: aside.rename(path)
    drop_database(url)


@contextmanager
def installation(engine: EngineName, folder: Path, count: int, clock: Clock) -> Iterator[Installation]:
    """With so many technical accounts, whose passwords are proven at the older system at first."""
    daemons = {f"daemon-{number}": "4711" for number in range(count)}
    certificate = make_certificate(folder, days=2)
    with (
        pytest.MonkeyPatch.context() as patch,
        database_that_goes(engine) as (url, go, come_back),
        imported(url, folder, clock, daemons=daemons) as (_old, made),
        ExitStack() as serves,
    ):
        patch.setattr(housekeeping, "ROUND_EVERY", 1.0)
        ports: list[int] = []

        def serve() -> None:
            port = ports[0] if ports else 0
            entered = serving(
                url, now=clock, certificate=certificate, port=port, within=ANSWER_WITHIN, outbound_loopback=True
            )
            served = serves.enter_context(entered)
            ports.append(int(urlsplit(served.url).port or 0))

        serve()
        trust = certificate.trust()
        yield Installation(
            clock, ports[0], go, come_back, serve, serves.close,
            lambda: HTTPSConnection("127.0.0.1", ports[0], timeout=60, context=trust), made["key"],
        )  # fmt: skip


def programs(here: Installation, count: int, counts: "Counter[str]") -> list[Program]:
    """Of each habit a third."""
    return [Program(f"daemon-{number}", HABITS[number % 3], here.clock, counts, here.key) for number in range(count)]
