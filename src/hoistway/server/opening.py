"""Opens and closes what requests need, once in each process."""

from collections.abc import Callable
from pathlib import Path

from hoistway import __version__, clock
from hoistway.applications.apis import ScopeRefused
from hoistway.applications.managing import keep_management_api
from hoistway.authn.acceptable import Acceptable
from hoistway.authn.decoys import Decoys
from hoistway.authn.directory import Directory
from hoistway.authn.links import Links
from hoistway.authn.lockout import Lockout
from hoistway.authn.old_system import OldSystems
from hoistway.authn.passwords import Passwords
from hoistway.authn.remembered import Remembered
from hoistway.engine import Engine, brand_of
from hoistway.environment import open_vault
from hoistway.journal import LOG
from hoistway.limits.counting import Counting
from hoistway.limits.memory import Memory
from hoistway.mail.texts import letter_words
from hoistway.outbound.fetcher import Fetcher
from hoistway.outbound.openid import Providers
from hoistway.portal.own_application import keep_own_application
from hoistway.server.metrics.copied import new_measures
from hoistway.settings import Settings
from hoistway.store.branding import find_branding
from hoistway.store.db import Database, DatabaseUnavailable
from hoistway.store.open import open_database, open_replica
from hoistway.tokens.keyring import Keyring, shared_secret
from hoistway.tokens.revoked import Revoked
from hoistway.web.pages import Brand, Pages


async def _brand(db: Database, settings: Settings) -> Brand:
    row = await find_branding(db)
    if row is None:
        return Brand(settings.brand, support=settings.support)
    return brand_of(row)


async def open_engine(settings: Settings, now: Callable[[], int] = clock.now, memory: Memory | None = None) -> Engine:
    """Raises DatabaseUnavailable, WrongMasterKey."""
    db = await open_database(settings.database)
    vault = open_vault(settings)
    breached = None if settings.breached_passwords is None else Path(settings.breached_passwords)
    keyring, revoked = Keyring(vault), Revoked()
    await keyring.load(db, now())
    await revoked.load(db, now())
    outbound = Fetcher(loopback=settings.outbound_loopback)
    return Engine(
        settings=settings,
        db=db,
        vault=vault,
        keyring=keyring,
        revoked=revoked,
        directory=Directory(db, settings.cache_seconds),
        passwords=Passwords(settings.hashing_threads),
        remembered=Remembered(settings.remember_passwords),
        decoys=Decoys(db),
        lockout=Lockout(db, await shared_secret(db, vault, "lockout")),
        old=OldSystems(db, await shared_secret(db, vault, "carried"), settings.cache_seconds),
        pages=Pages.load(await _brand(db, settings), __version__),
        refresh_secret=await shared_secret(db, vault, "refresh"),
        cookie_secret=await shared_secret(db, vault, "cookie"),
        links=Links(await shared_secret(db, vault, "links")),
        letters=letter_words(settings.mail_texts, settings.base_url),
        now=now,
        outbound=outbound,
        providers=Providers(outbound),
        limits=Counting(memory),
        measures=new_measures(),
        replica=open_replica(db, settings.replica, settings.replica_age),
        acceptable=Acceptable(breached),
    )


async def keep_portal(engine: Engine) -> None:
    """Keeps the portal's own application up to date. A database that is read-only at the moment affects only the try-it
    console."""
    try:
        await keep_management_api(engine.db, engine.settings.base_url, engine.now())
        await keep_own_application(engine.db, engine.settings.base_url, engine.now())
    except DatabaseUnavailable as error:
        LOG.warning("the portal's application was not brought up to date", because=str(error))
    except ScopeRefused as error:
        LOG.warning("there is no management API", because=str(error))


async def close_engine(engine: Engine) -> None:
    engine.passwords.close()
    engine.acceptable.close()
    for opened in (engine.replica, engine.db):
        if opened is not None:
            await opened.close()
