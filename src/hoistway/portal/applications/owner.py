"""Gives an application to another customer, or disables it; both require its name to be typed."""

from starlette.responses import Response

from hoistway.applications.giving import give_application, sides
from hoistway.applications.granting import prepare
from hoistway.engine import Engine
from hoistway.portal.applications.page import Said, address_of, find_changeable, in_console, show, targets_of
from hoistway.portal.changing import changing, lock_application
from hoistway.portal.not_now import Forbidden
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.protocol.ids import CustomerId
from hoistway.store.clients import set_client_disabled
from hoistway.web.frame import Problems
from hoistway.web.portal_words import PORTAL_WORDS


async def transfer(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """POST /portal/applications/{client_id}/transfer: `customer`, which the person must administer, too, and `confirm`."""
    client = await find_changeable(engine, visit, reader)
    if client.disabled_at is not None:
        raise NotFound
    if reader.acting:
        raise Forbidden(
            f"Whoever acts for a customer gives nothing of it away: give the application at {in_console(client)}."
        )
    if not reader.may_manage:
        raise Forbidden("Only administrators of the customer give an application away: ask one of them.")
    words, problems, wanted = PORTAL_WORDS[visit.lang], Problems(), visit.form.get("customer") or ""
    if wanted not in {customer_id for customer_id, _name in targets_of(reader)}:
        problems.add("customer", words["app_transfer_not_yours"])
    if (visit.form.get("transfer_confirm") or "").strip() != client.name:
        problems.add("transfer_confirm", words["app_confirm_wrong"])
    if problems:
        typed = {"customer": wanted, "transfer_confirm": visit.form.get("transfer_confirm") or ""}
        return await show(engine, visit, reader, client, Said(problems, typed))
    digest = (await prepare(engine)).password_digest
    async with changing(engine, visit, reader, CustomerId(wanted)) as change:
        found = await lock_application(change, reader, client)
        await give_application(change.tx, found, CustomerId(wanted), digest, engine.now(), by_both=True)
        for owner, side in sides(reader.customer_id, CustomerId(wanted)):
            await change.record(
                "application.transferred", customer_id=owner, client_id=client.id, **side, consent_before=found.consent,
                exceptions_ended=[one.kind for one in found.exceptions],
            )  # fmt: skip
    return see_other("/portal/applications", "notice_app_given")


async def switch_off(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """POST /portal/applications/{client_id}/off: `off_confirm` is the application's name."""
    client = await find_changeable(engine, visit, reader)
    if (visit.form.get("off_confirm") or "").strip() != client.name:
        problems = Problems({"off_confirm": PORTAL_WORDS[visit.lang]["app_confirm_wrong"]})
        typed = {"off_confirm": visit.form.get("off_confirm") or ""}
        return await show(engine, visit, reader, client, Said(problems, typed))
    async with changing(engine, visit, reader) as change:
        found = await lock_application(change, reader, client)
        if found.disabled_at is None:
            await set_client_disabled(change.tx, client.id, engine.now())
            await change.record("application.disabled", client_id=client.id)
    return see_other(address_of(client), "notice_app_off")
