"""Tells applications that sessions ended: delivers the queue of logout tokens (docs/adr/0036-backchannel-logout.md)."""

import random
from time import monotonic
from typing import Final
from urllib.parse import urlencode

from hoistway.engine import Engine, time_ordered_id
from hoistway.journal import LOG
from hoistway.outbound.failed import Failed
from hoistway.outbound.reading import NO_BODY
from hoistway.protocol.ids import ClientId
from hoistway.protocol.logout_token import TYPE, logout_claims
from hoistway.store.application_sessions import ApplicationSession
from hoistway.store.clients import Client, find_client
from hoistway.store.db import Writer
from hoistway.store.logout_notices import (
    MOST_IN_ALL,
    MOST_OF_APPLICATION,
    count_waiting,
    drop_notices,
    due_notices,
    forget_notices,
    give_notices_up,
    put_notices_off,
    remove_notice,
    take_notice,
)

FIRST_PAUSE, LONGEST_PAUSE = 30, 3600
MOST_ATTEMPTS: Final = 12
"""About seven hours."""
TAKEN: Final = 60
NOTICES_A_ROUND: Final = 100
SECONDS_A_ROUND: Final = 10.0
"""For one application, which must not keep the others waiting."""
AWAY: Final = "it did not answer 2xx for hours"
TOO_MANY: Final = "too many waited"
OF_ALL: Final = frozenset({401, 403, 408, 429})
"""What an application answers to whichever notice comes; other answers of 4xx are about the one that was sent."""
_FORM: Final = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}


class Refused(Failed):
    """The application does not take this notice: another may be taken."""


def pause(attempts: int) -> int:
    """Seconds until the next attempt: 30 at first, then four times as long each time, an hour at the most; a fifth more
    or less, so that what failed together does not come back together."""
    seconds = min(LONGEST_PAUSE, FIRST_PAUSE * 4 ** min(attempts, 10))
    return int(seconds * random.uniform(0.8, 1.2))  # noqa: S311  a pause, not a secret


def logout_token(engine: Engine, client: Client, row: ApplicationSession) -> str:
    """New for each attempt, so that one that comes late is neither expired nor a replay. On a tenant's paths the `sub` of ID tokens may be a
    sentence, which everybody has, and may be another one by now: there the session alone is named (section 2.4 asks for one of the two)."""
    subject = row.user_id if row.issuer == engine.dialect.issuer else None
    claims = logout_claims(row.issuer, client.id, subject, row.sid, time_ordered_id(), engine.now())
    return engine.keyring.sign(client.id_token_alg or "RS256", claims, TYPE)


async def _deliver(engine: Engine, client: Client, uri: str, row: ApplicationSession) -> None:
    """Raises Failed."""
    body = urlencode({"logout_token": logout_token(engine, client, row)}).encode("ascii")
    whose = client.customer_id or client.id
    answer = await engine.outbound.fetch(uri, whose=whose, method="POST", headers=_FORM, body=body, most=NO_BODY)
    if 200 <= answer.status < 300:
        return
    kind = Refused if 400 <= answer.status < 500 and answer.status not in OF_ALL else Failed
    raise kind("status", f"it answers {answer.status}")


async def _give_up(engine: Engine, tx: Writer, client_id: ClientId, count: int, because: str) -> None:
    client = await find_client(tx, client_id)
    await engine.record(
        tx, "application.logout_given_up", client_id=client_id, customer_id=None if client is None else client.customer_id,
        sessions=count, because=because,
    )  # fmt: skip
    engine.measures.logouts.add_many(count, "given_up")
    LOG.error("application not told of sessions that ended", client_id=client_id, sessions=count, because=because)


async def _put_off(engine: Engine, row: ApplicationSession, error: Failed) -> None:
    """This one, and all that are due for the application where they would fail as well."""
    now = engine.now()
    due_by = None if isinstance(error, Refused) else now
    async with engine.db.write() as tx:
        await put_notices_off(tx, row, due_by, now + pause(row.attempts))
        dropped = await give_notices_up(tx, row.client_id, MOST_ATTEMPTS)
        if dropped:
            await _give_up(engine, tx, row.client_id, dropped, AWAY)
    engine.measures.logouts.add("put_off")
    LOG.warning(
        "logout token put off", client_id=row.client_id, attempts=row.attempts + 1, reason=error.reason, because=str(error)
    )  # fmt: skip


async def tell_application(engine: Engine, client_id: ClientId) -> None:
    """Until the application fails, or its time of this round is over."""
    client = await find_client(engine.db, client_id)
    if client is None or client.disabled_at is not None or client.backchannel_logout_uri is None:
        async with engine.db.write() as tx:
            await forget_notices(tx, client_id)
        return
    ends_at = monotonic() + SECONDS_A_ROUND
    for row in await due_notices(engine.db, client_id, engine.now(), NOTICES_A_ROUND):
        if monotonic() >= ends_at:
            return
        now = engine.now()
        async with engine.db.write() as tx:
            taken = await take_notice(tx, row, now, now + TAKEN)
        if taken is None:
            continue
        try:
            await _deliver(engine, client, client.backchannel_logout_uri, taken)
        except Refused as error:
            await _put_off(engine, taken, error)
            continue
        except Failed as error:
            await _put_off(engine, taken, error)
            return
        async with engine.db.write() as tx:
            await remove_notice(tx, taken)
        engine.measures.logouts.add("sent")


async def keep_bounds(engine: Engine) -> None:
    """Counts what waits, and drops the oldest where it is too much. Raises DatabaseUnavailable."""
    counts = await count_waiting(engine.db)
    waiting = sum(one.count for one in counts)
    for one in counts:
        over = max(0, waiting - MOST_IN_ALL)
        most = min(MOST_OF_APPLICATION, max(0, one.count - over))
        if one.count <= most:
            break
        async with engine.db.write() as tx:
            dropped = await drop_notices(tx, one.client_id, most)
            if dropped:
                await _give_up(engine, tx, one.client_id, dropped, TOO_MANY)
        waiting -= dropped
    engine.measures.logouts_waiting = waiting
