"""The two passwords of any technical account, and from where they may be used, as its customer's administrators have them in
the portal (docs/adr/0037-two-passwords.md).
"""

from starlette.responses import Response

from hoistway.accounts.technical import (
    LIFETIMES,
    NoSuchPassword,
    TwoPasswords,
    end_after,
    fresh_password,
    give_password,
    has_password,
    take_password,
)
from hoistway.console.thing_pages import lock_shown
from hoistway.engine import Engine
from hoistway.portal.changing import operating
from hoistway.portal.technical_account import (
    USUAL_LIFETIME,
    lifetime,
    limit,
    networks_of,
    typed_ranges,
    used_passwords,
)
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.protocol.ids import ServiceAccountId
from hoistway.protocol.two_passwords import BOTH, MOST
from hoistway.store.service_accounts import ServiceAccount, find_service_account
from hoistway.store.users import User
from hoistway.things.known import ACCOUNTS
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment


async def passwords_page(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/accounts/{id}/passwords: `do` is add, with `lifetime` in days, end, with `password` and `unused`, or
    addresses, with `addresses`."""
    row = await find_service_account(engine.db, ServiceAccountId(visit.request.path_params["id"]))
    if row is None:
        raise NotFound
    if not visit.posted:
        return await _show(engine, visit, row, None)
    visit.check_shown(row)
    do = visit.form.need("do")
    act = {"add": _add, "end": _end, "addresses": _limit}.get(do)
    if act is None or (do != "addresses" and not has_password(row)):
        raise NotFound
    return await act(engine, visit, operator, row)


async def _add(engine: Engine, visit: Visit, operator: User, row: ServiceAccount) -> Response:
    now = engine.now()
    try:
        fresh = fresh_password(row, now)
        digest = await engine.passwords.hash(fresh.password)
        async with operating(engine, visit, operator, row.customer_id) as change:
            await lock_shown(change, ACCOUNTS, row)
            await give_password(change.tx, row, fresh.which, digest, now, end_after(lifetime(visit), now))
            await change.leads_to(_address(row))
            about = {"customer_id": row.customer_id, "id": row.id}
            await change.record("service_account.password_added", **about, password=fresh.which)
    except TwoPasswords:
        return await _show(engine, visit, row, Problems({"lifetime": PORTAL_WORDS[visit.lang]["account_two"]}))
    return engine.pages.portal(
        "console/made_once.html", visit.frame, title=row.username, address=_address(row),
        shown=(("password", fresh.password),),
    )  # fmt: skip


async def _end(engine: Engine, visit: Visit, operator: User, row: ServiceAccount) -> Response:
    which = next((one for one in BOTH if one == visit.form.get("password")), None)
    if which is None:
        raise NotFound
    if visit.form.get("unused") is None:
        problems = Problems({f"unused-{which}": PORTAL_WORDS[visit.lang]["account_not_unused"]})
        return await _show(engine, visit, row, problems)
    try:
        async with operating(engine, visit, operator, row.customer_id) as change:
            await lock_shown(change, ACCOUNTS, row)
            ended = await take_password(change.tx, row, which, engine.now())
            about = {"customer_id": row.customer_id, "id": row.id}
            await change.record("service_account.password_ended", **about, password=which, refresh_tokens=ended)
    except NoSuchPassword as gone:
        raise NotFound from gone
    return see_other(_address(row), "notice_password_ended")


async def _limit(engine: Engine, visit: Visit, operator: User, row: ServiceAccount) -> Response:
    addresses, problems = networks_of(visit)
    if problems:
        return await _show(engine, visit, row, problems)
    async with operating(engine, visit, operator, row.customer_id) as change:
        await lock_shown(change, ACCOUNTS, row)
        await limit(change, row, addresses)
    return see_other(_address(row), "notice_changed")


def _address(row: ServiceAccount) -> str:
    return f"/console/accounts/{segment(row.id)}/passwords"


async def _show(engine: Engine, visit: Visit, row: ServiceAccount, problems: Problems | None) -> Response:
    t = PORTAL_WORDS[visit.lang]
    return engine.pages.portal(
        "console/account_passwords.html", visit.showing(row), 422 if problems else 200, row=row, problems=problems,
        has_password=has_password(row), passwords=await used_passwords(engine, row), most=MOST, lifetimes=LIFETIMES,
        usual=USUAL_LIFETIME, ranges=typed_ranges(visit, row), now=engine.now(),
        crumbs=(
            Crumb(t["frame_operate"], "/console"), Crumb(t["things_accounts"], "/console/accounts"),
            Crumb(row.username, f"/console/accounts/{segment(row.id)}"),
        ),
    )  # fmt: skip
