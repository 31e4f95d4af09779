"""What is held about a person: a copy of it, and erasing it, by two where two must approve (docs/adr/0023-erasing.md)."""

from starlette.responses import Response

from hoistway.accounts.erasing import SETTLED, check_erasable
from hoistway.accounts.exporting import held_about, written
from hoistway.approving.proposing import give
from hoistway.approving.refusals import REFUSALS, key_of
from hoistway.console.two import hand_of
from hoistway.engine import Engine
from hoistway.portal.changing import Moved, operating
from hoistway.portal.chosen import chosen
from hoistway.portal.copying import copying
from hoistway.portal.not_now import Forbidden
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.protocol.ids import UserId
from hoistway.protocol.roles import may
from hoistway.store.proposals import Proposal, proposal_about
from hoistway.store.users import User, find_user, lock_user
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.replies import file_reply
from hoistway.web.segments import segment


async def person_data(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/users/{id}/data: a form with `do=copy` gives the copy, one with the name in `confirm` erases."""
    person = await find_user(engine.db, UserId(visit.request.path_params["id"]))
    if person is None:
        raise NotFound
    if not visit.posted:
        return await _show(engine, visit, person, None)
    if chosen(visit.form, "do", ("", "copy"), ""):
        return await _export(engine, visit, operator, person)
    visit.check_shown(person)
    t, problems, waits = PORTAL_WORDS[visit.lang], Problems(), None
    if (visit.form.get("confirm") or "").strip() != person.name:
        problems.add("confirm", t["thing_confirm_wrong"])
        return await _show(engine, visit, person, problems)
    try:
        waits = await _erase(engine, visit, operator, person)
    except REFUSALS as refusal:
        problems.add("confirm", t[key_of(refusal)])
        return await _show(engine, visit, person, problems)
    if waits is not None:
        return see_other(f"/console/changes/{waits.id}", "notice_two_proposed")
    return see_other("/console/users", "notice_erased")


async def _erase(engine: Engine, visit: Visit, operator: User, person: User) -> Proposal | None:
    """What waits for a second operator, where that is needed. Raises one of REFUSALS, Moved."""
    async with operating(engine, visit, operator) as change:
        row = await lock_user(change.tx, person.id)
        if row is None or row != person:
            raise Moved(log="the person changed")
        change.check_shown(row)
        await check_erasable(change.tx, row, engine.now())
        waits = await give(hand_of(change), "person", person.id, {"erased": "yes"})
        await change.leads_to("/console/users" if waits is None else f"/console/changes/{waits.id}")
        return waits


async def _export(engine: Engine, visit: Visit, operator: User, person: User) -> Response:
    if not may(operator.flags, "change"):
        raise Forbidden
    with copying(engine, person.id):
        async with operating(engine, visit, operator) as change:
            await change.record("user.exported", id=person.id)
        held = await held_about(engine.db, person, engine.lockout.account_of(person.username), engine.now())
    return file_reply("person.json", written(held), "application/json")


async def _show(engine: Engine, visit: Visit, person: User, problems: Problems | None) -> Response:
    t = PORTAL_WORDS[visit.lang]
    disabled_at = person.disabled_at
    return engine.pages.portal(
        "console/person_data.html",
        visit.showing(person),
        422 if problems else 200,
        person=person,
        problems=problems,
        may_erase=disabled_at is not None and engine.now() - disabled_at >= SETTLED,
        two=engine.settings.four_eyes,
        waiting=await proposal_about(engine.db, "person", person.id),
        crumbs=(
            Crumb(t["frame_operate"], "/console"),
            Crumb(t["things_users"], "/console/users"),
            Crumb(person.name, f"/console/users/{segment(person.id)}"),
        ),
    )
