"""Changes the addresses of an application: at once on hosts that are registered, on other hosts only after a review."""

import uuid

from msgspec.structs import replace
from starlette.responses import Response

from hoistway.applications.addresses import MOST, new_places, read_addresses, sentence, split
from hoistway.applications.asking import MOST_OPEN, NoRoom, request_of, submit
from hoistway.applications.granting import origins_of
from hoistway.applications.logout_address import loses_logout_host
from hoistway.applications.wish import NEEDS_ADDRESS, Wish
from hoistway.engine import Engine
from hoistway.portal.applications.page import Said, address_of, find_changeable, show
from hoistway.portal.changing import Moved, changing, lock_application
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.protocol.ids import RequestId
from hoistway.store.clients import Client, put_client
from hoistway.web.frame import Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.replies import correlation_id

Uris = tuple[str, ...]


def _read(visit: Visit, client: Client) -> tuple[Uris, Uris, Problems]:
    """The redirect addresses, those after signing out, and what is wrong with them."""
    words, problems = PORTAL_WORDS[visit.lang], Problems()
    read = {}
    for name in ("redirect_uris", "post_logout_uris"):
        good, bad = read_addresses(visit.form.get(name), native=client.is_native)
        read[name] = good
        if bad:
            problems.add(name, "\n".join(sentence(one, words) for one in bad))
        elif len(good) > MOST:
            problems.add(name, words["wish_many_addresses"].format(most=MOST))
    uris, outs = read["redirect_uris"], read["post_logout_uris"]
    if client.type in NEEDS_ADDRESS and not uris:
        problems.add("redirect_uris", words["wish_needs_address"])
    strange = new_places(outs, (*uris, *client.redirect_uris, *client.post_logout_redirect_uris))
    if client.environment == "production" and strange:
        problems.add("post_logout_uris", words["app_sign_out_host"].format(places=", ".join(strange)))
    return uris, outs, problems


async def change_addresses(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """POST /portal/applications/{client_id}/addresses: `redirect_uris` and `post_logout_uris`, one on each line."""
    client = await find_changeable(engine, visit, reader)
    if client.type == "daemon" or client.disabled_at is not None:
        raise NotFound
    uris, outs, problems = _read(visit, client)
    if problems:
        return await _again(engine, visit, reader, client, problems)
    waits = bool(split(client, uris, outs).waits)
    try:
        waits = await _save(engine, visit, reader, client, uris, outs)
    except NoRoom:
        text = PORTAL_WORDS[visit.lang]["wish_many_open"].format(customer=reader.customer.name, most=MOST_OPEN)
        return await _again(engine, visit, reader, client, Problems({"redirect_uris": text}))
    return see_other(address_of(client), "notice_app_reviewed" if waits else "notice_app_saved")


async def _again(engine: Engine, visit: Visit, reader: Reader, client: Client, problems: Problems) -> Response:
    typed = {name: visit.form.get(name) or "" for name in ("redirect_uris", "post_logout_uris")}
    return await show(engine, visit, reader, client, Said(problems, typed))


async def _save(engine: Engine, visit: Visit, reader: Reader, client: Client, uris: Uris, outs: Uris) -> bool:
    """Returns True where some addresses wait for a review. Raises NoRoom."""
    async with changing(engine, visit, reader) as change:
        found = await lock_application(change, reader, client)
        if (found.redirect_uris, found.post_logout_redirect_uris) != (
            client.redirect_uris,
            client.post_logout_redirect_uris,
        ):
            # The form contains all addresses, so what somebody else added meanwhile would be lost.
            raise Moved(log="the addresses changed")
        told = split(found, uris, outs)
        changed = replace(found, redirect_uris=told.uris, post_logout_redirect_uris=told.outs)
        if loses_logout_host(found, changed):
            changed = replace(changed, backchannel_logout_uri=None)
        if changed != found:
            await put_client(change.tx, changed, origins_of(changed))
            await change.record(
                "application.addresses_changed", client_id=client.id, redirect_uris=changed.redirect_uris,
                post_logout_redirect_uris=changed.post_logout_redirect_uris,
                before={"redirect_uris": found.redirect_uris, "post_logout_redirect_uris": found.post_logout_redirect_uris},
            )  # fmt: skip
        if told.waits:
            wish = Wish("production", client.name, client.type, told.later_uris, post_logout_uris=told.later_outs)
            request = request_of(
                wish,
                request_id=RequestId(str(uuid.uuid4())),
                customer_id=reader.customer_id,
                user_id=reader.user.id,
                now=engine.now(),
                client_id=client.id,
                kind="redirects",
            )
            await submit(engine, change.tx, request, None, correlation_id(visit.request))
    return told.waits
