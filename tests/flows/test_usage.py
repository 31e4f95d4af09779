"""Several worker processes count together, and stopping the server writes what they hold."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2

from hoistway import clock
from hoistway.store.open import open_database
from hoistway.store.usage_hours import HOURS
from hoistway.store.usage_shape import EVERYBODY, Asked
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.command import free_port, started
from tests.flows.test_serve import token

CALLS = 120


def counted(url: str, customer: str, since: int) -> dict[tuple[str, int], int]:
    async def read() -> dict[tuple[str, int], int]:
        db = await open_database(url)
        kinds = await HOURS.kinds(db, Asked(customer, since, since + 3 * 3600))
        await db.close()
        return {(kind.operation, kind.status): kind.calls for kind in kinds}

    return asyncio.run(read())


def test_what_workers_counted_is_written_when_they_are_stopped(engine_name: EngineName, tmp_path: Path) -> None:
    url, begun = fresh_database(engine_name), clock.now()
    with started(tmp_path, free_port(), "--database", url, "--workers", "2") as command:
        facts = json.loads((tmp_path / "demo.json").read_text())
        base, customer = facts["base_url"], facts["service_account"]["customer_id"]
        headers = {"authorization": f"Bearer {token(facts, base)['access_token']}"}

        def ask(number: int) -> int:
            path = "/api/v1/me" if number % 3 else "/api/v1/units/none-of-ours"
            # A connection of its own each time: the kernel spreads them over the workers.
            return httpx2.get(f"{base}{path}", headers=headers, timeout=30).status_code

        with ThreadPoolExecutor(6) as threads:
            statuses = list(threads.map(ask, range(CALLS)))
        assert {200, 404} == set(statuses)
        assert command.stop() == 0
    since = begun - begun % 3600
    expected = {("readMe", 200): CALLS * 2 // 3, ("readUnit", 404): CALLS // 3, ("password", 200): 1}
    assert counted(url, customer, since) == expected
    assert counted(url, EVERYBODY, since) == expected
    drop_database(url)
