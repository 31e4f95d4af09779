"""The page that makes a thing of any kind: its form comes from the description of the thing (docs/adr/0034-things.md)."""

from collections.abc import Mapping

from starlette.responses import Response

from hoistway.approving.refusals import REFUSALS, key_of
from hoistway.authn.passwords import generate_password
from hoistway.console.named import offered, read_named
from hoistway.console.two import hand_of
from hoistway.engine import Engine
from hoistway.portal.changing import operating
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.store.db import Conflict
from hoistway.store.users import User
from hoistway.things.changing import make_thing
from hoistway.things.making import Made, Making, Misfit, Unfit
from hoistway.things.registry import THINGS
from hoistway.things.thing import Thing
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment


async def new_thing(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/{word}/new"""
    thing = THINGS.get(visit.request.path_params["word"])
    if thing is None or thing.making is None:
        raise NotFound
    making = thing.making
    if not visit.posted:
        begins = {entry.name: visit.query.get(entry.name) or entry.begins for entry in making.entries}
        return await _show(engine, visit, thing, making, begins, None)
    typed = {entry.name: visit.form.get(entry.name) or "" for entry in making.entries}
    _meant, values, problems = await read_named(engine.db, making.entries, typed, visit.lang)
    if problems:
        return await _show(engine, visit, thing, making, typed, problems)
    password = generate_password() if making.has_password else ""
    digest = await engine.passwords.hash(password) if password else ""
    try:
        async with operating(engine, visit, operator) as change:
            begun = await make_thing(hand_of(change), thing, values, digest, engine.settings)
            address = f"/console/{thing.word}/{segment(begun.made.row.id)}"
            await change.leads_to(address)
    except Unfit as unfit:
        problems.add(unfit.entry, unfit.misfit.in_words(visit.lang))
        return await _show(engine, visit, thing, making, typed, problems)
    except REFUSALS as refusal:
        problems.add(making.names, PORTAL_WORDS[visit.lang][key_of(refusal)])
        return await _show(engine, visit, thing, making, typed, problems)
    except Conflict:
        problems.add(making.names, Misfit("make_taken").in_words(visit.lang))
        return await _show(engine, visit, thing, making, typed, problems)
    return _onward(engine, visit, thing, begun.made, password, address, waits=begun.waits is not None)


def _onward(
    engine: Engine, visit: Visit, thing: Thing, made: Made, password: str, address: str, *, waits: bool
) -> Response:
    """Secrets are shown on a page of their own, this once. What `waits` for a second operator is said there."""
    shown = {**({"password": password} if password else {}), **made.shown_once}
    if not shown:
        return see_other(address, "notice_made_waits" if waits else "notice_made")
    title, own_id = thing.title(made.row), made.row.id if thing.word == "applications" else None
    return engine.pages.portal(
        "console/made_once.html", visit.frame, title=title, address=address, shown=tuple(shown.items()), own_id=own_id,
        waits=waits,
    )  # fmt: skip


async def _show(
    engine: Engine, visit: Visit, thing: Thing, making: Making, values: Mapping[str, str], problems: Problems | None
) -> Response:
    t = PORTAL_WORDS[visit.lang]
    return engine.pages.portal(
        "console/new_thing.html", visit.frame, 422 if problems else 200, word=thing.word, entries=making.entries,
        values=values, problems=problems, known=await offered(engine.db, [entry.name for entry in making.entries]),
        crumbs=(Crumb(t["frame_operate"], "/console"), Crumb(t[f"things_{thing.word}"], f"/console/{thing.word}")),
    )  # fmt: skip
