"""Load of every kind of statement on a server of several workers, for tests that take the database away under it."""

import json
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlencode

import psutil

from tests.world import API_URI, PASSWORD, SECRET

FORM = {"content-type": "application/x-www-form-urlencoded"}
DAEMON = {"client_id": "daemon", "client_secret": SECRET}
ROPC = {"client_id": "ropc", "username": "daemon-a", "password": PASSWORD, "scope": f"{API_URI} offline_access"}
ASKED = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    """`took` in seconds; `body` decoded, where it is JSON."""

    status: int
    took: float
    body: dict[str, object]
    retry_after: str | None = None


def ask(port: int, method: str, path: str, form: dict[str, str] | None = None, token: str = "") -> Answer:
    """On a connection of its own, so that both workers have their share."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {**(FORM if form is not None else {}), **({"authorization": f"Bearer {token}"} if token else {})}
    begun = time.monotonic()
    try:
        connection.request(method, path, None if form is None else urlencode(form), headers)
        reply = connection.getresponse()
        raw = reply.read()
    finally:
        connection.close()
    took = time.monotonic() - begun
    is_json = "json" in (reply.headers["content-type"] or "")
    return Answer(reply.status, took, json.loads(raw) if is_json else {}, reply.headers["retry-after"])


def form_of(kind: str, **more: str) -> dict[str, str]:
    return {"grant_type": kind, **more}


class Turns(Thread):
    """How long this process, and those of the server, wait for their turn on a busy machine: no server makes up for that."""

    def __init__(self, over: Event) -> None:
        super().__init__(daemon=True)
        self.over = over
        self.late: deque[tuple[float, float]] = deque(maxlen=2_000)
        self.servers = [one.pid for one in psutil.Process().children(recursive=True)]
        self.queued: dict[int, deque[tuple[float, float]]] = {pid: deque(maxlen=2_000) for pid in self.servers}

    def run(self) -> None:
        while not self.over.is_set():
            due = time.monotonic() + 0.02
            time.sleep(0.02)
            now = time.monotonic()
            self.late.append((due, now - due))
            for pid, known in self.queued.items():
                known.append((now, queued_for(pid)))

    def waited_since(self, begun: float) -> float:
        late = sum(late for due, late in tuple(self.late) if due >= begun)
        return late + max((_grown(tuple(known), begun) for known in self.queued.values()), default=0.0)


def _grown(known: Sequence[tuple[float, float]], begun: float) -> float:
    since = [total for at, total in known if at >= begun]
    return since[-1] - since[0] if since else 0.0


def queued_for(pid: int) -> float:
    """The seconds in which the process could have run, but another did (proc(5), schedstat)."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


class Caller(Thread):
    """Sends one kind of request again and again. `wrong` is what was neither a right answer nor a 503 in time."""

    def __init__(
        self,
        name: str,
        send: Callable[[], Answer],
        is_right: Callable[[Answer], bool],
        within: float,
        over: Event,
        turns: Turns,
    ) -> None:
        super().__init__(name=name)
        self.send, self.is_right, self.within, self.over, self.turns = send, is_right, within, over, turns
        self.statuses: Counter[int] = Counter()
        self.wrong: list[str] = []
        self.slowest = 0.0

    def run(self) -> None:
        while not self.over.is_set():
            begun = time.monotonic()
            try:
                answer = self.send()
            except (OSError, HTTPException) as error:
                self.wrong.append(repr(error))
                continue
            self.statuses[answer.status] += 1
            self.slowest = max(self.slowest, answer.took)
            unavailable = answer.status == 503 and answer.retry_after is not None
            is_late = answer.took > self.within and answer.took - self.turns.waited_since(begun) > self.within
            if is_late or not (unavailable or (answer.status == 200 and self.is_right(answer))):
                self.wrong.append(f"{answer.status} after {answer.took:.1f} s: {answer.body}")
            self.over.wait(0.01)


class Chain:
    """A family of refresh tokens that goes on with the newest one that it was given."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.token = str(ask(port, "POST", "/oauth2/token", form_of("password", **ROPC)).body["refresh_token"])

    def __call__(self) -> Answer:
        form = form_of("refresh_token", client_id="ropc", refresh_token=self.token)
        answer = ask(self.port, "POST", "/oauth2/token", form)
        self.token = str(answer.body.get("refresh_token", self.token))
        return answer


class SlowReader(Thread):
    """Asks far ahead and takes nothing, again and again."""

    def __init__(self, port: int, over: Event) -> None:
        super().__init__()
        self.port, self.over = port, over

    def run(self) -> None:
        while not self.over.is_set():
            with socket.create_connection(("127.0.0.1", self.port)) as connection:
                connection.setblocking(False)
                connection.send(ASKED * 500)
                self.over.wait(1)


def callers(port: int, over: Event, within: float) -> tuple[list[Caller], list[Chain]]:
    """Reads, scans, writes, gathered statements, and the counting of each of these calls."""
    token = str(ask(port, "POST", "/oauth2/token", form_of("client_credentials", **DAEMON)).body["access_token"])
    chains = [Chain(port) for _ in range(3)]
    turns = Turns(over)
    turns.start()

    def get(path: str) -> Callable[[], Answer]:
        return lambda: ask(port, "GET", path, token=token)

    def post(path: str, **form: str) -> Callable[[], Answer]:
        return lambda: ask(port, "POST", path, form)

    def same(path: str) -> Callable[[Answer], bool]:
        known = ask(port, "GET", path, token=token).body
        return lambda answer: answer.body == known

    def gives(name: str) -> Callable[[Answer], bool]:
        return lambda answer: bool(answer.body.get(name))

    made = [
        Caller(path, get(path), same(path), within, over, turns)
        for path in ("/api/v1/units", "/api/v1/units/US-c-a-11", "/api/v1/sites", "/api/v1/units?text=us")
    ]
    kind = form_of("client_credentials", **DAEMON)
    made += [
        Caller("client credentials", post("/oauth2/token", **kind), gives("access_token"), within, over, turns),
        Caller(
            "introspection", post("/oauth2/introspect", **DAEMON, token=token), gives("active"), within, over, turns
        ),
        Caller(
            "password",
            post("/oauth2/token", **form_of("password", **ROPC)),
            gives("refresh_token"),
            within,
            over,
            turns,
        ),
    ]
    made += [
        Caller(f"refresh {n}", chain, gives("refresh_token"), within, over, turns) for n, chain in enumerate(chains)
    ]
    return made, chains
