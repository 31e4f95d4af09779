"""How fast people, or subscriptions, of another system move in, beside the raw driver that writes the same rows into the same tables.

    python -m bench.imports [--kind b2c|csv|keycloak|apim|all] [--people N] [--subscriptions N] [--database sqlite|postgresql|both] [--kills N]

With --kills the import is killed by SIGKILL so many times at random moments and resumed, and what it wrote is compared with an
undisturbed import, row by row. Files, databases and reports lie in a temporary folder.
"""

import argparse
import asyncio
import base64
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
from msgspec import Struct

from bench import MASTER_KEY
from bench.import_cases import CASES, SUBSCRIPTIONS, Case
from hoistway.imports.sources import fingerprint
from hoistway.store.filling import columns_of
from hoistway.store.imports import Import, add_import
from hoistway.store.migrate import migrate
from hoistway.store.open import sqlite_path
from tests.engines import ENGINES, EngineName, clean_up, drop_database, fresh_database
from tests.server import change

CHUNK = 20_000
BEGUN = 1_780_000_000
OURS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON"
"""As every connection of the product has it."""


class Run(Struct, frozen=True):
    seconds: float
    mebibytes: float
    said: dict[str, Any]


def command(case: Case, url: str, files: Path, mapping: Path) -> subprocess.Popen[bytes]:
    env = {
        **os.environ, "HOISTWAY_DATABASE": url, "HOISTWAY_BASE_URL": "http://localhost",
        "HOISTWAY_MASTER_KEY": base64.urlsafe_b64encode(MASTER_KEY).decode(),
    }  # fmt: skip
    words = [sys.executable, "-m", "hoistway", "import", case.kind, str(files), "--mapping", str(mapping), "--json"]
    return subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def carried(case: Case, url: str, files: Path, mapping: Path) -> Run:
    """The whole command: its start, both passes, its end."""
    begun = time.perf_counter()
    running = command(case, url, files, mapping)
    assert running.stdout is not None
    said = running.stdout.read()
    _, status, used = os.wait4(running.pid, 0)
    seconds = time.perf_counter() - begun
    running.stdout.close()
    running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == 0, said
    return Run(seconds, used.ru_maxrss / 1024, json.loads(said))


async def chunks(url: str, table: str) -> AsyncIterator[list[tuple[Any, ...]]]:
    """Its rows in the order in which they were written."""
    columns = ", ".join(columns_of(table))
    path = sqlite_path(url)
    if path is not None:
        connection = sqlite3.connect(path)
        found = connection.execute(f"SELECT {columns} FROM {table} ORDER BY rowid")
        while some := found.fetchmany(CHUNK):
            yield some
        connection.close()
        return
    opened = await asyncpg.connect(url)
    async with opened.transaction():
        cursor = await opened.cursor(f"SELECT {columns} FROM {table} ORDER BY ctid")
        while rows := await cursor.fetch(CHUNK):
            yield [tuple(row) for row in rows]
    await opened.close()


async def raw(case: Case, source: str, url: str) -> float:
    """Seconds in which the driver alone writes the rows, CHUNK in a transaction; reading them does not count."""
    path, seconds = sqlite_path(url), 0.0
    plain = None if path is None else sqlite3.connect(path)
    pooled = await asyncpg.connect(url) if path is None else None
    if plain is not None:
        plain.executescript(OURS)
    for table in case.tables:
        names = columns_of(table)
        text = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        async for rows in chunks(source, table):
            begun = time.perf_counter()
            if plain is not None:
                plain.executemany(text, rows)
                plain.commit()
            elif pooled is not None:
                await pooled.copy_records_to_table(table, records=rows, columns=names)
            seconds += time.perf_counter() - begun
    if plain is not None:
        plain.close()
    if pooled is not None:
        await pooled.close()
    return seconds


async def digests(case: Case, url: str) -> dict[str, str]:
    """Of each table's rows, in the order of their bytes."""
    found = {}
    for table in case.tables:
        sums = sorted([sha256(repr(row).encode()).digest() async for rows in chunks(url, table) for row in rows])
        found[table] = sha256(b"".join(sums)).hexdigest()
    return found


def same_import(case: Case, url: str, files: Path, mapping: Path, import_id: str) -> None:
    print_of_files = fingerprint(case.kind, case.sources(files), mapping.read_bytes())
    change(url, lambda tx: add_import(tx, Import(import_id, case.kind, print_of_files, "running", 0, 0, {}, BEGUN)))


def killed(case: Case, url: str, files: Path, mapping: Path, times: int, seconds: float) -> int:
    """Returns how often it was killed; afterwards it came to its end."""
    wait, kills = random.Random(7), 0
    for _ in range(times):
        running = command(case, url, files, mapping)
        try:
            running.wait(timeout=wait.uniform(0.1, 2 * seconds / times))
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
            running.wait()
            kills += 1
        assert running.stdout is not None
        running.stdout.close()
    carried(case, url, files, mapping)
    return kills


def fresh(case: Case, engine: EngineName) -> str:
    url = fresh_database(engine, migrate)
    if case.ready is not None:
        change(url, case.ready)
    return url


def measure(case: Case, engine: EngineName, files: Path, mapping: Path, number: int, kills: int) -> str:
    import_id = str(uuid.uuid4())
    url, other = (fresh(case, engine) for _ in range(2))
    same_import(case, url, files, mapping, import_id)
    run = carried(case, url, files, mapping)
    written = asyncio.run(raw(case, url, other))
    drop_database(other)
    words = (
        f"| {case.kind} | {engine} | {number:,} | {run.seconds:.1f} s | {number / run.seconds:,.0f}/s | {written:.1f} s | "
        f"{written / run.seconds:.2f} | {run.mebibytes:.0f} MiB |"
    )
    if kills:
        again = fresh(case, engine)
        same_import(case, again, files, mapping, import_id)
        times = killed(case, again, files, mapping, kills, run.seconds)
        equal = asyncio.run(digests(case, url)) == asyncio.run(digests(case, again))
        words += f" killed {times} times: {'equal' if equal else 'DIFFERENT'} row by row |"
        drop_database(again)
    drop_database(url)
    return words


def tables() -> Iterator[str]:
    yield "| import | database | people or subscriptions | time | rate | raw driver, the same rows | ratio | largest resident set |"
    yield "|---|---|---|---|---|---|---|---|"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--kind", choices=(*CASES, "all"), default="all")
    asked.add_argument("--people", type=int, default=100_000)
    asked.add_argument("--subscriptions", type=int, default=50_000)
    asked.add_argument("--database", choices=(*ENGINES, "both"), default="both")
    asked.add_argument("--kills", type=int, default=0)
    said = asked.parse_args()
    print("\n".join(tables()), flush=True)
    for case in CASES.values() if said.kind == "all" else (CASES[said.kind],):
        number = said.subscriptions if case is SUBSCRIPTIONS else said.people
        with tempfile.TemporaryDirectory() as folder:
            mapping = Path(folder) / "mapping.yaml"
            mapping.write_text(case.mapping)
            files = case.write(Path(folder) / "export", number)
            for engine in ENGINES if said.database == "both" else (said.database,):
                print(measure(case, engine, files, mapping, number, said.kills), flush=True)
    clean_up()


if __name__ == "__main__":
    main()
