"""Ten thousand calls at once against the real server with two workers: exactly as many pass as the product says."""

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from hoistway.protocol.limits import Limit
from hoistway.settings import DAY
from hoistway.store.limit_counts import Counts, find_counts
from hoistway.store.open import open_database
from tests.attacks.asking import daemon_token
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.command import free_port
from tests.limits.selling import Shop, product
from tests.server import MASTER_KEY, Clock, Served, populate

CALLS, CONNECTIONS = 10_000, 40
ALLOWED = 7_321


@contextmanager
def two_workers(database: str) -> Iterator[Served]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    program = (
        "import sys\n"
        "from hoistway.server.parent import Listen, run\n"
        "from hoistway.settings import Settings\n"
        "settings = Settings(sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[4]))\n"
        "listen = Listen('127.0.0.1', int(sys.argv[3]), workers=2)\n"
        "sys.exit(run(settings, listen, lambda: print('ready', flush=True)))\n"
    )
    command = [sys.executable, "-c", program, url, database, str(port), MASTER_KEY.hex()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield Served(url, database)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(15)


async def connection(port: int, request: bytes, count: int) -> Counter[int]:
    """Sends `count` requests one behind the other and reads the status of each answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request * count)
    statuses: Counter[int] = Counter()
    for _ in range(count):
        head = await reader.readuntil(b"\r\n\r\n")
        statuses[int(head[9:12])] += 1
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
    writer.close()
    await writer.wait_closed()
    return statuses


def hammer(served: Served, token: str, key: str) -> Counter[int]:
    host = served.url.removeprefix("http://")
    lines = ("GET /api/v1/units?limit=1 HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {token}",
             f"Ocp-Apim-Subscription-Key: {key}", "", "")  # fmt: skip
    request = "\r\n".join(lines).encode()

    async def run() -> Counter[int]:
        share = CALLS // CONNECTIONS
        port = int(host.split(":")[1])
        done = await asyncio.gather(*(connection(port, request, share) for _ in range(CONNECTIONS)))
        return sum(done, Counter())

    return asyncio.run(run())


def published(database: str, subject: str) -> Counts | None:
    async def run() -> Counts | None:
        db = await open_database(database)
        try:
            return await find_counts(db, subject)
        finally:
            await db.close()

    return asyncio.run(run())


def test_ten_thousand_calls_count_exactly(engine_name: EngineName) -> None:
    url = fresh_database(engine_name, populate)
    with two_workers(url) as served:
        shop = Shop(served, Clock())
        row = shop.offer(product("gold", rate=Limit(ALLOWED, DAY), quota=Limit(CALLS, 2 * DAY)))
        now = shop.clock.at - 10
        subscription_id, keys = shop.subscribe(row, started_at=now)
        token = daemon_token(served)
        assert hammer(served, token, keys["primary"]) == {200: ALLOWED, 429: CALLS - ALLOWED}
        told = shop.http.get(
            f"{served.url}/api/v1/me/limits",
            headers={"authorization": f"Bearer {token}", "ocp-apim-subscription-key": keys["secondary"]},
        ).json()
        assert (told["rate"]["used"], told["quota"]["used"]) == (ALLOWED, ALLOWED)
        shop.http.close()
    # Both workers ended in order: nothing that was counted is forgotten.
    counts = published(url, f"s:{subscription_id}")
    assert counts is not None
    assert (counts.rate.used, counts.quota.used) == (ALLOWED, ALLOWED)
    drop_database(url)
