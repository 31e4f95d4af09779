"""The second factors of a person: which there are, and their reset after a loss, by two where two must approve
(docs/adr/0030-factors.md).
"""

from starlette.responses import Response

from hoistway.accounts.factors import is_reason, tell
from hoistway.approving.proposing import give
from hoistway.approving.refusals import REFUSALS, key_of
from hoistway.console.two import hand_of
from hoistway.engine import Engine
from hoistway.portal.changing import Moved, operating
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.protocol.ids import UserId
from hoistway.store.factors import factors_of
from hoistway.store.proposals import Proposal, proposal_about
from hoistway.store.users import User, find_user, lock_user
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment


async def person_factors(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/users/{id}/factors: the name in `confirm` resets them, for the `reason`."""
    person = await find_user(engine.db, UserId(visit.request.path_params["id"]))
    if person is None:
        raise NotFound
    if not visit.posted:
        return await _show(engine, visit, person, None, "")
    visit.check_shown(person)
    t, problems, reason = PORTAL_WORDS[visit.lang], Problems(), (visit.form.get("reason") or "").strip()
    if not is_reason(reason):
        problems.add("reason", t["act_no_reason"])
    if (visit.form.get("confirm") or "").strip() != person.name:
        problems.add("confirm", t["thing_confirm_wrong"])
    if problems:
        return await _show(engine, visit, person, problems, reason)
    try:
        waits = await _reset(engine, visit, operator, person, reason)
    except REFUSALS as refusal:
        problems.add("confirm", t[key_of(refusal)])
        return await _show(engine, visit, person, problems, reason)
    if waits is not None:
        return see_other(f"/console/changes/{waits.id}", "notice_two_proposed")
    return see_other(f"/console/users/{segment(person.id)}/factors", "notice_factors_reset")


async def _reset(engine: Engine, visit: Visit, operator: User, person: User, reason: str) -> Proposal | None:
    """What waits for a second operator, where that is needed. Raises one of REFUSALS, Moved."""
    async with operating(engine, visit, operator) as change:
        if await lock_user(change.tx, person.id) != person:
            raise Moved(log="the person changed")
        change.check_shown(person)
        waits = await give(hand_of(change), "person", person.id, {"factors": "reset", "reason": reason})
        if waits is None:
            await tell(engine, change.tx, person, "reset")
        await change.leads_to(visit.path if waits is None else f"/console/changes/{waits.id}")
        return waits


async def _show(engine: Engine, visit: Visit, person: User, problems: Problems | None, reason: str) -> Response:
    t = PORTAL_WORDS[visit.lang]
    return engine.pages.portal(
        "console/person_factors.html", visit.showing(person), 422 if problems else 200, person=person, problems=problems,
        reason=reason, held=await factors_of(engine.db, person.id), two=engine.settings.four_eyes, now=engine.now(),
        waiting=await proposal_about(engine.db, "person", person.id),
        crumbs=(
            Crumb(t["frame_operate"], "/console"), Crumb(t["things_users"], "/console/users"),
            Crumb(person.name, f"/console/users/{segment(person.id)}"),
        ),
    )  # fmt: skip
