"""The page of a person's places, or of the customers that see a unit: giving one, changing it, ending it."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from hoistway.console.named import offered, read_named
from hoistway.console.two import hand_of
from hoistway.engine import Engine
from hoistway.portal.changing import Change, Moved, operating
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.protocol.ids import CustomerId, FamilyId
from hoistway.store.change_row import lock_row
from hoistway.store.users import User
from hoistway.things.linking import end_link, give_link
from hoistway.things.making import Linking, Unfit
from hoistway.things.registry import LINKINGS, THINGS
from hoistway.tokens.keyring import LONGEST_TOKEN
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment


async def links_page(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/{word}/{id}/customers: `do` is give or end; `customer` in the address chooses one to change."""
    linking, row_id = LINKINGS.get(visit.request.path_params["word"]), visit.request.path_params["id"]
    row = None if linking is None else await THINGS[linking.word].find(engine.db, row_id)
    if linking is None or row is None:
        raise NotFound
    found = dict(await linking.found(engine.db, row_id))
    if not visit.posted:
        chosen = (visit.query.get("customer") or "")[:200]
        now = found.get(CustomerId(chosen))
        typed = {entry.name: entry.begins if now is None else entry.read(now) for entry in linking.entries}
        return await _show(engine, visit, linking, row, found, typed | {"customer": chosen}, None)
    visit.check_shown(row, *found.items())
    act = {"give": _give, "end": _end}.get(visit.form.need("do"))
    if act is None:
        raise NotFound
    return await act(engine, visit, operator, linking, row)


async def _give(engine: Engine, visit: Visit, operator: User, linking: Linking, row: Any) -> Response:
    typed = {entry.name: visit.form.get(entry.name) or "" for entry in linking.entries}
    _meant, values, problems = await read_named(engine.db, linking.entries, typed, visit.lang)
    if not problems:
        try:
            async with operating(engine, visit, operator, CustomerId(values["customer"])) as change:
                await _lock(change, linking, row)
                await give_link(hand_of(change), linking, row.id, values)
            return see_other(_address(linking, row), "notice_changed")
        except Unfit as unfit:
            problems.add(unfit.entry, unfit.misfit.in_words(visit.lang))
    return await _show(engine, visit, linking, row, dict(await linking.found(engine.db, row.id)), typed, problems)


async def _end(engine: Engine, visit: Visit, operator: User, linking: Linking, row: Any) -> Response:
    """The customer's id must be typed, because access ends within seconds."""
    customer_id, problems = CustomerId((visit.form.get("customer") or "")[:200]), Problems()
    ended: list[FamilyId] = []
    if (visit.form.get("confirm") or "").strip() != customer_id:
        problems.add("confirm", PORTAL_WORDS[visit.lang]["thing_confirm_wrong"])
    else:
        try:
            async with operating(engine, visit, operator, customer_id) as change:
                await _lock(change, linking, row)
                ended += await end_link(hand_of(change), linking, row.id, customer_id)
        except Unfit as unfit:
            problems.add("confirm", unfit.misfit.in_words(visit.lang))
    if problems:
        found = dict(await linking.found(engine.db, row.id))
        now = found.get(customer_id)
        typed = {entry.name: entry.begins if now is None else entry.read(now) for entry in linking.entries}
        return await _show(engine, visit, linking, row, found, typed | {"customer": customer_id}, problems)
    for family_id in ended:
        engine.revoked.add(family_id, engine.now() + LONGEST_TOKEN)
    return see_other(_address(linking, row), "notice_changed")


async def _lock(change: Change, linking: Linking, before: Any) -> None:
    """Raises Moved where the thing, or one of its customers, is not as the form showed it."""
    await lock_row(change.tx, linking.word, before.id)
    row = await THINGS[linking.word].find(change.tx, before.id)
    if row != before:
        raise Moved(log=f"{linking.word} changed")
    change.check_shown(row, *dict(await linking.found(change.tx, before.id)).items())


def _address(linking: Linking, row: Any) -> str:
    return f"/console/{linking.word}/{segment(row.id)}/customers"


async def _show(
    engine: Engine, visit: Visit, linking: Linking, row: Any, found: Mapping[CustomerId, Any], typed: Mapping[str, str],
    problems: Problems | None,
) -> Response:  # fmt: skip
    t, thing = PORTAL_WORDS[visit.lang], THINGS[linking.word]
    return engine.pages.portal(
        "console/links.html", visit.showing(row, *found.items()), 422 if problems else 200, found=found, typed=typed,
        entries=linking.entries, problems=problems, title=thing.title(row), address=_address(linking, row),
        known=await offered(engine.db, [entry.name for entry in linking.entries]),
        chosen=typed["customer"] if typed["customer"] in found else None,
        crumbs=(
            Crumb(t["frame_operate"], "/console"),
            Crumb(t[f"things_{linking.word}"], f"/console/{linking.word}"),
            Crumb(thing.title(row), f"/console/{linking.word}/{segment(row.id)}"),
        ),
    )  # fmt: skip
