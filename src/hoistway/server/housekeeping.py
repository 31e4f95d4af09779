"""What each process does beside requests: it keeps up with other processes, and deletes what has ended."""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable

from hoistway.accounts.resetting import send_asked
from hoistway.engine import Engine, brand_of
from hoistway.journal import LOG
from hoistway.mail.send import send_due
from hoistway.server.bulk import clear_bulk
from hoistway.server.carried import count_waiting
from hoistway.server.filling_in import fill_in
from hoistway.server.last_uses import note_uses
from hoistway.server.rounds import is_over, noted
from hoistway.server.sealing import keep_chain, seal_latecomers
from hoistway.server.trail import ArchiveUnusable, keep_erasures, keep_trail, prune_in_steps
from hoistway.server.withdrawing import finish_withdrawn
from hoistway.store import idempotency_keys, known_browsers, links
from hoistway.store.actor_uses import KEPT as ACTORS_KEPT
from hoistway.store.actor_uses import prune_actor_uses
from hoistway.store.branding import find_branding
from hoistway.store.codes import prune_codes
from hoistway.store.crowded_families import end_crowded
from hoistway.store.db import Conflict, DatabaseUnavailable
from hoistway.store.families import prune_families
from hoistway.store.flow_uses import prune_flow_uses
from hoistway.store.jobs import Job, put_jobs
from hoistway.store.kept_forms import prune_kept_forms
from hoistway.store.keys import prune_keys
from hoistway.store.limit_counts import prune_counts
from hoistway.store.outbox import count_mails
from hoistway.store.provider_sessions import prune_states
from hoistway.store.recent_requests import prune_requests
from hoistway.store.remembered_devices import prune_devices
from hoistway.store.revocations import prune_revocations
from hoistway.store.sessions import prune_sessions
from hoistway.store.subscription_keys import prune_subscription_keys
from hoistway.store.subscriptions import expire_subscriptions
from hoistway.store.throttle import prune_counters
from hoistway.store.unit_removals import prune_removals
from hoistway.store.usage_days import DAYS
from hoistway.store.usage_hours import HOURS
from hoistway.store.usage_losses import prune_losses
from hoistway.store.usage_writers import prune_writers
from hoistway.store.used_forms import prune_used_forms
from hoistway.tokens.keyring import LONGEST_TOKEN, READ_EVERY, rotate_due
from hoistway.usage.flush import flush
from hoistway.web.shown import LIFETIME as FORM_LIFETIME

DAY = 86_400
KEPT_REMOVALS = 90 * DAY
"""How old the base of a program's copy of the units may be, as the guide on limits says."""
FLUSH_EVERY = 3.0
ROUND_EVERY = 45.0
MAIL_EVERY = 3.0
MAILS_COUNTED_EVERY = 5
"""Rounds."""


async def keep_brand(engine: Engine) -> None:
    """Takes over what another process changed."""
    row = await find_branding(engine.db)
    if row is not None:
        brand = brand_of(row)
        if brand != engine.pages.brand:
            engine.pages.rebrand(brand)


async def keep_up(engine: Engine, stop: asyncio.Event) -> None:
    """Every second it reads what was revoked, and every fifth second the keys; passwords that were remembered long
    enough are forgotten."""
    turn = 0
    while not await is_over(stop, 1):
        turn += 1
        engine.remembered.sweep(engine.now())
        with noted(engine, "up", "database unavailable", "following other processes failed"):
            await engine.revoked.load(engine.db, engine.now())
            if turn % READ_EVERY == 0:
                await engine.keyring.load(engine.db, engine.now())
                await keep_brand(engine)


async def keep_limits(engine: Engine, stop: asyncio.Event) -> None:
    """Every second: calls that count against limits. Separate from `keep_up`, because it writes and may have to wait."""
    while not await is_over(stop, 1):
        with noted(engine, "limits", "calls not published yet", "publishing calls failed"):
            await engine.limits.publish(engine.db)


async def clear_away(engine: Engine) -> None:
    """Deletes what has no effect any more, in short transactions, so that no table grows with use."""
    now = engine.now()
    for prune, before in (
        (prune_codes, now - LONGEST_TOKEN),
        (prune_families, now - 7 * DAY),
        (prune_revocations, now),
        (prune_sessions, now),
        (prune_counters, now),
        (prune_keys, now),
        (expire_subscriptions, now),
        (prune_subscription_keys, now - 7 * DAY),
        (prune_counts, now - DAY),
        (prune_losses, now - engine.settings.keep_daily_use),
        (prune_flow_uses, now - engine.settings.keep_daily_use),
        (prune_writers, now - DAY),
        (prune_devices, now),
        (known_browsers.prune_browsers, now - known_browsers.KEPT),
        (prune_used_forms, now - FORM_LIFETIME),
        (prune_kept_forms, now - DAY),
        (idempotency_keys.prune_answered_keys, now - idempotency_keys.KEPT),
        (links.prune_links, now - links.KEPT),
        (prune_states, now),
    ):
        async with engine.db.write() as tx:
            await prune(tx, before)


async def clear_use(engine: Engine) -> int:
    """Deletes counts and requests that were kept long enough, a bounded number at a time; returns how many rows."""
    now, settings, removed = engine.now(), engine.settings, 0
    for prune, before in (
        (HOURS.prune, now - settings.keep_hourly_use),
        (DAYS.prune, now - settings.keep_daily_use),
        (prune_actor_uses, now - ACTORS_KEPT),
        (prune_requests, now - settings.keep_requests),
        (prune_removals, now - KEPT_REMOVALS),
    ):
        removed += await prune_in_steps(engine.db, prune, before)
    return removed


async def write_counts(engine: Engine) -> None:
    """Writes what was counted. If that fails, logs how many calls are not counted."""
    try:
        await flush(engine.tally, engine.db, engine.now())
        engine.measures.note_job("counts", "done", engine.now())
    except DatabaseUnavailable as error:
        engine.measures.note_job("counts", "put_off", engine.now())
        LOG.warning(
            "counts not written yet", because=str(error), held=engine.tally.held, calls_not_counted=engine.tally.lost
        )


async def keep_counts(engine: Engine, stop: asyncio.Event) -> None:
    """Every few seconds; a process that is killed loses what it has counted since."""
    while not await is_over(stop, FLUSH_EVERY):
        try:
            await write_counts(engine)
        except Exception as error:
            LOG.error("counting failed", exc_info=error)
            engine.measures.note_job("counts", "failed", engine.now())


async def keep_mail(engine: Engine, stop: asyncio.Event) -> None:
    """Every few seconds, so that a decision is in the mailbox before the page is closed."""
    turn = 0
    while not await is_over(stop, MAIL_EVERY):
        with noted(engine, "mail", "mail not sent yet", "mail failed"):
            await send_asked(engine)
            await send_due(engine)
            if engine.settings.mail is not None and turn % MAILS_COUNTED_EVERY == 0:
                engine.measures.mails_waiting = await count_mails(engine.db)
        turn += 1


async def keep_keys(engine: Engine) -> None:
    """Publishes the successor of a key that reaches its lifetime, unless another process has done so."""
    settings = engine.settings
    if await rotate_due(engine.db, engine.vault, engine.now(), lifetime=settings.key_lifetime, lead=settings.key_lead):
        await engine.keyring.load(engine.db, engine.now())


async def publish_last(engine: Engine) -> None:
    """Before the process ends: publishes the remaining calls. It waits a moment for another process that is doing so,
    and no longer for a database that does not answer."""
    try:
        async with asyncio.timeout(2):
            while not await engine.limits.publish(engine.db, last=True):
                await asyncio.sleep(0.05)
    except (TimeoutError, DatabaseUnavailable) as error:
        LOG.warning("calls of the last second are not counted", because=repr(error))


JOBS: tuple[tuple[str, Callable[[Engine], Awaitable[object]]], ...] = (
    ("secrets", note_uses),
    ("clear", clear_away),
    ("use", clear_use),
    ("chain", keep_chain),
    ("old_jobs", clear_bulk),
    ("people", fill_in),
    ("scopes", finish_withdrawn),
    ("carried", count_waiting),
    ("families", lambda engine: end_crowded(engine.db, engine.crowds)),
    ("trail", keep_trail),
    ("keys", keep_keys),
    # Last, because it may have to read the whole trail.
    ("erasures", keep_erasures),
)
SELDOM: tuple[tuple[str, Callable[[Engine], Awaitable[object]]], ...] = (("latecomers", seal_latecomers),)
"""Once in sixty rounds, which is about an hour."""


async def run_job(engine: Engine, name: str, work: Callable[[Engine], Awaitable[object]]) -> Job:
    """If it fails, only this job fails; the console shows the outcome."""
    started_at, begun, outcome, counted = engine.now(), time.monotonic(), "done", "done"
    try:
        await work(engine)
    except (DatabaseUnavailable, Conflict) as error:
        LOG.warning("housekeeping postponed", job=name, because=str(error))
        outcome, counted = "put off: the database did not answer", "put_off"
    except ArchiveUnusable as error:
        LOG.error("housekeeping failed", job=name, because=str(error))
        outcome, counted = "failed: HOISTWAY_AUDIT_ARCHIVE", "failed"
    except Exception as error:
        LOG.error("housekeeping failed", job=name, exc_info=error)
        outcome, counted = f"failed: {type(error).__name__}", "failed"
    engine.measures.note_job(name, counted, engine.now())
    return Job(name, str(os.getpid()), started_at, int((time.monotonic() - begun) * 1000), outcome)


async def keep_house(engine: Engine, stop: asyncio.Event) -> None:
    """About every minute; the intervals vary, so that processes do not meet."""
    rounds = 0
    while not await is_over(stop, ROUND_EVERY + random.random() * 30):  # noqa: S311  a pause, not a secret
        due = JOBS if rounds % 60 else (*JOBS, *SELDOM)
        rounds += 1
        done = [await run_job(engine, name, work) for name, work in due]
        try:
            async with engine.db.write() as tx:
                await put_jobs(tx, done)
        except (DatabaseUnavailable, Conflict) as error:
            LOG.warning("outcomes of jobs not stored", because=str(error))
