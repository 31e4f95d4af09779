"""Changes that wait for a second operator: the list, and the page on which one is approved, refused or withdrawn."""

from urllib.parse import urlencode

from starlette.responses import Response

from hoistway.accounts.eyes import shown_first
from hoistway.accounts.factors import tell
from hoistway.accounts.resetting import send_role
from hoistway.approving.kinds import KINDS, product_with
from hoistway.approving.person import begins_anew
from hoistway.approving.proposing import Own, Stale, TooLate, decide
from hoistway.approving.refusals import REFUSALS, key_of
from hoistway.console.two import hand_of
from hoistway.engine import Engine
from hoistway.portal.applications.listed import place, read_place
from hoistway.portal.changing import Change, operating
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.products.beginning import CutsOff, check_change, cut_words, look_for_keyless
from hoistway.protocol.ids import ClientId, ProductId, UserId
from hoistway.protocol.roles import may
from hoistway.store.clients import find_client
from hoistway.store.db import Conflict, Database
from hoistway.store.factors import factors_of
from hoistway.store.keyless_uses import Keyless
from hoistway.store.memberships import memberships_of
from hoistway.store.products import find_product
from hoistway.store.proposals import Proposal, ended_proposals, find_proposal, waiting_proposals
from hoistway.store.users import User, find_user
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment

PAGE = 50
HERE = "/console/changes"
VERBS = ("approve", "refuse", "withdraw")


async def _names(db: Database, rows: list[Proposal]) -> dict[str, str]:
    people = {row.asked_by for row in rows} | {row.decided_by for row in rows if row.decided_by is not None}
    found = {one: await find_user(db, one) or await find_client(db, ClientId(one)) for one in people}
    return {one: known.name for one, known in found.items() if known is not None}


async def list_changes(engine: Engine, visit: Visit, _operator: User) -> Response:
    """GET /console/changes: the waiting ones, oldest first, and the last decided ones; `after` selects the page."""
    rows = await waiting_proposals(engine.db, after=read_place(visit.query, "after", (-1, "")), most=PAGE + 1)
    ended, more = await ended_proposals(engine.db), None
    if len(rows) > PAGE:
        last = rows[PAGE - 1]
        more = f"{HERE}?{urlencode({'after': place(last.created_at, last.id)})}"
    return engine.pages.portal(
        "console/changes.html", visit.frame, rows=rows[:PAGE], ended=ended, more=more, now=engine.now(),
        first=HERE if visit.query.has("after") else None, names=await _names(engine.db, rows[:PAGE] + ended),
        two=engine.settings.four_eyes, crumbs=(Crumb(PORTAL_WORDS[visit.lang]["frame_operate"], "/console"),),
    )  # fmt: skip


async def change_page(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/changes/{id}: `do` is one of VERBS."""
    row = await find_proposal(engine.db, visit.request.path_params["id"])
    if row is None:
        raise NotFound
    if not visit.posted:
        return await _show(engine, visit, operator, row, None)
    visit.check_shown(row)
    verb, t = visit.form.need("do"), PORTAL_WORDS[visit.lang]
    if verb not in VERBS:
        raise NotFound
    at_once = visit.form.get("keys_now") == "yes"
    keyless = await look_for_keyless(
        engine.db, engine.now(), at_once=at_once or verb != "approve" or row.kind != "product"
    )
    try:
        async with operating(engine, visit, operator, *KINDS[row.kind].concerns(row.before, row.after)) as change:
            await _check_cut(change, row, keyless)
            state = await decide(hand_of(change), row.id, verb)
            if state == "approved":
                await _tell(change, row)
    except TooLate:
        again = await find_proposal(engine.db, row.id) or row
        return await _show(engine, visit, operator, again, Problems({"do": t["two_late"]}))
    except (Stale, Conflict):
        # Conflict is about what the change names, and was deleted since.
        return await _show(engine, visit, operator, row, Problems({"do": t["two_stale"]}))
    except Own:
        return await _show(engine, visit, operator, row, Problems({"do": t["two_own"]}))
    except CutsOff as cuts:
        problems = Problems({"keys": cut_words(visit.lang, cuts.keyless)})
        return await _show(engine, visit, operator, row, problems, cuts.keyless)
    except REFUSALS as refusal:
        return await _show(engine, visit, operator, row, Problems({"do": t[key_of(refusal)]}))
    return see_other(visit.path, f"notice_two_{state}")


async def _tell(change: Change, row: Proposal) -> None:
    """The person, of what ended what they had: in one letter, also where their factors were to be reset beside."""
    engine, anew = change.engine, change.engine.settings.four_eyes and begins_anew(row.before, row.after)
    if "factors" not in row.after and not anew:
        return
    person = await find_user(change.tx, UserId(row.subject_id))
    if person is None:
        return
    if anew:
        await send_role(engine, change.tx, person)
    else:
        await tell(engine, change.tx, person, "reset")


async def _check_cut(change: Change, row: Proposal, keyless: Keyless) -> None:
    """Raises CutsOff."""
    product = await find_product(change.tx, ProductId(row.subject_id)) if keyless.applications else None
    if product is not None:
        now = change.engine.now()
        await check_change(change.tx, product_with(product, row.after, now), keyless, now)


async def _address(db: Database, row: Proposal) -> str | None:
    """Of the thing's page; None for a person who was erased."""
    if row.kind == "person" and await find_user(db, UserId(row.subject_id)) is None:
        return None
    return f"/console/{KINDS[row.kind].word}/{segment(row.subject_id)}"


async def _show(
    engine: Engine, visit: Visit, operator: User, row: Proposal, problems: Problems | None, cut: Keyless | None = None
) -> Response:
    t, own = PORTAL_WORDS[visit.lang], row.asked_by == operator.id
    two, program = engine.settings.four_eyes, await find_client(engine.db, ClientId(row.asked_by))
    verbs: tuple[str, ...] = ()
    whose = UserId(row.subject_id) if row.state == "waiting" and "factors" in row.after else None
    if row.state == "waiting" and may(operator.flags, "change"):
        verbs = ("withdraw",) if own and two else ("approve", "withdraw") if own else ("approve", "refuse")
    return engine.pages.portal(
        "console/change.html", visit.showing(row), 422 if problems else 200, row=row, problems=problems, verbs=verbs,
        asked_by=await find_user(engine.db, row.asked_by), program=program,
        stands=program is not None or await shown_first(engine.db, row.asked_by) is not None,
        first=None if program is None or row.state != "waiting" else await shown_first(engine.db, row.decided_by),
        decided_by=None if row.decided_by is None else await find_user(engine.db, UserId(row.decided_by)),
        address=await _address(engine.db, row), own=own and two, two=two, now=engine.now(),
        held=None if whose is None else await factors_of(engine.db, whose),
        places=() if whose is None else await memberships_of(engine.db, whose),
        anew=two and row.state == "waiting" and begins_anew(row.before, row.after),
        crumbs=(Crumb(t["frame_operate"], "/console"), Crumb(t["two_title"], HERE)), cut=cut,
    )  # fmt: skip
