"""A customer's technical accounts, for its administrators: listed and made."""

import os
import uuid

from starlette.responses import Response

from hoistway.accounts.technical import (
    LIFETIMES,
    MOST_ACCOUNTS,
    TooManyAccounts,
    end_after,
    make_account,
)
from hoistway.authn.passwords import generate_password
from hoistway.engine import Engine
from hoistway.portal.changing import changing
from hoistway.portal.technical_account import HERE, USUAL_LIFETIME, lifetime, shown_once
from hoistway.portal.visit import Reader, Visit
from hoistway.protocol.ids import ServiceAccountId
from hoistway.protocol.text import read_name, username_key
from hoistway.store.account_lists import page_of_accounts
from hoistway.store.service_accounts import (
    ServiceAccount,
)
from hoistway.web.frame import Problems
from hoistway.web.portal_words import PORTAL_WORDS

PAGE = 50
LONGEST_NAME = 100


async def list_accounts(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET or POST /portal/technical-accounts; `after` selects the page. A POST makes one: `name` says what it is for."""
    if visit.posted:
        return await _make(engine, visit, reader)
    return await _list(engine, visit, reader, None)


async def _list(engine: Engine, visit: Visit, reader: Reader, problems: Problems | None) -> Response:
    after = (visit.query.get("after") or "")[:200]
    rows = await page_of_accounts(engine.db, reader.customer_id, after=after, most=PAGE + 1)
    return engine.pages.portal(
        "portal/technical_accounts.html", visit.frame, 422 if problems else 200, rows=rows[:PAGE], problems=problems,
        typed=visit.form.get("name") or "", lifetimes=LIFETIMES, usual=USUAL_LIFETIME, first=HERE if after else None, now=engine.now(),
        more=f"{HERE}?after={rows[PAGE - 1].id}" if len(rows) > PAGE else None,
    )  # fmt: skip


async def _make(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """The user name is generated: that a chosen one is taken would reveal another customer's account."""
    name, good = read_name(visit.form.get("name"), 1, LONGEST_NAME)
    if not good:
        problems = Problems({"name": PORTAL_WORDS[visit.lang]["account_no_name"]})
        return await _list(engine, visit, reader, problems)
    account_id = ServiceAccountId(str(uuid.uuid4()))
    username, password, now = f"svc-{os.urandom(6).hex()}", generate_password(), engine.now()
    digest = await engine.passwords.hash(password)
    row = ServiceAccount(
        account_id, username, username_key(username), name, reader.customer_id, digest, now, now,
        password_expires_at=end_after(lifetime(visit), now),
    )  # fmt: skip
    try:
        async with changing(engine, visit, reader) as change:
            await make_account(change.tx, row)
            await change.leads_to(f"{HERE}/{account_id}")
            await change.record("service_account.added", id=row.id)
    except TooManyAccounts:
        problems = Problems({"name": PORTAL_WORDS[visit.lang]["account_too_many"].format(most=MOST_ACCOUNTS)})
        return await _list(engine, visit, reader, problems)
    return shown_once(engine, visit, row, password, kind="fresh")
