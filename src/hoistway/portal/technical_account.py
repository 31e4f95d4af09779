"""One technical account, for the customer's administrators: its two passwords, the addresses from which it may be used, and
whether it is enabled (docs/adr/0037-two-passwords.md).
"""

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from hoistway.accounts.technical import (
    LIFETIMES,
    MOST_RANGES,
    BadRanges,
    NoSuchPassword,
    TwoPasswords,
    end_after,
    fresh_password,
    give_password,
    has_password,
    limit_account,
    passwords_of,
    read_addresses,
    take_password,
)
from hoistway.authn.passwords import generate_password
from hoistway.engine import Engine
from hoistway.grants.new_password import replace_password
from hoistway.portal.changing import Change, Moved, changing
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.protocol.ids import ServiceAccountId
from hoistway.protocol.numbers import read_whole
from hoistway.protocol.two_passwords import BOTH, MOST, Which
from hoistway.store.account_lists import clients_using, find_account_of, lock_account_of
from hoistway.store.password_uses import password_uses_of
from hoistway.store.service_accounts import (
    BY_CUSTOMER,
    Secret,
    ServiceAccount,
    set_service_account_disabled,
)
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS

HERE = "/portal/technical-accounts"
USUAL_LIFETIME = 365


async def account(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET or POST /portal/technical-accounts/{id}: `do` is password, add, end, addresses, disable or enable."""
    row = await find_account_of(engine.db, reader.customer_id, ServiceAccountId(visit.request.path_params["id"]))
    if row is None:
        raise NotFound
    if not visit.posted:
        return await _page(engine, visit, reader, row, None)
    visit.check_shown(row)
    act = {
        "password": _password, "add": _add, "end": _end, "addresses": _limit, "disable": _switch, "enable": _switch,
    }.get(visit.form.need("do"))  # fmt: skip
    if act is None:
        raise NotFound
    return await act(engine, visit, reader, row)


async def _page(
    engine: Engine, visit: Visit, reader: Reader, row: ServiceAccount, problems: Problems | None
) -> Response:
    t, now = PORTAL_WORDS[visit.lang], engine.now()
    passwords = await used_passwords(engine, row)
    using = await clients_using(engine.db, row.id, now)
    return engine.pages.portal(
        "portal/technical_account.html", visit.showing(row), 422 if problems else 200, row=row, using=using,
        customer_id=reader.customer_id, has_password=has_password(row), passwords=passwords, most=MOST,
        lifetimes=LIFETIMES, usual=USUAL_LIFETIME, ranges=typed_ranges(visit, row),
        may_enable=may_enable(row), problems=problems, now=now,
        crumbs=(Crumb(t["accounts"], HERE),),
    )  # fmt: skip


def may_enable(row: ServiceAccount) -> bool:
    """What an operator disabled, only an operator can enable."""
    return row.disabled_by == BY_CUSTOMER


async def used_passwords(engine: Engine, row: ServiceAccount) -> list[tuple[Secret, int | None]]:
    """Those that work, and when each was used last."""
    used = await password_uses_of(engine.db, row.id)
    return [(one, _use_of(one, used)) for one in passwords_of(row, engine.now())]


def _use_of(secret: Secret, used: Mapping[Which, int]) -> int | None:
    """What was used before this password was made, was another one."""
    at = used.get(secret.which)
    return None if at is None or at < secret.changed_at else at


def typed_ranges(visit: Visit, row: ServiceAccount) -> str:
    typed = visit.form.get("addresses")
    return (row.addresses or "").replace(" ", "\n") if typed is None else typed


def lifetime(visit: Visit) -> int:
    days = read_whole(visit.form.get("lifetime"), 0, max(LIFETIMES))
    return days if days in LIFETIMES else USUAL_LIFETIME


async def _password(engine: Engine, visit: Visit, reader: Reader, row: ServiceAccount) -> Response:
    """Ends what the old password gave, like the command of the same name."""
    if not has_password(row):
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
    return shown_once(engine, visit, row, password, kind="replaced")


async def _add(engine: Engine, visit: Visit, reader: Reader, row: ServiceAccount) -> Response:
    """Beside the one that there is, so that programs move to it one after the other. `lifetime` is in days, 0 without
    end."""
    if not has_password(row):
        raise NotFound
    t, now = PORTAL_WORDS[visit.lang], engine.now()
    try:
        fresh = fresh_password(row, now)
        digest = await engine.passwords.hash(fresh.password)
        async with changing(engine, visit, reader) as change:
            account = await _lock(change, reader, row)
            await give_password(change.tx, account, fresh.which, digest, now, end_after(lifetime(visit), now))
            await change.record("service_account.password_added", id=row.id, password=fresh.which)
    except TwoPasswords:
        return await _page(engine, visit, reader, row, Problems({"lifetime": t["account_two"]}))
    return shown_once(engine, visit, row, fresh.password, kind="added")


async def _end(engine: Engine, visit: Visit, reader: Reader, row: ServiceAccount) -> Response:
    """`password` is first or second. What it gave ends with it."""
    which = next((one for one in BOTH if one == visit.form.get("password")), None)
    if which is None or not has_password(row):
        raise NotFound
    if visit.form.get("unused") is None:
        problems = Problems({f"unused-{which}": PORTAL_WORDS[visit.lang]["account_not_unused"]})
        return await _page(engine, visit, reader, row, problems)
    try:
        async with changing(engine, visit, reader) as change:
            account = await _lock(change, reader, row)
            ended = await take_password(change.tx, account, which, engine.now())
            await change.record("service_account.password_ended", id=row.id, password=which, refresh_tokens=ended)
    except NoSuchPassword as gone:
        raise NotFound from gone
    return see_other(f"{HERE}/{row.id}", "notice_password_ended")


async def _limit(engine: Engine, visit: Visit, reader: Reader, row: ServiceAccount) -> Response:
    """`addresses` are networks, one a line; none means everywhere."""
    addresses, problems = networks_of(visit)
    if problems:
        return await _page(engine, visit, reader, row, problems)
    async with changing(engine, visit, reader) as change:
        await limit(change, await _lock(change, reader, row), addresses)
    return see_other(f"{HERE}/{row.id}", "notice_changed")


def networks_of(visit: Visit) -> tuple[Sequence[str], Problems]:
    """`addresses` are networks, one a line."""
    t, problems = PORTAL_WORDS[visit.lang], Problems()
    try:
        return read_addresses(visit.form.get("addresses") or ""), problems
    except BadRanges as bad:
        many = t["account_many_ranges"].format(most=MOST_RANGES)
        problems.add("addresses", many if bad.entry is None else t["account_bad_range"].format(entry=bad.entry))
        return (), problems


async def limit(change: Change, row: ServiceAccount, addresses: Sequence[str]) -> None:
    """`row` is locked."""
    before = (row.addresses or "").split()
    if list(addresses) != before:
        await limit_account(change.tx, row, addresses)
        after = {"addresses": list(addresses)}
        await change.record("service_account.changed", id=row.id, before={"addresses": before}, after=after)


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


async def _lock(change: Change, reader: Reader, before: ServiceAccount) -> ServiceAccount:
    """Raises NotFound; Moved where somebody disabled or enabled it, or gave it another password."""
    row = await lock_account_of(change.tx, reader.customer_id, before.id)
    if row is None:
        raise NotFound
    if row != before:
        raise Moved(log="the technical account changed")
    change.check_shown(row)
    return row


def shown_once(engine: Engine, visit: Visit, row: ServiceAccount, password: str, *, kind: str) -> Response:
    return engine.pages.portal(
        "portal/technical_account_password.html", visit.frame, row=row, password=password, kind=kind,
        address=f"{HERE}/{row.id}",
    )  # fmt: skip
