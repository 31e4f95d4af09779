"""The form that asks for an application, and a check of addresses while they are typed."""

import uuid

from starlette.responses import Response

from hoistway.applications.addresses import read_addresses, sentence
from hoistway.applications.asking import MOST_IN_SANDBOX, MOST_OPEN, NoRoom, request_of, submit
from hoistway.applications.granting import prepare
from hoistway.applications.named_account import WrongAccount, accounts_to_name
from hoistway.applications.wish import FLOWS, NATIVE, TYPES, Wish, check_own_name, read_wish
from hoistway.engine import Engine
from hoistway.portal.changing import changing
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.protocol.ids import ClientId, RequestId
from hoistway.store.client_lists import find_client_of
from hoistway.store.requests import Request, find_request_of
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.replies import correlation_id, json_reply

LIST = "/portal/applications"


async def _before(engine: Engine, visit: Visit, reader: Reader) -> Wish:
    """What the form is filled with at first: an application of the sandbox that should go to production, a request to
    repeat, or nothing."""
    if (client_id := visit.query.get("from")) is not None:
        client = await find_client_of(engine.db, reader.customer_id, ClientId(client_id))
        if client is None:
            raise NotFound
        flows = {"authorization_code": "code", "client_credentials": "client_credentials", "implicit": "implicit"}
        chosen = tuple(flow for grant, flow in flows.items() if grant in client.grants)
        return Wish(
            "production", client.name, client.type, client.redirect_uris, flows=chosen,
            typed="\n".join(client.redirect_uris),
        )  # fmt: skip
    if (request_id := visit.query.get("again")) is not None:
        found = await find_request_of(engine.db, reader.customer_id, RequestId(request_id))
        if found is None or found.kind != "application":
            raise NotFound
        return Wish(
            found.environment, found.name, found.type, found.redirect_uris, found.purpose, found.flows, found.reason,
            "\n".join(found.redirect_uris), account=found.service_account_id or "",
        )  # fmt: skip
    return Wish()


async def _accounts(engine: Engine, visit: Visit, reader: Reader) -> list[tuple[str, str]]:
    """Those that an administrator may name, behind the choice of a new one; for others there is nothing to choose."""
    rows = await accounts_to_name(engine.db, reader.customer_id) if reader.may_oversee else []
    t = PORTAL_WORDS[visit.lang]
    return [("", t["wish_account_new"]), *((row.id, f"{row.name} ({row.username})") for row in rows)] if rows else []


async def _form(engine: Engine, visit: Visit, reader: Reader, wish: Wish, problems: Problems | None) -> Response:
    t = PORTAL_WORDS[visit.lang]
    return engine.pages.portal(
        "portal/application_new.html",
        visit.frame,
        422 if problems else 200,
        wish=wish,
        types=TYPES,
        flows=FLOWS,
        accounts=await _accounts(engine, visit, reader),
        problems=problems,
        crumbs=(Crumb(t["frame_applications"], LIST),),
    )


def _full(visit: Visit, reader: Reader, wish: Wish) -> Problems:
    t, customer = PORTAL_WORDS[visit.lang], reader.customer.name
    if wish.environment == "production":
        return Problems({"environment": t["wish_many_open"].format(customer=customer, most=MOST_OPEN)})
    return Problems({"environment": t["wish_many_sandboxes"].format(customer=customer, most=MOST_IN_SANDBOX)})


async def ask(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET or POST /portal/applications/new"""
    if not visit.posted:
        return await _form(engine, visit, reader, await _before(engine, visit, reader), None)
    read = read_wish(visit.form, PORTAL_WORDS[visit.lang])
    check_own_name(read, engine.pages.brand.name, PORTAL_WORDS[visit.lang])
    if read.wish.account and not reader.may_manage:
        read.problems.add("account", PORTAL_WORDS[visit.lang]["wish_account_unknown"])
    if read.problems:
        return await _form(engine, visit, reader, read.wish, read.problems)
    return await _send(engine, visit, reader, read.wish)


async def _send(engine: Engine, visit: Visit, reader: Reader, wish: Wish) -> Response:
    prepared = await prepare(engine) if wish.environment == "sandbox" else None
    request = request_of(
        wish,
        request_id=RequestId(str(uuid.uuid4())),
        customer_id=reader.customer_id,
        user_id=reader.user.id,
        now=engine.now(),
        client_id=None if prepared is None else prepared.client_id,
    )
    try:
        async with changing(engine, visit, reader) as change:
            await submit(engine, change.tx, request, prepared, correlation_id(visit.request))
            await change.leads_to(_result(request))
    except NoRoom:
        return await _form(engine, visit, reader, wish, _full(visit, reader, wish))
    except WrongAccount as wrong:
        text = PORTAL_WORDS[visit.lang]["wish_account_disabled" if wrong.disabled else "wish_account_unknown"]
        return await _form(engine, visit, reader, wish, Problems({"account": text}))
    return see_other(_result(request), "notice_app_asked" if request.client_id is None else "notice_app_granted")


def _result(request: Request) -> str:
    """Where the form leads: to the application where it was made at once, otherwise to the request."""
    return f"/portal/requests/{request.id}" if request.client_id is None else f"{LIST}/{request.client_id}"


async def check(_engine: Engine, visit: Visit, _reader: Reader) -> Response:
    """POST /portal/applications/check: `redirect_uris` and `type`. Returns what is wrong with each line, as JSON for
    the form."""
    words = PORTAL_WORDS[visit.lang]
    good, bad = read_addresses(visit.form.get("redirect_uris"), native=visit.form.get("type") in NATIVE)
    body = {"good": len(good), "problems": [sentence(one, words) for one in bad], "words": words["wish_uris_good"]}
    return json_reply(body, headers={"cache-control": "no-store"})
