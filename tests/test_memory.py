"""What serving needs in memory and no more, and what comes back when nobody signs in any more."""

import subprocess
import sys

# Each was measured, in docs/adr/0005-processes.md.
NOT_FOR_SERVING = {
    "alembic",
    "asyncpg",
    "greenlet",
    "mako",
    "opentelemetry",
    "prometheus_client",
    "pydantic",
    "rich",
    "structlog",
    "watchfiles",
    "websockets",
}

HASH = """
import asyncio
from pathlib import Path
from hoistway import heap
from hoistway.authn.passwords import Passwords

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

async def main():
    passwords = Passwords(2)
    digest = passwords.hash_now("secret")
    before = resident()
    await asyncio.gather(*(passwords.matches(digest, "secret") for _ in range(6)))
    print(resident() - before)

heap.share_heap()
asyncio.run(main())
"""


def run(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_serving_loads_no_more_than_it_needs() -> None:
    loaded = run(
        "import sys, hoistway.__main__, hoistway.server.command; print(*{name.split('.')[0] for name in sys.modules})"
    )
    assert NOT_FOR_SERVING & set(loaded.split()) == set()


def test_what_hashing_took_is_given_back_at_once() -> None:
    assert float(run(HASH)) < 8
