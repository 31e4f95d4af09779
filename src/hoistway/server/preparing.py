"""What happens before the first worker starts: schema and keys; and checking whether a worker answers."""

import asyncio
import http.client
import ssl

from hoistway import clock
from hoistway.environment import open_vault
from hoistway.server.listening import Listen
from hoistway.server.opening import close_engine, open_engine
from hoistway.settings import Settings
from hoistway.store.apart import is_current, migrate_apart
from hoistway.store.backup import left_by_restores
from hoistway.store.collation import odd_habits
from hoistway.store.open import open_database, sqlite_path
from hoistway.store.sqlite_file import keep_from_others
from hoistway.tokens.keyring import SHARED, Keyring, rotate_due, shared_secret

LEFT = "a restore was interrupted before it changed anything; rows of its backup lie in {} until the next restore, or you, remove them"


def prepare(settings: Settings) -> list[str]:
    """Schema and keys, before the first worker starts; returns warnings about the database, in words. Raises
    DatabaseUnavailable, DriverMissing, WrongMasterKey, ValueError."""
    file = sqlite_path(settings.database)
    # Before the file is opened, because the log gets the same rights as the file has then.
    open_to_others = [] if file is None else keep_from_others(file)
    if not asyncio.run(is_current(settings.database)):
        migrate_apart(settings.database)
    left = [LEFT.format(one) for one in left_by_restores(settings.database)]
    return [*open_to_others, *left, *asyncio.run(_make_keys(settings))]


async def _make_keys(settings: Settings) -> list[str]:
    # So a wrong master key is found here rather than in every worker.
    vault = open_vault(settings)
    db = await open_database(settings.database, connections=2)
    try:
        await Keyring(vault).load(db, clock.now())
        await rotate_due(db, vault, clock.now(), lifetime=settings.key_lifetime, lead=settings.key_lead)
        for name in SHARED:
            # Before the first backup: a backup without them could not be told who was erased since.
            await shared_secret(db, vault, name)
        return await odd_habits(db)
    finally:
        await db.close()


async def try_database(settings: Settings) -> None:
    """Raises DatabaseUnavailable where it does not answer, whatever its schema."""
    db = await open_database(settings.database, connections=1)
    try:
        await db.ping()
    finally:
        await db.close()


async def try_engine(settings: Settings) -> None:
    """Opens what a worker opens, and closes it again. Raises what `open_engine` raises."""
    await close_engine(await open_engine(settings))


def answers(listen: Listen) -> bool:
    """True where /readyz says so; over TLS where the server uses it."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen.host, listen.host)  # noqa: S104  compared, not bound
    connection = http.client.HTTPConnection(host, listen.port, timeout=1)
    if listen.tls_cert is not None:
        # The certificate is not verified: this machine asks itself, by an address that the certificate need not name.
        # Nothing secret is sent, and only the status of the answer is used.
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
