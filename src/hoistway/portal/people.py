"""The people of a customer, for its administrators: what they may do and see, and who no longer belongs there."""

from starlette.responses import Response

from hoistway.accounts.places import end_place, give_place
from hoistway.accounts.roles import OnlyAdministrator
from hoistway.engine import Engine
from hoistway.portal.changing import Change, Moved, changing
from hoistway.portal.found_people import address_of, members_from, position_in
from hoistway.portal.inviting import pending_of
from hoistway.portal.reach import Wanted, choices_of, reach_of, read_reach, typed_reach
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.protocol.ids import UserId
from hoistway.store.member_search import applications_used_by
from hoistway.store.members import Member, find_member
from hoistway.store.memberships import Membership, lock_membership
from hoistway.store.wordless import is_indexing
from hoistway.tokens.keyring import LONGEST_TOKEN
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS

PAGE = 50
ROLES = ("member", "administrator")
HERE = "/portal/people"


async def list_people(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET /portal/people, ordered by name; `q` searches by beginnings, `after` and `name` select the page."""
    text, after = (visit.query.get("q") or "").strip()[:100], position_in(visit)
    rows, position = await members_from(engine.db, reader.customer_id, text, after, PAGE, shown=True)
    asked, inside = {"q": text} if text else {}, bool(text or after[1])
    return engine.pages.portal(
        "portal/people.html", visit.frame, rows=rows, text=text, own=reader.user.id, now=engine.now(),
        more=None if position is None else address_of(HERE, asked, position),
        first=address_of(HERE, asked) if after[1] else None,
        unfound=bool(text) and await is_indexing(engine.db),
        pending=None if inside else await pending_of(engine, visit, reader.customer),
    )  # fmt: skip


async def person(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET or POST /portal/people/{user_id}: `do` is change or remove."""
    member = await find_member(engine.db, reader.customer_id, UserId(visit.request.path_params["user_id"]))
    if member is None:
        raise NotFound
    if not visit.posted:
        return await _page(engine, visit, reader, member, await reach_of(engine.db, reader.customer_id, member), None)
    visit.check_shown(*shown_of(member, await reach_of(engine.db, reader.customer_id, member)))
    act = {"change": _change, "remove": _remove}.get(visit.form.need("do"))
    if act is None:
        raise NotFound
    return await act(engine, visit, reader, member)


async def _page(
    engine: Engine, visit: Visit, reader: Reader, member: Member, wanted: Wanted, problems: Problems | None
) -> Response:
    t, reach = PORTAL_WORDS[visit.lang], await reach_of(engine.db, reader.customer_id, member)
    return engine.pages.portal(
        "portal/person.html", visit.showing(*shown_of(member, reach)), 422 if problems else 200, member=member,
        wanted=wanted, problems=problems,
        used=await applications_used_by(engine.db, reader.customer_id, member.user_id, engine.now()),
        customer_id=reader.customer_id, choices=await choices_of(engine.db, visit, reader.customer_id, wanted),
        is_own=member.user_id == reader.user.id,
        now=engine.now(), crumbs=(Crumb(t["people"], HERE),),
    )  # fmt: skip


async def _change(engine: Engine, visit: Visit, reader: Reader, member: Member) -> Response:
    role = visit.form.get("role") or ""
    if role not in ROLES:
        raise NotFound
    before = await reach_of(engine.db, reader.customer_id, member)
    if visit.form.get("look") is not None:
        return await _page(engine, visit, reader, member, typed_reach(visit, before, role), None)
    wanted, problems = await read_reach(engine.db, visit, reader.customer_id, before, role)
    if problems:
        return await _page(engine, visit, reader, member, wanted, problems)
    row = Membership(member.user_id, reader.customer_id, role, wanted.reach, member.joined_at)
    try:
        async with changing(engine, visit, reader) as change:
            await _check_unchanged(change, reader, member)
            if await reach_of(change.tx, reader.customer_id, member) != before:
                raise Moved(log="what the person sees changed")
            if wanted != before:
                await give_place(change.tx, row, wanted.sites, wanted.units, now=engine.now())
                await change.record(
                    "membership.changed", user=member.user_id, role=role, reach=wanted.reach, sites=len(wanted.sites),
                    units=len(wanted.units),
                )  # fmt: skip
    except OnlyAdministrator:
        problems.add("role", PORTAL_WORDS[visit.lang]["person_last"])
        return await _page(engine, visit, reader, member, wanted, problems)
    return _onward(reader, member, "notice_changed", leaves=role != "administrator")


async def _remove(engine: Engine, visit: Visit, reader: Reader, member: Member) -> Response:
    """`confirm` is the person's name. Tokens for this customer end within seconds; the account and its other customers
    stay."""
    problems, now, customer = Problems(), engine.now(), reader.customer_id
    before = await reach_of(engine.db, customer, member)
    if (visit.form.get("confirm") or "").strip() != member.name:
        problems.add("confirm", PORTAL_WORDS[visit.lang]["thing_confirm_wrong"])
        return await _page(engine, visit, reader, member, before, problems)
    try:
        async with changing(engine, visit, reader) as change:
            tx = change.tx
            await _check_unchanged(change, reader, member)
            ended = await end_place(tx, member.user_id, customer, now)
            await change.record("membership.removed", user=member.user_id, refresh_tokens=len(ended))
    except OnlyAdministrator:
        problems.add("confirm", PORTAL_WORDS[visit.lang]["person_last"])
        return await _page(engine, visit, reader, member, before, problems)
    for family_id in ended:
        engine.revoked.add(family_id, now + LONGEST_TOKEN)
    return _onward(reader, member, "notice_person_removed", leaves=True, gone=True)


async def _check_unchanged(change: Change, reader: Reader, member: Member) -> None:
    """Raises NotFound, Moved."""
    tx = change.tx
    await lock_membership(tx, member.user_id, reader.customer_id)
    found = await find_member(tx, reader.customer_id, member.user_id)
    if found is None:
        raise NotFound
    if (found.role, found.reach) != (member.role, member.reach):
        raise Moved(log="the role or the reach changed")
    change.check_shown(*shown_of(found, await reach_of(tx, reader.customer_id, found)))


def shown_of(member: Member, reach: Wanted) -> tuple[object, ...]:
    """What the page of a person shows, except the last sign-in."""
    return member.user_id, member.role, member.reach, reach


def _onward(reader: Reader, member: Member, notice: str, *, leaves: bool, gone: bool = False) -> Response:
    """Whoever has just given up their own role may not see these pages any more."""
    if leaves and member.user_id == reader.user.id and not reader.acting:
        return see_other("/portal", notice)
    return see_other(HERE if gone else f"{HERE}/{member.user_id}", notice)
