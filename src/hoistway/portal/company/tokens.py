"""The tokens of a customer's directory (SCIM): made, shown once, listed with their last use, and ended (docs/adr/0033-scim.md)."""

from typing import Final

from starlette.responses import Response

from hoistway.accounts.directory_tokens import TooManyTokens, add_token, end_token
from hoistway.authn.scim_token import new_token
from hoistway.engine import Engine
from hoistway.portal.chosen import chosen
from hoistway.portal.company.seat import Seat
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.store.provider_domains import has_proved
from hoistway.store.scim_people import count_pushed, waiting_people
from hoistway.store.scim_tokens import MOST, ListedToken, ScimToken, list_scim_tokens
from hoistway.web.frame import Problems
from hoistway.web.portal_words import PORTAL_WORDS

LIFETIMES: Final = {"365": 365, "90": 90, "180": 180, "730": 730}
"""In days; the first is the usual one."""
MOST_WAITING: Final = 20
"""People without an account whom the page names."""


async def directory(engine: Engine, visit: Visit, seat: Seat) -> Response:
    """GET or POST …/directory: `do` is add, with `days`, or end, with `token` and its first characters in `confirm`."""
    if not visit.posted:
        return await _page(engine, visit, seat, None)
    act = chosen(visit.form, "do", ("add", "end"), "")
    return await (_add if act == "add" else _end)(engine, visit, seat)


async def _page(engine: Engine, visit: Visit, seat: Seat, problems: Problems | None) -> Response:
    """Its forms are carried out whatever the page showed: what they make and end is judged by itself."""
    rows, waiting = (
        await list_scim_tokens(engine.db, seat.id),
        await waiting_people(engine.db, seat.id, MOST_WAITING + 1),
    )
    return engine.pages.portal(
        "portal/company_directory.html", visit.frame, 422 if problems else 200, seat=seat, rows=rows, problems=problems,
        address=_address(engine, seat), pushed=await count_pushed(engine.db, seat.id), days=tuple(LIFETIMES), now=engine.now(),
        proved=await has_proved(engine.db, seat.id), crumbs=seat.crumbs,
        waiting=waiting[:MOST_WAITING], more_wait=len(waiting) > MOST_WAITING,
        is_full=sum(not row.is_over(engine.now()) for row in rows) >= MOST,
    )  # fmt: skip


def _address(engine: Engine, seat: Seat) -> str:
    return f"{engine.settings.base_url}/scim/v2/{seat.id}"


async def _add(engine: Engine, visit: Visit, seat: Seat) -> Response:
    days = LIFETIMES[chosen(visit.form, "days", LIFETIMES, "365")]
    row, value = new_token(seat.id, engine.now(), days, seat.by)
    try:
        async with seat.begin() as change:
            await add_token(change.tx, row)
            await change.leads_to(f"{seat.root}/directory")
            await change.record("scim.token_added", id=row.id, customer=seat.id)
    except TooManyTokens:
        return await _page(engine, visit, seat, Problems({"days": PORTAL_WORDS[visit.lang]["directory_many"]}))
    return _shown_once(engine, visit, seat, row, value)


def _shown_once(engine: Engine, visit: Visit, seat: Seat, row: ScimToken, value: str) -> Response:
    return engine.pages.portal(
        "portal/company_directory_token.html", visit.frame, 201, seat=seat, row=row, value=value,
        address=_address(engine, seat), crumbs=seat.crumbs,
    )  # fmt: skip


async def _end(engine: Engine, visit: Visit, seat: Seat) -> Response:
    row = await _found(engine, visit, seat)
    if (visit.form.get("confirm") or "").strip() != row.prefix:
        name, t = f"confirm-{row.id}", PORTAL_WORDS[visit.lang]
        return await _page(engine, visit, seat, Problems({name: t["directory_end_wrong"]}))
    async with seat.begin() as change:
        if not await end_token(change.tx, seat.id, row.id):
            raise NotFound
        await change.record("scim.token_revoked", id=row.id, customer=seat.id)
    return see_other(f"{seat.root}/directory", "notice_directory_ended")


async def _found(engine: Engine, visit: Visit, seat: Seat) -> ListedToken:
    """Raises NotFound, also for another customer's."""
    wanted = visit.form.get("token")
    for row in await list_scim_tokens(engine.db, seat.id):
        if row.id == wanted:
            return row
    raise NotFound
