"""A customer's providers: the list, and connecting one (docs/adr/0032-providers.md)."""

import asyncio

from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.federation.checking import check_provider
from hoistway.federation.connecting import Wrong, add_new, check_given, check_room, new_provider
from hoistway.portal.company.fields import EMPTY, Typed, read_given, typed_in
from hoistway.portal.company.seat import Seat
from hoistway.portal.not_now import Forbidden
from hoistway.portal.visit import Visit, see_other
from hoistway.store.provider_domains import ProviderDomain, count_proved
from hoistway.store.providers import MOST, Provider, providers_of
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment


def company_crumb(visit: Visit, seat: Seat) -> Crumb:
    return Crumb(PORTAL_WORDS[visit.lang]["company"], f"{seat.root}/company-sign-in")


async def list_providers(engine: Engine, visit: Visit, seat: Seat) -> Response:
    """GET …/company-sign-in."""
    return engine.pages.portal(
        "portal/company_providers.html", visit.frame, seat=seat, rows=await providers_of(engine.db, seat.id),
        proved=await count_proved(engine.db, seat.id), most=MOST, crumbs=seat.crumbs,
    )  # fmt: skip


def is_anyway(visit: Visit) -> bool:
    """True where it is said that the provider is to be on though it doesn't work."""
    return visit.form.get("anyway") is not None


async def what_is_wrong(engine: Engine, visit: Visit, row: Provider, domains: list[ProviderDomain]) -> str | None:
    """What keeps everybody from signing in there, as a sentence. Asks the provider, so never in a transaction."""
    found = await check_provider(engine.providers, row, domains, engine.now())
    wrong = " ".join(one.say(visit.lang) for one in found if one.level == "wrong")
    return PORTAL_WORDS[visit.lang]["company_check_first"].format(because=wrong) if wrong else None


async def _first_look(engine: Engine, visit: Visit, seat: Seat, row: Provider) -> Problems | None:
    """A new provider is on at once, so it has to work, unless that it doesn't is said."""
    if is_anyway(visit):
        return None
    if not engine.checking.may(seat.id, engine.now()):
        return Problems({"issuer": PORTAL_WORDS[visit.lang]["company_too_often"]})
    wrong = await what_is_wrong(engine, visit, row, [])
    return None if wrong is None else Problems({"anyway": wrong})


async def connect(engine: Engine, visit: Visit, seat: Seat) -> Response:
    """GET or POST …/company-sign-in/new: the fields of fields.EMPTY, `secret`, and `anyway`."""
    if not (seat.may_change or seat.is_own):
        raise Forbidden
    if not visit.posted:
        return _page(engine, visit, seat, EMPTY, None)
    given = read_given(visit.form, visit.form.get("issuer") or "")
    try:
        check_given(given, loopback=engine.settings.outbound_loopback)
        await check_room(engine.db, seat.id)
        # A key of our own takes a tenth of a second, in which other requests go on.
        row = await asyncio.to_thread(new_provider, engine.vault, seat.id, given, engine.now())
        problems = await _first_look(engine, visit, seat, row)
        if problems is not None:
            return _page(engine, visit, seat, typed_in(visit.form), problems)
        here = f"{seat.root}/company-sign-in/{segment(row.id)}"
        async with seat.begin() as change:
            await add_new(change.tx, row)
            await change.leads_to(here)
            await change.record(
                "provider.added", id=row.id, customer=seat.id, issuer=row.issuer, checked=not is_anyway(visit)
            )
    except Wrong as wrong:
        return _page(engine, visit, seat, typed_in(visit.form), Problems({wrong.field: wrong.say(visit.lang)}))
    return see_other(here, "notice_company_connected")


def _page(engine: Engine, visit: Visit, seat: Seat, typed: Typed, problems: Problems | None) -> Response:
    return engine.pages.portal(
        "portal/company_provider_new.html", visit.frame, 422 if problems else 200, seat=seat, typed=typed,
        problems=problems, crumbs=(*seat.crumbs, company_crumb(visit, seat)),
    )  # fmt: skip
