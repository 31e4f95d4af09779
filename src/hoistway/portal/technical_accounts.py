"""A customer's technical accounts, for its administrators: making one, giving it a new password, disabling and enabling it."""

import os
import uuid

from starlette.responses import Response

from hoistway.accounts.technical import MOST_ACCOUNTS, TooManyAccounts, make_account
from hoistway.authn.passwords import generate_password
from hoistway.engine import Engine
from hoistway.grants.new_password import replace_password
from hoistway.portal.changing import Change, Moved, changing
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.protocol.ids import ServiceAccountId
from hoistway.protocol.text import read_name, username_key
from hoistway.store.account_lists import clients_using, find_account_of, lock_account_of, page_of_accounts
from hoistway.store.service_accounts import (
    BY_CUSTOMER,
    ServiceAccount,
    set_service_account_disabled,
)
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS

PAGE = 50
LONGEST_NAME = 100
HERE = "/portal/technical-accounts"
OF_APPLICATION = "app-"


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
        typed=visit.form.get("name") or "", first=HERE if after else None, now=engine.now(),
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
    row = ServiceAccount(account_id, username, username_key(username), name, reader.customer_id, digest, now, now)
    try:
        async with changing(engine, visit, reader) as change:
            await make_account(change.tx, row)
            await change.leads_to(f"{HERE}/{account_id}")
            await change.record("service_account.added", id=row.id)
    except TooManyAccounts:
        problems = Problems({"name": PORTAL_WORDS[visit.lang]["account_too_many"].format(most=MOST_ACCOUNTS)})
        return await _list(engine, visit, reader, problems)
    return _shown_once(engine, visit, row, password, fresh=True)


async def account(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET or POST /portal/technical-accounts/{id}: `do` is password, disable or enable."""
    row = await find_account_of(engine.db, reader.customer_id, ServiceAccountId(visit.request.path_params["id"]))
    if row is None:
        raise NotFound
    if not visit.posted:
        return await _page(engine, visit, reader, row, None)
    visit.check_shown(row)
    act = {"password": _password, "disable": _switch, "enable": _switch}.get(visit.form.need("do"))
    if act is None:
        raise NotFound
    return await act(engine, visit, reader, row)


async def _page(
    engine: Engine, visit: Visit, reader: Reader, row: ServiceAccount, problems: Problems | None
) -> Response:
    t = PORTAL_WORDS[visit.lang]
    using = await clients_using(engine.db, row.id, engine.now())
    return engine.pages.portal(
        "portal/technical_account.html", visit.showing(row), 422 if problems else 200, row=row, using=using,
        customer_id=reader.customer_id, has_password=_has_password(row), may_enable=may_enable(row), problems=problems, now=engine.now(),
        crumbs=(Crumb(t["accounts"], HERE),),
    )  # fmt: skip


def may_enable(row: ServiceAccount) -> bool:
    """What an operator disabled, only an operator can enable."""
    return row.disabled_by == BY_CUSTOMER


def _has_password(row: ServiceAccount) -> bool:
    """False where it came with an application: such an account is reached only through the application's secret."""
    return not row.username.startswith(OF_APPLICATION)


async def _password(engine: Engine, visit: Visit, reader: Reader, row: ServiceAccount) -> Response:
    """Ends what the old password gave, like the command of the same name."""
    if not _has_password(row):
        raise NotFound
    if visit.form.get("sure") is None:
        problems = Problems({"sure": PORTAL_WORDS[visit.lang]["account_not_sure"]})
        return await _page(engine, visit, reader, row, problems)
    password = generate_password()
    digest = await engine.passwords.hash(password)
    async with changing(engine, visit, reader) as change:
        await _lock(change, reader, row)
        ended = await replace_password(change.tx, "service_account", row.id, digest, engine.now())
        if ended is None:
            raise NotFound
        await change.record("service_account.password_reset", id=row.id, refresh_tokens=ended.refresh_tokens)
    return _shown_once(engine, visit, row, password, fresh=False)


async def _switch(engine: Engine, visit: Visit, reader: Reader, row: ServiceAccount) -> Response:
    """Disabling requires the user name to be typed, because it ends access within seconds."""
    off = visit.form.get("do") == "disable"
    if off == (row.disabled_at is not None):
        return see_other(f"{HERE}/{row.id}")
    if off and (visit.form.get("confirm") or "").strip() != row.username:
        problems = Problems({"confirm": PORTAL_WORDS[visit.lang]["thing_confirm_wrong"]})
        return await _page(engine, visit, reader, row, problems)
    if not off and not may_enable(row):
        raise NotFound
    async with changing(engine, visit, reader) as change:
        await _lock(change, reader, row)
        by = BY_CUSTOMER if off else None
        await set_service_account_disabled(change.tx, row.id, engine.now() if off else None, by)
        await change.record(f"service_account.{'disabled' if off else 'enabled'}", id=row.id)
    return see_other(f"{HERE}/{row.id}", "notice_disabled" if off else "notice_enabled")


async def _lock(change: Change, reader: Reader, before: ServiceAccount) -> None:
    """Raises NotFound; Moved where somebody disabled or enabled it, or gave it another password."""
    row = await lock_account_of(change.tx, reader.customer_id, before.id)
    if row is None:
        raise NotFound
    if row != before:
        raise Moved(log="the technical account changed")
    change.check_shown(row)


def _shown_once(engine: Engine, visit: Visit, row: ServiceAccount, password: str, *, fresh: bool) -> Response:
    return engine.pages.portal(
        "portal/technical_account_password.html", visit.frame, row=row, password=password, fresh=fresh,
        address=f"{HERE}/{row.id}",
    )  # fmt: skip
