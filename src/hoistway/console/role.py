"""The role of one of the operator's people: the only place at the console to choose it; two operators are needed where that rule is on."""

from starlette.responses import Response

from hoistway.approving.proposing import give
from hoistway.approving.refusals import REFUSALS, key_of
from hoistway.console.two import hand_of
from hoistway.engine import Engine
from hoistway.portal.changing import Moved, operating
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.protocol.ids import UserId
from hoistway.protocol.roles import ROLES, role_of, with_role
from hoistway.store.proposals import proposal_about
from hoistway.store.users import User, find_user, lock_user
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment

NONE = "none"


async def role_page(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/users/{id}/role: `role` is "none" or one of the roles, `employed_employee` is "yes" or
    absent, `confirm` is the name."""
    person = await find_user(engine.db, UserId(visit.request.path_params["id"]))
    if person is None:
        raise NotFound
    if not visit.posted:
        typed = {"role": role_of(person.flags) or NONE, "employee": "yes" if person.is_employee else ""}
        return await _show(engine, visit, person, typed, None)
    visit.check_shown(person)
    typed = {"role": visit.form.get("role") or "", "employee": visit.form.get("employed_employee") or ""}
    problems = _check(visit, person, typed)
    if problems:
        return await _show(engine, visit, person, typed, problems)
    try:
        async with operating(engine, visit, operator) as change:
            if await lock_user(change.tx, person.id) != person:
                raise Moved(log="the person changed")
            role = None if typed["role"] == NONE else typed["role"]
            flags = with_role(person.flags, role, employee=typed["employee"] == "yes")
            waits = await give(hand_of(change), "person", person.id, {"flags": " ".join(flags)})
    except REFUSALS as refusal:
        problems.add("role", PORTAL_WORDS[visit.lang][key_of(refusal)])
        return await _show(engine, visit, person, typed, problems)
    if waits is not None:
        return see_other(f"/console/changes/{waits.id}", "notice_two_proposed")
    if person.id == operator.id and role != "operator":
        return see_other("/portal", "notice_changed")
    return see_other(f"/console/users/{segment(person.id)}", "notice_changed")


def _check(visit: Visit, person: User, typed: dict[str, str]) -> Problems:
    t, problems = PORTAL_WORDS[visit.lang], Problems()
    if typed["role"] not in {NONE, *ROLES}:
        problems.add("role", t["staff_choose"])
    if (visit.form.get("confirm") or "").strip() != person.name:
        problems.add("confirm", t["thing_confirm_wrong"])
    return problems


async def _show(
    engine: Engine, visit: Visit, person: User, typed: dict[str, str], problems: Problems | None
) -> Response:
    t = PORTAL_WORDS[visit.lang]
    return engine.pages.portal(
        "console/role.html",
        visit.showing(person),
        422 if problems else 200,
        person=person,
        roles=(NONE, *reversed(ROLES)),
        typed=typed,
        problems=problems,
        two=engine.settings.four_eyes,
        waiting=await proposal_about(engine.db, "person", person.id),
        crumbs=(
            Crumb(t["frame_operate"], "/console"),
            Crumb(t["things_users"], "/console/users"),
            Crumb(person.name, f"/console/users/{segment(person.id)}"),
        ),
    )
