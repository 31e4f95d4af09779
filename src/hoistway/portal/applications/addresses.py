"""Changes where people may return to: at once on hosts that are registered, elsewhere after a review."""

from contextlib import suppress
from dataclasses import replace

from starlette.responses import Response

from hoistway.applications.addresses import MOST, new_places, read_addresses, sentence
from hoistway.applications.asking import MOST_OPEN, NoRoom, request_of, submit
from hoistway.applications.granting import origins_of
from hoistway.applications.wish import NEEDS_ADDRESS, Wish
from hoistway.engine import Engine
from hoistway.portal.applications.once import id_of
from hoistway.portal.applications.page import Said, address_of, find_changeable, show
from hoistway.portal.changing import Moved, changing, lock_application
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.protocol.ids import RequestId
from hoistway.protocol.redirect_uri import place_of
from hoistway.store.clients import Client, put_client
from hoistway.store.db import Conflict
from hoistway.web.frame import Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.replies import correlation_id

Uris = tuple[str, ...]


def _read(visit: Visit, client: Client) -> tuple[Uris, Uris, Problems]:
    """The redirect addresses, those after signing out, and what is wrong."""
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


def split(client: Client, uris: Uris) -> tuple[Uris, Uris]:
    """Those that work at once and those that are reviewed first."""
    if client.environment == "sandbox":
        return uris, ()
    strange = set(new_places(uris, client.redirect_uris))
    later = tuple(uri for uri in uris if place_of(uri) in strange)
    return tuple(uri for uri in uris if uri not in later), later


async def change_addresses(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """POST /portal/applications/{client_id}/addresses: `redirect_uris` and `post_logout_uris`, one a line."""
    client = await find_changeable(engine, visit, reader)
    if client.type == "daemon" or client.disabled_at is not None:
        raise NotFound
    uris, outs, problems = _read(visit, client)
    now_good, later = split(client, uris)
    if problems:
        return await _again(engine, visit, reader, client, problems)
    # Replacing every address by new ones takes nothing away until they are reviewed.
    kept = now_good or (client.redirect_uris if later else ())
    try:
        with suppress(Conflict):  # the same form, sent again
            await _save(engine, visit, reader, client, kept, outs, later)
    except NoRoom:
        text = PORTAL_WORDS[visit.lang]["wish_many_open"].format(customer=reader.customer.name, most=MOST_OPEN)
        return await _again(engine, visit, reader, client, Problems({"redirect_uris": text}))
    return see_other(address_of(client), "notice_app_reviewed" if later else "notice_app_saved")


async def _again(engine: Engine, visit: Visit, reader: Reader, client: Client, problems: Problems) -> Response:
    typed = {name: visit.form.get(name) or "" for name in ("redirect_uris", "post_logout_uris")}
    return await show(engine, visit, reader, client, Said(problems, typed))


async def _save(
    engine: Engine, visit: Visit, reader: Reader, client: Client, uris: Uris, outs: Uris, later: Uris
) -> None:
    """Raises Conflict where the request that `later` needs was made before by the same form, NoRoom."""
    async with changing(engine, visit, reader) as change:
        found = await lock_application(change, reader, client)
        if (found.redirect_uris, found.post_logout_redirect_uris) != (
            client.redirect_uris,
            client.post_logout_redirect_uris,
        ):
            # What works at once and what is reviewed first was told apart by the addresses that were there.
            raise Moved(log="the addresses changed")
        changed = replace(found, redirect_uris=uris, post_logout_redirect_uris=outs)
        if changed != found:
            await put_client(change.tx, changed, origins_of(changed))
            await change.record(
                "application.addresses_changed", client_id=client.id, redirect_uris=uris, post_logout_redirect_uris=outs
            )
        if later:
            wish = Wish("production", client.name, client.type, later)
            request = request_of(
                wish,
                request_id=RequestId(id_of(engine, visit, f"addresses {client.id}")),
                customer_id=reader.customer_id,
                user_id=reader.user.id,
                now=engine.now(),
                client_id=client.id,
                kind="redirects",
            )
            await submit(engine, change.tx, request, None, correlation_id(visit.request))
