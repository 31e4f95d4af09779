"""The page of each kind of thing; its forms change, disable, enable and delete it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.responses import Response

from hoistway.applications.apis import PORTAL
from hoistway.approving.refusals import REFUSALS, key_of
from hoistway.console.named import offered, read_named
from hoistway.console.sign_ins import sign_ins_of, unlock_account
from hoistway.console.things.accounts import may_have_password
from hoistway.console.things.base import Related
from hoistway.console.things.registry import PAGES
from hoistway.console.two import hand_of
from hoistway.engine import Engine
from hoistway.portal.changing import Change, Moved, operating
from hoistway.portal.inviting import pending_of
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.store.managed_things import find_managed
from hoistway.store.proposals import Proposal, proposal_about
from hoistway.store.removing import Hanging
from hoistway.store.users import User
from hoistway.things.changing import (
    NotAsRead,
    change_thing,
    lock_as_read,
    lock_to_remove,
    remove_thing,
    switch_thing,
)
from hoistway.things.making import Unfit, typed_of
from hoistway.things.registry import LINKINGS, THINGS
from hoistway.things.removing import Hangs, can_be_deleted, what_hangs
from hoistway.things.thing import Thing
from hoistway.web.figures import Figures
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS


def thing_of(visit: Visit) -> Thing:
    thing = THINGS.get(visit.request.path_params["word"])
    if thing is None:
        raise NotFound
    return thing


async def thing_page(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/{word}/{id}: `do` is change, disable, enable, delete or, for an account, unlock."""
    thing, row_id = thing_of(visit), visit.request.path_params["id"]
    row = None if len(row_id) > 200 else await thing.find(engine.db, row_id)
    if row is None:
        raise NotFound
    if visit.posted:
        visit.check_shown(row)
        act = {
            "change": _change,
            "disable": _switch,
            "enable": _switch,
            "unlock": unlock_account,
            "delete": _delete,
        }.get(visit.form.need("do"))
        if act is None:
            raise NotFound
        return await act(engine, visit, operator, thing, row)
    values = {entry.name: entry.read(row) for entry in thing.entries}
    return await _show(engine, visit, thing, row, values, None)


async def _show(
    engine: Engine, visit: Visit, thing: Thing, row: Any, values: dict[str, str], problems: Problems | None
) -> Response:
    t = PORTAL_WORDS[visit.lang]
    related: Sequence[Related] = await PAGES[thing.word].related(engine.db, row)
    return engine.pages.portal(
        "console/thing.html",
        visit.showing(row),
        422 if problems else 200,
        thing=thing,
        row=row,
        title=thing.title(row),
        facts=[fact for fact in await PAGES[thing.word].facts(engine.db, row) if fact.value not in ("", None, (), [])],
        related=related,
        sign_ins=await sign_ins_of(engine, thing, row),
        values=values,
        known=await offered(engine.db, [entry.name for entry in thing.entries]),
        problems=problems,
        figures=Figures(visit.lang),
        linked=thing.word in LINKINGS,
        has_password=may_have_password(row),
        has_owner=row.id != PORTAL,
        pending=await pending_of(engine, visit, row) if thing.word == "customers" else None,
        can_delete=can_be_deleted(thing.word, row.id),
        hanging=await _hanging(engine, visit, thing, row),
        waiting=None if thing.kind is None else await proposal_about(engine.db, thing.kind, row.id),
        disabled_at=getattr(row, "disabled_at", None),
        managed=await find_managed(
            engine.db, thing.word, getattr(row, "username", row.id) if thing.word == "accounts" else row.id
        ),
        crumbs=(Crumb(t["frame_operate"], "/console"), Crumb(t[f"things_{thing.word}"], f"/console/{thing.word}")),
    )


async def _hanging(engine: Engine, visit: Visit, thing: Thing, row: Any) -> Sequence[Hanging]:
    """Looked up for those alone who could delete it."""
    if not visit.frame.may_change or not can_be_deleted(thing.word, row.id):
        return ()
    return await what_hangs(engine.db, thing.word, row.id, engine.now())


Act = Callable[[Engine, Visit, User, Thing, Any], Awaitable[Response]]


async def _change(engine: Engine, visit: Visit, operator: User, thing: Thing, row: Any) -> Response:
    typed = _typed(visit, thing, row)
    meant, values, problems = await read_named(engine.db, thing.entries, typed, visit.lang)
    if problems or thing.save is None:
        return await _show(engine, visit, thing, row, typed, problems)
    wanted = {entry.name: values[entry.name] for entry in thing.entries if meant[entry.name] != entry.read(row)}
    waits = None
    try:
        async with operating(engine, visit, operator) as change:
            await lock_shown(change, thing, row)
            waits = await change_thing(hand_of(change), thing, row, wanted, engine.settings)
    except Unfit as unfit:
        problems.add(unfit.entry, unfit.misfit.in_words(visit.lang))
        return await _show(engine, visit, thing, row, typed, problems)
    except REFUSALS as refusal:
        problems.add(next(iter(thing.guarded)), PORTAL_WORDS[visit.lang][key_of(refusal)])
        return await _show(engine, visit, thing, row, typed, problems)
    return _onward(visit, waits, "notice_changed")


def _typed(visit: Visit, thing: Thing, row: Any) -> dict[str, str]:
    """An empty field is not sent. So `fields` names those that the form had, and the others stay as they are: a form
    from before an upgrade must not clear what it does not know. A choice is always sent by a form that has it."""
    had = set((visit.form.get("fields") or "").split())
    return {
        entry.name: typed_of(entry, visit.form) if entry.name in had else visit.form.get(entry.name) or entry.read(row)
        for entry in thing.entries
    }


async def _switch(engine: Engine, visit: Visit, operator: User, thing: Thing, row: Any) -> Response:
    """Disabling requires the name to be typed, because it ends access within seconds."""
    off = visit.form.get("do") == "disable"
    if thing.switch is None:
        raise NotFound
    values = {entry.name: entry.read(row) for entry in thing.entries}
    if off and (visit.form.get("confirm") or "").strip() != thing.title(row):
        problems = Problems({"confirm": PORTAL_WORDS[visit.lang]["thing_confirm_wrong"]})
        return await _show(engine, visit, thing, row, values, problems)
    waits = None
    try:
        async with operating(engine, visit, operator) as change:
            await lock_shown(change, thing, row)
            waits = await switch_thing(hand_of(change), thing, row, off=off)
    except REFUSALS as refusal:
        problems = Problems({"confirm": PORTAL_WORDS[visit.lang][key_of(refusal)]})
        return await _show(engine, visit, thing, row, values, problems)
    return _onward(visit, waits, "notice_disabled" if off else "notice_enabled")


async def _delete(engine: Engine, visit: Visit, operator: User, thing: Thing, row: Any) -> Response:
    """For good, where nothing hangs on it; the name is typed."""
    if not can_be_deleted(thing.word, row.id):
        raise NotFound
    t, values = PORTAL_WORDS[visit.lang], {entry.name: entry.read(row) for entry in thing.entries}
    if (visit.form.get("confirm_delete") or "").strip() != thing.title(row):
        return await _show(engine, visit, thing, row, values, Problems({"confirm_delete": t["thing_confirm_wrong"]}))
    try:
        async with operating(engine, visit, operator) as change:
            change.check_shown(await _as_shown(lock_to_remove(change.tx, thing, row)))
            await remove_thing(hand_of(change), thing, row)
            await change.leads_to(f"/console/{thing.word}")
    except Hangs:
        return await _show(engine, visit, thing, row, values, Problems({"delete": t["hangs_title"]}))
    return see_other(f"/console/{thing.word}", "notice_removed")


def _onward(visit: Visit, waits: Proposal | None, notice: str) -> Response:
    """Leads to the change that waits for a second operator, where there is one."""
    if waits is not None:
        return see_other(f"/console/changes/{waits.id}", "notice_two_proposed")
    return see_other(visit.path, notice)


async def lock_shown(change: Change, thing: Thing, before: Any, *beside: object) -> None:
    """Raises Moved where somebody changed it, perhaps its owner, or where it no longer exists. `beside` is what the page showed,
    too, as it is under the lock."""
    change.check_shown(await _as_shown(lock_as_read(change.tx, thing, before)), *beside)


async def _as_shown(locking: Awaitable[Any]) -> Any:
    """Raises Moved."""
    try:
        return await locking
    except NotAsRead as error:
        raise Moved(log=f"{error} changed") from error
