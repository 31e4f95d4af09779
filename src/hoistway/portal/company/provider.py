"""One provider of a customer: what it must know of us, settings, state, and its removal; domains.py has its domains."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.federation.checking import Finding, check_provider
from hoistway.federation.connecting import (
    Wrong,
    public_key_of,
    settled,
    switch_provider,
    take_provider_away,
)
from hoistway.federation.proofs import record_of
from hoistway.portal.changing import Change, Moved
from hoistway.portal.company.fields import Typed, read_given, typed_in, typed_of
from hoistway.portal.company.providers import company_crumb, is_anyway, what_is_wrong
from hoistway.portal.company.seat import Seat
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.protocol.ids import ProviderId
from hoistway.store.provider_domains import ProviderDomain, domains_of
from hoistway.store.providers import Provider, change_provider, find_provider, lock_provider
from hoistway.web.frame import Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment

CONNECTING: Final = ("client_id", "auth", "sealed")
"""The settings on which it depends whether anybody can sign in there; the others say who gets what."""


class Chosen(Struct, frozen=True):
    """The provider of one page, as it was read; `here` is the page's address."""

    engine: Engine
    visit: Visit
    seat: Seat
    row: Provider
    domains: list[ProviderDomain]

    @property
    def here(self) -> str:
        return f"{self.seat.root}/company-sign-in/{segment(self.row.id)}"

    @property
    def shown(self) -> tuple[object, ...]:
        return (self.row, tuple(self.domains))

    def refused(self, field: str, sentence: str) -> "Awaitable[Response]":
        return show(self, problems=Problems({field: sentence}))

    def word(self, key: str, **facts: object) -> str:
        return PORTAL_WORDS[self.visit.lang][key].format(**facts)

    def may_check(self) -> bool:
        """False where the customer asked other servers too often within a minute."""
        return self.engine.checking.may(self.seat.id, self.engine.now())

    def is_confirmed(self, name: str) -> bool:
        return (self.visit.form.get("confirm") or "").strip() == name


Act = Callable[[Chosen], Awaitable[Response]]


async def find_chosen(engine: Engine, visit: Visit, seat: Seat) -> Chosen:
    """Raises NotFound, also for another customer's."""
    row = await find_provider(engine.db, ProviderId(visit.request.path_params["provider"]))
    if row is None or row.customer_id != seat.id:
        raise NotFound
    chosen = Chosen(engine, visit, seat, row, await domains_of(engine.db, row.id))
    if visit.posted:
        visit.check_shown(*chosen.shown)
    return chosen


async def lock_chosen(change: Change, chosen: Chosen) -> Provider:
    """The row as it is now, which nobody else can change. Raises NotFound; Moved where it, or its domains, are not as
    the page showed them."""
    row = await lock_provider(change.tx, chosen.row.id)
    if row is None or row.customer_id != chosen.seat.id:
        raise NotFound
    domains = await domains_of(change.tx, row.id)
    if (row, domains) != (chosen.row, chosen.domains):
        raise Moved(log="the provider or its domains changed")
    change.check_shown(row, tuple(domains))
    return row


async def show(
    chosen: Chosen,
    *,
    problems: Problems | None = None,
    typed: Typed | None = None,
    findings: list[Finding] | None = None,
) -> Response:
    engine, row, base_url = chosen.engine, chosen.row, chosen.engine.settings.base_url
    key = public_key_of(row, engine.vault)
    return engine.pages.portal(
        "portal/company_provider.html", chosen.visit.showing(*chosen.shown), 422 if problems else 200, seat=chosen.seat,
        row=row, domains=chosen.domains, problems=problems, typed=typed or typed_of(row), findings=findings,
        redirect_uri=f"{base_url}/sign-in/provider/{row.id}/callback", record_of=record_of,
        signed_out_uri=f"{base_url}/sign-in/provider/signed-out", logout_uri=f"{base_url}/sign-in/provider/{row.id}/logout",
        public_key=None if key is None else msgspec.json.format(msgspec.json.encode(key), indent=2).decode(),
        crumbs=(*chosen.seat.crumbs, company_crumb(chosen.visit, chosen.seat)),
    )  # fmt: skip


async def look_again(chosen: Chosen) -> list[Finding]:
    """Asks the provider; outside of any transaction."""
    engine = chosen.engine
    return await check_provider(engine.providers, chosen.row, chosen.domains, engine.now())


async def why_not(chosen: Chosen, row: Provider) -> str | None:
    return await what_is_wrong(chosen.engine, chosen.visit, row, chosen.domains)


async def check(chosen: Chosen) -> Response:
    """Changes nothing."""
    if not chosen.may_check():
        return await chosen.refused("check", chosen.word("company_too_often"))
    return await show(chosen, findings=await look_again(chosen))


def _is_risky(before: Provider, after: Provider) -> bool:
    """True where a setting could lock administrators out, as turning the provider on could."""
    return before.disabled_at is None and any(getattr(before, one) != getattr(after, one) for one in CONNECTING)


async def settle(chosen: Chosen) -> Response:
    """Of one that is on, what signing in there depends on is changed only while that works, as in `turn_on`."""
    visit, engine = chosen.visit, chosen.engine
    given, typed, anyway = read_given(visit.form, chosen.row.issuer), typed_in(visit.form), is_anyway(visit)
    try:
        after = await asyncio.to_thread(settled, chosen.row, given, engine.vault, engine.settings.outbound_loopback)
    except Wrong as wrong:
        return await show(chosen, problems=Problems({wrong.field: wrong.say(visit.lang)}), typed=typed)
    risky = _is_risky(chosen.row, after)
    if risky and not anyway:
        broken = await why_not(chosen, after) if chosen.may_check() else chosen.word("company_too_often")
        if broken is not None:
            return await show(chosen, problems=Problems({"anyway": broken}), typed=typed)
    async with chosen.seat.begin() as change:
        row = await lock_chosen(change, chosen)
        await change_provider(change.tx, replace(after, disabled_at=row.disabled_at))
        what = [name for name in row.__struct_fields__ if getattr(row, name) != getattr(after, name)]
        said = " ".join(what).replace("sealed", "secret")
        await change.record("provider.changed", id=row.id, what=said, **({"checked": not anyway} if risky else {}))
    return see_other(chosen.here, "notice_company_changed")


async def turn_on(chosen: Chosen) -> Response:
    """While nobody could sign in there only if that is said: administrators could lock themselves out."""
    anyway = is_anyway(chosen.visit)
    if not anyway:
        if not chosen.may_check():
            return await chosen.refused("on", chosen.word("company_too_often"))
        wrong = await why_not(chosen, chosen.row)
        if wrong is not None:
            return await chosen.refused("anyway", wrong)
    async with chosen.seat.begin() as change:
        row = await lock_chosen(change, chosen)
        await switch_provider(change.tx, row, None)
        await change.record("provider.enabled", id=row.id, checked=not anyway)
    return see_other(chosen.here, "notice_company_on")


async def turn_off(chosen: Chosen) -> Response:
    if not chosen.is_confirmed(chosen.row.name):
        return await chosen.refused("confirm-off", chosen.word("company_confirm_wrong"))
    async with chosen.seat.begin() as change:
        row = await lock_chosen(change, chosen)
        ended = await switch_provider(change.tx, row, chosen.engine.now())
        await change.record("provider.disabled", id=row.id, sessions=ended)
    return see_other(chosen.here, "notice_company_off")


async def remove(chosen: Chosen) -> Response:
    if not chosen.is_confirmed(chosen.row.name):
        return await chosen.refused("confirm-remove", chosen.word("company_confirm_wrong"))
    seat = chosen.seat
    async with seat.begin() as change:
        row = await lock_chosen(change, chosen)
        ended = await take_provider_away(change.tx, row)
        await change.leads_to(f"{seat.root}/company-sign-in")
        await change.record("provider.removed", id=row.id, customer=row.customer_id, issuer=row.issuer, sessions=ended)
    return see_other(f"{seat.root}/company-sign-in", "notice_company_removed")


ACTS: Mapping[str, Act] = {"check": check, "change": settle, "on": turn_on, "off": turn_off, "remove": remove}
