"""What each process does beside requests: stays up to date with the others, and clears away what has ended."""

import asyncio
import random

import structlog

from hoistway.engine import Engine
from hoistway.store.client_secrets import mark_secrets_used
from hoistway.store.codes import prune_codes
from hoistway.store.db import Conflict, DatabaseUnavailable
from hoistway.store.grants import prune_grants
from hoistway.store.keys import prune_keys
from hoistway.store.revocations import prune_revocations
from hoistway.store.sessions import prune_sessions
from hoistway.store.throttle import prune_counters
from hoistway.tokens.keyring import LONGEST_TOKEN, rotate_due

LOG = structlog.get_logger("hoistway")
DAY = 86_400


async def keep_up(engine: Engine) -> None:
    """Every second: what was revoked, and every fifth or when an unknown key was met, the keys."""
    turn = 0
    while True:
        await asyncio.sleep(1)
        turn += 1
        try:
            await engine.revoked.load(engine.db, engine.now())
            if turn % 5 == 0 or engine.keyring.stale:
                await engine.keyring.load(engine.db, engine.now())
        except DatabaseUnavailable as error:
            LOG.warning("database unavailable", because=str(error))
        except Exception as error:
            LOG.error("keeping up failed", exc_info=error)


async def clear_away(engine: Engine) -> None:
    """Removes what can't matter any more, in short transactions, so that no table grows with use."""
    now = engine.now()
    for prune, before in (
        (prune_codes, now - LONGEST_TOKEN),
        (prune_grants, now - 7 * DAY),
        (prune_revocations, now),
        (prune_sessions, now),
        (prune_counters, now),
        (prune_keys, now),
    ):
        async with engine.db.write() as tx:
            await prune(tx, before)


async def keep_keys(engine: Engine) -> None:
    """Publishes the successor of a key that reaches its lifetime, unless another process did."""
    settings = engine.settings
    if await rotate_due(engine.db, engine.vault, engine.now(), lifetime=settings.key_lifetime, lead=settings.key_lead):
        await engine.keyring.load(engine.db, engine.now())


async def keep_house(engine: Engine) -> None:
    """Every minute or so; processes drift apart so that they do not meet."""
    while True:
        await asyncio.sleep(45 + random.random() * 30)  # noqa: S311  a pause, not a secret
        try:
            used = dict(engine.secrets_used)
            engine.secrets_used.clear()
            if used:
                async with engine.db.write() as tx:
                    await mark_secrets_used(tx, used)
            await clear_away(engine)
            await keep_keys(engine)
        except (DatabaseUnavailable, Conflict) as error:
            LOG.warning("housekeeping put off", because=str(error))
        except Exception as error:
            LOG.error("housekeeping failed", exc_info=error)
