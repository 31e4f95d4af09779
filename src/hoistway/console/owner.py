"""Gives an application to another customer, as its owner could (docs/adr/0008-applications.md): what was given to it under
the old owner ends. Where two must approve, the second one does.
"""

from collections.abc import Mapping

from starlette.responses import Response

from hoistway.applications.apis import PORTAL
from hoistway.approving.proposing import give
from hoistway.approving.refusals import REFUSALS, key_of
from hoistway.console.named import offered, with_ids
from hoistway.console.thing_pages import lock_shown
from hoistway.console.two import hand_of
from hoistway.engine import Engine
from hoistway.portal.changing import Moved, operating
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.clients import Client, find_client
from hoistway.store.customers import find_customer
from hoistway.store.proposals import Proposal, proposal_about
from hoistway.store.users import User
from hoistway.things.known_applications import APPLICATIONS
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment

LONGEST = 200


async def owner_page(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/applications/{id}/owner: `customer` is the id or name of the new owner, `confirm` the application's name."""
    row = await find_client(engine.db, ClientId(visit.request.path_params["id"]))
    if row is None or row.id == PORTAL:
        raise NotFound
    if not visit.posted:
        return await _show(engine, visit, row, "", None)
    visit.check_shown(row)
    typed = (visit.form.get("customer") or "").strip()[:LONGEST]
    meant, unknown = await with_ids(engine.db, visit.lang, {"customer": typed})
    wanted = CustomerId(meant["customer"])
    problems = await _problems(engine, visit, row, wanted, unknown)
    if problems:
        return await _show(engine, visit, row, typed, problems)
    waits: Proposal | None = None
    try:
        async with operating(engine, visit, operator, *filter(None, (row.customer_id, wanted))) as change:
            await lock_shown(change, APPLICATIONS, row)
            if await find_customer(change.tx, wanted) is None:
                raise Moved(log="the customer is gone")
            waits = await give(hand_of(change), "application", row.id, {"owner": wanted})
    except REFUSALS as refusal:
        problems.add("customer", PORTAL_WORDS[visit.lang][key_of(refusal)])
        return await _show(engine, visit, row, typed, problems)
    if waits is not None:
        return see_other(f"/console/changes/{waits.id}", "notice_two_proposed")
    return see_other(_address(row), "notice_app_given")


async def _problems(
    engine: Engine, visit: Visit, row: Client, wanted: CustomerId, unknown: Mapping[str, str]
) -> Problems:
    t, problems = PORTAL_WORDS[visit.lang], Problems()
    if unknown:
        problems.add("customer", unknown["customer"])
    elif wanted == SANDBOX or "\0" in wanted or await find_customer(engine.db, wanted) is None:
        problems.add("customer", t["make_no_customer"].format(id=wanted))
    elif wanted == row.customer_id:
        problems.add("customer", t["owner_same"])
    if (visit.form.get("confirm") or "").strip() != row.name:
        problems.add("confirm", t["thing_confirm_wrong"])
    return problems


def _address(row: Client) -> str:
    return f"/console/applications/{segment(row.id)}"


async def _show(engine: Engine, visit: Visit, row: Client, typed: str, problems: Problems | None) -> Response:
    t = PORTAL_WORDS[visit.lang]
    return engine.pages.portal(
        "console/owner.html", visit.showing(row), 422 if problems else 200, row=row, typed=typed, problems=problems,
        known=await offered(engine.db, ["customer"]),
        owner=None if row.customer_id is None else await find_customer(engine.db, row.customer_id),
        waiting=await proposal_about(engine.db, "application", row.id),
        crumbs=(
            Crumb(t["frame_operate"], "/console"), Crumb(t["things_applications"], "/console/applications"),
            Crumb(row.name, _address(row)),
        ),
    )  # fmt: skip
