"""Clients that ask again and again while a server is reloaded or stopped, and count what went wrong."""

import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlencode

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# A step asks once on the connection it is given, and returns why it failed, or None.
Step = Callable[[http.client.HTTPConnection], str | None]


@dataclass
class Load:
    """`failed` are sentences; `done` counts good answers by the kind of client."""

    port: int
    trust: ssl.SSLContext | None = None
    done: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    def connection(self) -> http.client.HTTPConnection:
        if self.trust is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=self.trust)

    def ask(self, name: str, step: Step, *, keep: bool, pause: float) -> None:
        """Until it is over, or nobody can be reached any more."""
        connection = self.connection()
        while not self.over.is_set():
            if connection.sock is None:
                try:
                    connection.connect()
                except OSError as error:
                    self.refused.append(f"{name}: {error!r}")
                    return
            try:
                wrong = step(connection)
            except (OSError, http.client.HTTPException) as error:
                wrong = repr(error)
                connection.close()
            if wrong is None:
                self.done[name] = self.done.get(name, 0) + 1
            else:
                self.failed.append(f"{name}: {wrong}")
            if not keep:
                connection.close()
            self.over.wait(pause)
        connection.close()

    def wait_for(self, more: int, within: float = 60) -> None:
        """Until every client had so many more good answers, or one had a bad one."""
        before = dict(self.done)
        until = time.monotonic() + within
        while not self.failed and time.monotonic() < until:
            if self.done and all(count >= before.get(name, 0) + more for name, count in self.done.items()):
                return
            time.sleep(0.02)
        raise AssertionError(self.failed or f"no answers any more: {before} {self.done} {self.refused}")


def asking(path: str, token: str | None = None) -> Step:
    def step(connection: http.client.HTTPConnection) -> str | None:
        connection.request("GET", path, headers={} if token is None else {"Authorization": f"Bearer {token}"})
        reply = connection.getresponse()
        said = reply.read()
        return None if reply.status == 200 else f"{path} {reply.status} {said[:200]!r}"

    return step


def post(connection: http.client.HTTPConnection, form: dict[str, str]) -> dict[str, str]:
    connection.request("POST", "/oauth2/token", urlencode(form), FORM)
    answer: dict[str, str] = json.loads(connection.getresponse().read())
    return answer


def rotating(client_id: str, token: str) -> Step:
    """Each answer's refresh token is the next one's: an answer that is lost would end them."""
    held = {"token": token}

    def step(connection: http.client.HTTPConnection) -> str | None:
        form = {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": held["token"]}
        answer = post(connection, form)
        if "refresh_token" not in answer:
            return f"rotation: {answer}"
        if answer["refresh_token"] == held["token"]:
            return "rotation: the same token came back"
        held["token"] = answer["refresh_token"]
        return None

    return step


def sign_in(load: Load, facts: dict[str, dict[str, str]]) -> dict[str, str]:
    account = facts["service_account"]
    form = {
        "grant_type": "password",
        "client_id": "74c72ab2-3ade-45fe-83e0-cd5b90704539",
        "username": account["username"],
        "password": account["password"],
        "scope": f"{facts['api']['scope']} offline_access",
    }
    connection = load.connection()
    answer = post(connection, form)
    connection.close()
    return answer


@contextmanager
def loaded(data: Path, load: Load) -> Iterator[Load]:
    """New connections and kept ones: refresh rotations, reads of the API, pages; one client that rests between its requests."""
    facts = json.loads((data / "demo.json").read_text())
    client = "74c72ab2-3ade-45fe-83e0-cd5b90704539"
    first, second = sign_in(load, facts), sign_in(load, facts)
    units = asking("/api/v1/units", first["access_token"])
    clients = (
        ("rotations, kept", rotating(client, first["refresh_token"]), True, 0.1),
        ("rotations, new", rotating(client, second["refresh_token"]), False, 0.1),
        ("units, kept", units, True, 0.1),
        ("units, new", units, False, 0.1),
        ("pages, new", asking("/portal/guides/changelog"), False, 0.3),
        ("units, seldom", units, True, 0.7),
    )
    threads = [
        Thread(target=load.ask, args=(name, step), kwargs={"keep": keep, "pause": pause})
        for name, step, keep, pause in clients
    ]
    load.done.update((name, 0) for name, *_rest in clients)
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.over.set()
        for thread in threads:
            thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
