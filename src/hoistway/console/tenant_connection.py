"""A tenant's older system, at which passwords that could not be exported are proven once, and how far that is
(docs/adr/0041-carried-passwords.md).
"""

from typing import Any, Final

from starlette.responses import Response

from hoistway.approving.proposing import give
from hoistway.approving.refusals import REFUSALS, key_of
from hoistway.console.named import read_named
from hoistway.console.thing_pages import lock_shown
from hoistway.console.two import hand_of
from hoistway.engine import Engine
from hoistway.portal.changing import Change, operating
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.store.carried_accounts import STATES, count_carried_of
from hoistway.store.proposals import proposal_about
from hoistway.store.tenant_connections import Connection, find_connection, lock_connection
from hoistway.store.users import User
from hoistway.things.connecting import DISCONNECTING, ENTRIES, check_connection, connecting
from hoistway.things.known import TENANTS
from hoistway.things.making import Unfit
from hoistway.things.tenants import NamedTenant, find_named
from hoistway.web.figures import Figures
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment

KIND: Final = "tenant"
"""Of approving/kinds."""


async def connection_page(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/tenants/{id}/connection: `do` is connect, with the values, or disconnect, with the name of the tenant
    in `confirm`."""
    tenant_id = visit.request.path_params["id"]
    tenant = None if len(tenant_id) > 200 else await find_named(engine.db, tenant_id)
    if tenant is None:
        raise NotFound
    row = await find_connection(engine.db, tenant.id)
    if not visit.posted:
        return await _show(engine, visit, tenant, row, _values(row), None)
    visit.check_shown(tenant, row)
    act = {"connect": _connect, "disconnect": _disconnect}.get(visit.form.need("do"))
    if act is None:
        raise NotFound
    return await act(engine, visit, operator, tenant, row)


def _values(row: Connection | None) -> dict[str, str]:
    return {entry.name: entry.begins if row is None else entry.read(row) for entry in ENTRIES}


async def _connect(
    engine: Engine, visit: Visit, operator: User, tenant: NamedTenant, row: Connection | None
) -> Response:
    typed = {entry.name: visit.form.get(entry.name) or "" for entry in ENTRIES}
    meant, values, problems = await read_named(engine.db, ENTRIES, typed, visit.lang)
    if not problems:
        try:
            check_connection(values, engine.now(), engine.settings)
        except Unfit as unfit:
            problems.add(unfit.entry, unfit.misfit.in_words(visit.lang))
    if problems:
        return await _show(engine, visit, tenant, row, meant, problems)
    try:
        async with operating(engine, visit, operator) as change:
            await _lock(change, tenant)
            waits = await give(hand_of(change), KIND, tenant.id, connecting(values))
    except REFUSALS as refusal:
        problems.add("endpoint", PORTAL_WORDS[visit.lang][key_of(refusal)])
        return await _show(engine, visit, tenant, row, meant, problems)
    if waits is not None:
        return see_other(f"/console/changes/{waits.id}", "notice_two_proposed")
    return see_other(_address(tenant), "notice_changed")


async def _disconnect(
    engine: Engine, visit: Visit, operator: User, tenant: NamedTenant, row: Connection | None
) -> Response:
    if (visit.form.get("confirm") or "").strip() != tenant.title:
        problems = Problems({"confirm": PORTAL_WORDS[visit.lang]["thing_confirm_wrong"]})
        return await _show(engine, visit, tenant, row, _values(row), problems)
    async with operating(engine, visit, operator) as change:
        await _lock(change, tenant)
        if row is None or row.stopped_at is not None:
            raise NotFound
        await give(hand_of(change), KIND, tenant.id, DISCONNECTING)
    return see_other(_address(tenant), "notice_changed")


async def _lock(change: Change, tenant: NamedTenant) -> None:
    """Raises Moved, NotFound."""
    await lock_shown(change, TENANTS, tenant, await lock_connection(change.tx, tenant.id))


def _address(tenant: NamedTenant) -> str:
    return f"/console/tenants/{segment(tenant.id)}/connection"


async def _show(
    engine: Engine, visit: Visit, tenant: NamedTenant, row: Connection | None, values: dict[str, str],
    problems: Problems | None,
) -> Response:  # fmt: skip
    t, now = PORTAL_WORDS[visit.lang], engine.now()
    counts: dict[str, Any] = await count_carried_of(engine.db, tenant.id)
    state = "none" if row is None or row.stopped_at is not None else "on" if row.asks(now) else "ended"
    return engine.pages.portal(
        "console/tenant_connection.html", visit.showing(tenant, row), 422 if problems else 200, tenant=tenant, row=row,
        values=values, problems=problems, entries=ENTRIES, state=state, states=STATES, counts=counts,
        figures=Figures(visit.lang), two=engine.settings.four_eyes, waiting=await proposal_about(engine.db, KIND, tenant.id),
        crumbs=(
            Crumb(t["frame_operate"], "/console"), Crumb(t["things_tenants"], "/console/tenants"),
            Crumb(tenant.title, f"/console/tenants/{segment(tenant.id)}"),
        ),
    )  # fmt: skip
