"""What the machine can do without us, in the same run: signatures, password hashes, commits, selects, bare ASGI."""

import asyncio
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from nacl.bindings import crypto_pwhash_alg, crypto_pwhash_ALG_ARGON2ID13

from bench.load import Request, run_wrk
from bench.server import started
from hoistway.store.open import sqlite_path

SELECT = """SELECT u.*, a.role, s.name, s.street, s.postal_code, s.city, s.country
FROM unit_access a JOIN units u ON u.id = a.unit_id || '' JOIN sites s ON s.id = u.site_id
WHERE a.customer_id = {0} AND a.unit_id > {1} ORDER BY a.unit_id LIMIT 20"""
UPDATE = "UPDATE bench_commits SET n = n + 1 WHERE id = {0} RETURNING n"
WRITERS = 16


def signatures(seconds: int, processes: int) -> dict[str, float]:
    """Signatures a second by `openssl speed`, as many processes as the server has workers."""
    command = ["openssl", "speed", "-seconds", str(seconds), "-multi", str(processes), "rsa2048", "ecdsap256"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = {}
    for line in text.splitlines():
        words = line.split()
        if words[:3] == ["rsa", "2048", "bits"]:
            found["RS256"] = float(words[5])
        elif "ecdsa" in words and "(nistp256)" in words:
            found["ES256"] = float(words[6])
    return found


def passwords(seconds: int, threads: int) -> float:
    """Passwords a second with the server's parameters, by the fastest of the libraries that come as wheels."""
    salt, kibibytes = bytes(16), 19 * 1024
    cffi = PasswordHasher(time_cost=2, memory_cost=kibibytes, parallelism=1)
    ways: tuple[Callable[[], object], ...] = (
        lambda: cffi.hash("password", salt=salt),
        lambda: Argon2id(salt=salt, length=32, iterations=2, lanes=1, memory_cost=kibibytes).derive(b"password"),
        lambda: crypto_pwhash_alg(32, b"password", salt, 2, kibibytes * 1024, crypto_pwhash_ALG_ARGON2ID13),
    )
    return max(_hashes(way, seconds, threads) for way in ways)


def _hashes(way: Callable[[], object], seconds: int, threads: int) -> float:
    counts = [0] * threads
    until = time.perf_counter() + seconds

    def work(number: int) -> None:
        while time.perf_counter() < until:
            way()
            counts[number] += 1

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts) / seconds


def _sqlite(path: Path, seconds: int) -> dict[str, float]:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 5000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE IF NOT EXISTS bench_commits (id INTEGER PRIMARY KEY, n INTEGER)")
    connection.execute("INSERT OR REPLACE INTO bench_commits VALUES (0, 0)")
    found = {}
    statements = (
        ("selects", SELECT.format("?", "?"), ("customer-000", "")),
        ("commits", UPDATE.format("?"), (0,)),
    )
    for name, text, values in statements:
        count, until = 0, time.perf_counter() + seconds
        while time.perf_counter() < until:
            connection.execute(text, values).fetchall()
            count += 1
        found[name] = count / seconds
    connection.execute("DROP TABLE bench_commits")
    connection.close()
    return found


async def _postgresql(url: str, seconds: int) -> dict[str, float]:
    pool = await asyncpg.create_pool(url, min_size=WRITERS, max_size=WRITERS)
    await pool.execute("CREATE TABLE bench_commits (id INTEGER PRIMARY KEY, n INTEGER)")
    await pool.execute(f"INSERT INTO bench_commits SELECT i, 0 FROM generate_series(0, {WRITERS - 1}) i")
    found = {}

    async def repeat(text: str, values: tuple[object, ...], until: float) -> int:
        count = 0
        async with pool.acquire() as connection:
            while time.perf_counter() < until:
                await connection.fetch(text, *values)
                count += 1
        return count

    for name, text, values in (
        ("selects", SELECT.format("$1", "$2"), ("customer-000", "")),
        ("commits", UPDATE.format("$1"), None),
    ):
        until = time.perf_counter() + seconds
        jobs = [repeat(text, (number,) if values is None else values, until) for number in range(WRITERS)]
        found[name] = sum(await asyncio.gather(*jobs)) / seconds
    await pool.execute("DROP TABLE bench_commits")
    await pool.close()
    return found


def database(url: str, seconds: int) -> dict[str, float]:
    """Selects of 20 units and durable one-row commits a second, by one process on the raw driver."""
    path = sqlite_path(url)
    return asyncio.run(_postgresql(url, seconds)) if path is None else _sqlite(path, seconds)


def bare_asgi(seconds: int, workers: int, connections: int) -> float:
    with started("bench.raw", str(workers), ready="/") as running:
        return run_wrk(running.url, Request("/"), seconds, connections)
