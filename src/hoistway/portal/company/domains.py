"""The page of a provider, with what is done there to its domains: named, proved by a TXT record, and removed."""

from collections.abc import Mapping

from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.federation.connecting import Wrong, look_for_proof, name_domain, settle_proof
from hoistway.portal.company.fields import typed_of
from hoistway.portal.company.provider import ACTS, Act, Chosen, find_chosen, lock_chosen, show, why_not
from hoistway.portal.company.seat import Seat
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.store.provider_domains import ProviderDomain, remove_domain
from hoistway.web.frame import Problems


async def provider_page(engine: Engine, visit: Visit, seat: Seat) -> Response:
    """GET or POST …/company-sign-in/{provider}: `do` is one of ALL."""
    chosen = await find_chosen(engine, visit, seat)
    if not visit.posted:
        return await show(chosen)
    act = ALL.get(visit.form.need("do"))
    if act is None:
        raise NotFound
    return await act(chosen)


async def _name(chosen: Chosen) -> Response:
    typed = chosen.visit.form.get("domain") or ""
    try:
        async with chosen.seat.begin() as change:
            row = await lock_chosen(change, chosen)
            named = await name_domain(change.tx, row, typed, chosen.engine.now())
            await change.record("provider.domain_added", id=row.id, domain=named.domain)
    except Wrong as wrong:
        problems = Problems({wrong.field: wrong.say(chosen.visit.lang)})
        return await show(chosen, problems=problems, typed={**typed_of(chosen.row), "domain": typed})
    return see_other(chosen.here, "notice_company_domain_added")


def _domain(chosen: Chosen) -> ProviderDomain:
    """Raises NotFound."""
    wanted = chosen.visit.form.get("domain")
    for one in chosen.domains:
        if one.domain == wanted:
            return one
    raise NotFound


async def _prove(chosen: Chosen) -> Response:
    """From then on people of the domain sign in at the provider, so it has to work, unless it is off."""
    domain = _domain(chosen)
    field = f"prove-{domain.domain}"
    if not chosen.may_check():
        return await chosen.refused(field, chosen.word("company_too_often"))
    try:
        await look_for_proof(chosen.engine.names.texts, domain)
        broken = None if chosen.row.disabled_at is not None else await why_not(chosen, chosen.row)
        if broken is not None:
            return await chosen.refused(field, broken)
        async with chosen.seat.begin() as change:
            row = await lock_chosen(change, chosen)
            await settle_proof(change.tx, domain, chosen.engine.now())
            await change.record("provider.domain_proved", id=row.id, domain=domain.domain)
    except Wrong as wrong:
        return await chosen.refused(field, wrong.say(chosen.visit.lang))
    return see_other(chosen.here, "notice_company_domain_proved")


async def _remove(chosen: Chosen) -> Response:
    domain = _domain(chosen)
    if not chosen.is_confirmed(domain.domain):
        return await chosen.refused(f"confirm-{domain.domain}", chosen.word("company_confirm_wrong"))
    async with chosen.seat.begin() as change:
        row = await lock_chosen(change, chosen)
        await remove_domain(change.tx, row.id, domain.domain)
        await change.record("provider.domain_removed", id=row.id, domain=domain.domain)
    return see_other(chosen.here, "notice_company_domain_removed")


ALL: Mapping[str, Act] = {**ACTS, "name": _name, "prove": _prove, "unname": _remove}
