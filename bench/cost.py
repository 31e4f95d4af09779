"""Processor time of one request inside the application, without sockets and the generator's share: `python -m bench.cost`, what can be
compared between two checkouts on a machine that is not idle. The heap is frozen as in a worker."""

import asyncio
import gc
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlencode

from hoistway.server.app import App
from hoistway.settings import Settings
from tests.engines import drop_database, fresh_database
from tests.server import MASTER_KEY, populate
from tests.world import SECRET

HOST: Final = b"127.0.0.1:1"
WARM, ROUNDS, OF_ROUND = 200, 15, 300
Request = Callable[[], Awaitable[None]]


class Inside:
    """Sends requests to the application as a server would."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def start(self) -> asyncio.Task[None]:
        asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        ready = asyncio.Event()

        async def told(_message: Any) -> None:
            ready.set()

        await asked.put({"type": "lifespan.startup"})
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        task = asyncio.create_task(self._app(scope, asked.get, told))
        await ready.wait()
        return task

    async def send(
        self, method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> bytes:
        """The body of the answer. Raises RuntimeError for any but 200."""
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
            "raw_path": path.encode(), "query_string": query, "headers": [(b"host", HOST), *headers], "scheme": "http",
            "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 1), "root_path": "", "state": {},
        }  # fmt: skip
        got: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            got.append(message)

        await self._app(scope, receive, send)
        answer = b"".join(message.get("body", b"") for message in got[1:])
        if got[0]["status"] != 200:
            raise RuntimeError(f"{path} was answered {got[0]['status']}: {answer[:200]!r}")
        return answer


async def _least(request: Request) -> float:
    """Microseconds of the cheapest round, each of many requests: whatever else runs makes rounds dearer, never cheaper."""
    for _ in range(WARM):
        await request()
    least = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(OF_ROUND):
            await request()
        least = min(least, (time.process_time() - begun) / OF_ROUND * 1e6)
    return least


async def _measure(database: str) -> tuple[float, float]:
    inside = Inside(App(Settings(f"http://{HOST.decode()}", database, MASTER_KEY)))
    task = await inside.start()
    form = urlencode(
        {"grant_type": "client_credentials", "client_id": "daemon", "client_secret": SECRET, "scope": "units.read"}
    ).encode()
    sent = [(b"content-type", b"application/x-www-form-urlencoded"), (b"content-length", str(len(form)).encode())]

    async def token() -> None:
        await inside.send("POST", "/oauth2/token", b"", sent, form)

    given = json.loads(await inside.send("POST", "/oauth2/token", b"", sent, form))["access_token"]
    bearer = [(b"authorization", f"Bearer {given}".encode())]

    async def units() -> None:
        await inside.send("GET", "/api/v1/units", b"limit=20", bearer, b"")

    gc.collect()
    gc.freeze()
    found = (await _least(token), await _least(units))
    task.cancel()
    return found


def main() -> None:
    database = fresh_database("sqlite", populate)
    try:
        token, units = asyncio.run(_measure(database))
    finally:
        drop_database(database)
    print(f"client credentials {token:.1f} µs, units {units:.1f} µs")


if __name__ == "__main__":
    main()
