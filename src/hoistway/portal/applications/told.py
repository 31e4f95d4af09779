"""Where an application is told that a session ended (docs/adr/0036-backchannel-logout.md)."""

from msgspec.structs import replace
from starlette.responses import Response

from hoistway.applications.granting import origins_of
from hoistway.applications.logout_address import LogoutUriRefused, check_logout_uri
from hoistway.engine import Engine
from hoistway.portal.applications.page import Said, address_of, find_changeable, show
from hoistway.portal.changing import changing, lock_application
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.store.clients import put_client
from hoistway.web.frame import Problems
from hoistway.web.portal_words import PORTAL_WORDS

NAME = "backchannel_logout_uri"


async def change_logout(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """POST /portal/applications/{client_id}/logout: `backchannel_logout_uri`, or nothing where it is to be told no more."""
    client = await find_changeable(engine, visit, reader)
    if client.type == "daemon" or client.disabled_at is not None:
        raise NotFound
    uri = visit.form.get(NAME)
    try:
        async with changing(engine, visit, reader) as change:
            found = await lock_application(change, reader, client)
            check_logout_uri(uri, found, loopback=engine.settings.outbound_loopback, by_owner=True)
            if uri != found.backchannel_logout_uri:
                changed = replace(found, backchannel_logout_uri=uri)
                await put_client(change.tx, changed, origins_of(changed))
                await change.record(
                    "application.logout_changed", client_id=client.id, uri=uri, before=found.backchannel_logout_uri
                )
    except LogoutUriRefused as error:
        problems = Problems({NAME: PORTAL_WORDS[visit.lang][f"app_told_{error.because}"]})
        return await show(engine, visit, reader, client, Said(problems, {NAME: uri or ""}))
    return see_other(address_of(client), "notice_app_saved")
