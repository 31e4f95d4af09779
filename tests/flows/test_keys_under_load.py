"""Keys rotate at once while two workers sign and verify: no fresh token is refused, and its key is in the set that is served."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import httpx2
import jwt

from tests.flows.command import Command, free_port, started
from tests.flows.test_processes import eventually

WITHIN = 90


@dataclass(eq=False)
class Load(Thread):
    """Each request on a connection of its own, so that both workers are asked."""

    url: str
    form: dict[str, str]
    calls_the_api: bool
    over: Event = field(default_factory=Event)
    refused: list[str] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self.http = httpx2.Client(
            base_url=self.url, timeout=30, verify=False, limits=httpx2.Limits(max_keepalive_connections=0)
        )

    def run(self) -> None:
        with self.http:
            while not self.over.is_set():
                try:
                    self.ask()
                except httpx2.HTTPError as error:
                    self.refused.append(repr(error))

    def ask(self) -> None:
        answer = self.http.post("/oauth2/token", data=self.form)
        if answer.status_code != 200:
            self.refused.append(answer.text)
            return
        token = answer.json()["access_token"]
        kid = str(jwt.get_unverified_header(token)["kid"])
        if self.calls_the_api:
            reply = self.http.get("/api/v1/me", headers={"authorization": f"Bearer {token}"})
            if reply.status_code == 401:
                self.refused.append(f"{kid}: {reply.text}")
        else:
            # Alone: who is asked to verify reads the keys anew, and would hide that he had not heard of this one.
            published = self.http.get("/oauth2/jwks").json()["keys"]
            if kid not in {key["kid"] for key in published}:
                self.refused.append(f"{kid} is not in the key set")
        self.seen[kid] = self.seen.get(kid, 0) + 1


def rotate(data: Path) -> list[str]:
    environment = os.environ | {
        "HOISTWAY_DATABASE": f"sqlite:///{data}/hoistway.db",
        "HOISTWAY_MASTER_KEY_FILE": str(data / "master.key"),
    }
    command = [sys.executable, "-m", "hoistway", "keys", "rotate", "--now", "--alg", "ES256", "--json"]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60)
    made: list[str] = json.loads(done.stdout)["made"]
    return made


def replace_one(command: Command) -> None:
    """So that the two read the keys, every five seconds, at moments two seconds apart."""
    began = time.monotonic()
    assert eventually(lambda: time.monotonic() > began + 2)
    victim = min(command.workers())
    os.kill(victim, signal.SIGKILL)
    assert eventually(lambda: len(command.workers() - {victim}) == 2)


def test_no_token_is_refused_while_keys_rotate(tmp_path: Path) -> None:
    port = free_port()
    with started(tmp_path, port, "--workers", "2") as command:
        replace_one(command)
        daemon = json.loads((tmp_path / "demo.json").read_text())["clients"]["daemon"]
        form = {"grant_type": "client_credentials", "scope": "units.read profile.read"}
        form |= {name: daemon[name] for name in ("client_id", "client_secret")}
        for calls_the_api in (False, True):
            loads = [Load(f"http://127.0.0.1:{port}", form, calls_the_api) for _ in range(4)]
            rotate_under(loads, tmp_path)
            assert [load.refused for load in loads] == [[]] * 4
            assert all(len(load.seen) > 1 for load in loads), "an old key signed before, the new one afterwards"


def rotate_under(loads: list[Load], data: Path) -> None:
    """Until each has seen five tokens of the new key."""
    for load in loads:
        load.start()
    try:
        (new,) = rotate(data)
        deadline = time.monotonic() + WITHIN
        while any(load.seen.get(new, 0) < 5 for load in loads):
            assert time.monotonic() < deadline, [load.seen for load in loads]
            loads[0].over.wait(0.1)
    finally:
        for load in loads:
            load.over.set()
            load.join()
