"""The parent of the workers: prepares the database, forks, restarts what dies, stops in order (docs/adr/0005-processes.md)."""

import asyncio
import gc
import http.client
import os
import ssl
import sys
import time
from collections.abc import Callable

from hoistway import clock, journal, memory
from hoistway.environment import open_vault
from hoistway.journal import LOG
from hoistway.server.metrics.watching import watch
from hoistway.server.start_line import start_facts
from hoistway.server.supervision import Signals, Workers
from hoistway.server.worker import CannotServe, Listen, bind, make_server, work
from hoistway.settings import Settings
from hoistway.store.apart import is_current, migrate_apart
from hoistway.store.collation import odd_habits
from hoistway.store.open import open_database, sqlite_path
from hoistway.store.sqlite_file import keep_from_others
from hoistway.tokens.keyring import SHARED, Keyring, rotate_due, shared_secret

__all__ = ["CannotServe", "Listen", "prepare", "run"]

STOP_WITHIN = 9.0
PORT_WITHIN = 3.0
ASK_EVERY = 0.02
LOOK_EVERY = 60.0


def prepare(settings: Settings) -> list[str]:
    """Schema and keys, before the first worker starts; what is odd about the database, in words.

    Raises DatabaseUnavailable, DriverMissing, WrongMasterKey, ValueError."""
    file = sqlite_path(settings.database)
    # Before it is opened: the log gets the rights that the file has then.
    open_to_others = [] if file is None else keep_from_others(file)
    if not asyncio.run(is_current(settings.database)):
        migrate_apart(settings.database)
    return [*open_to_others, *asyncio.run(_make_keys(settings))]


async def _make_keys(settings: Settings) -> list[str]:
    # A wrong master key is found here rather than in every worker.
    vault = open_vault(settings)
    db = await open_database(settings.database, connections=2)
    try:
        await Keyring(vault).load(db, clock.now())
        await rotate_due(db, vault, clock.now(), lifetime=settings.key_lifetime, lead=settings.key_lead)
        for name in SHARED:
            # Before the first backup: one without them could not be told who was erased since.
            await shared_secret(db, vault, name)
        return await odd_habits(db)
    finally:
        await db.close()


def reserve(listen: Listen) -> None:
    """Waits a moment for the port: workers of a server that was just killed need one to notice. Raises CannotServe."""
    give_up = time.monotonic() + PORT_WITHIN
    while True:
        try:
            return bind(listen, shared=False).close()
        except CannotServe:
            if time.monotonic() > give_up:
                raise
        time.sleep(0.1)


def answers(listen: Listen) -> bool:
    """True where /readyz says so, over TLS where the server has it."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen.host, listen.host)  # noqa: S104  compared, not bound
    connection = http.client.HTTPConnection(host, listen.port, timeout=1)
    if listen.tls_cert is not None:
        # Nothing secret is sent and nothing is learnt but the answer's status: this machine asks itself, by an address that
        # the certificate need not name.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, listen.port, timeout=1, context=context)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def run(settings: Settings, listen: Listen, ready: Callable[[], None]) -> int:
    """Serves until SIGINT or SIGTERM and returns the exit code. `ready` runs when a worker answers. Raises CannotServe."""
    journal.configure()
    journal.gather()
    reserve(listen)
    watching, parent = watch(settings, listen), os.getpid()
    server = make_server(settings, listen, watching.board)
    LOG.info("server starts", **start_facts(settings, listen))
    sys.stdout.flush()
    memory.give_back()
    # What is loaded now stays; a collector that looked at it in every worker would copy the pages that they share.
    gc.freeze()
    # Answers leave no circles, so what it looks for is rare: each look costs more than what it finds.
    gc.set_threshold(10_000, 20, 20)
    with Signals() as signals:
        fork = watching.forked(lambda: signals.fork(lambda: work(server, listen, parent)))
        workers = Workers(listen.workers, fork)
        watching.begin(signals, parent)
        told = False
        while not signals.say_stop():
            workers.fill()
            if not told and answers(listen):
                told = True
                ready()
            signals.wait(watching.until_due(workers.until_due(LOOK_EVERY)) if told else ASK_EVERY)
            if not signals.say_stop():
                workers.reap()
                watching.look(workers)
            if not told and workers.all_failed():
                LOG.error("no worker could start", because="the lines before this one say why")
                watching.stop(signals)
                return 1
        workers.stop(signals, STOP_WITHIN)
        watching.stop(signals)
    return 0
