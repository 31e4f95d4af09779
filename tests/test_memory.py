"""What serving needs in memory and no more, and what comes back when nobody signs in any more."""

import subprocess
import sys

import pytest

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
import time
from pathlib import Path
from hoistway import memory
from hoistway.authn.passwords import QUIET, Passwords

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

async def main():
    passwords = Passwords(2)
    digest = passwords.hash_now("secret")
    await asyncio.gather(*(passwords.matches(digest, "secret") for _ in range(6)))
    busy = resident()
    for _ in range(QUIET - 1):
        passwords.give_back()
    await passwords.hash("once more")
    for _ in range(QUIET):
        still = resident()
        passwords.give_back()
    deadline = time.monotonic() + 20
    while resident() > busy - 30 and time.monotonic() < deadline:
        time.sleep(0.02)
    print(busy, still, resident())

memory.keep_freed()
asyncio.run(main())
"""


def run(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_serving_loads_no_more_than_it_needs() -> None:
    loaded = run(
        "import sys, hoistway.__main__, hoistway.server.command; print(*{name.split('.')[0] for name in sys.modules})"
    )
    assert NOT_FOR_SERVING & set(loaded.split()) == set()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other C libraries")
def test_what_hashing_took_is_given_back_once_it_is_quiet() -> None:
    busy, still, quiet = (float(word) for word in run(HASH).split())
    assert still > busy - 8, "given back between two sign-ins"
    assert quiet < busy - 30
