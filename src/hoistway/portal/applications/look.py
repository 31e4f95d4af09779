"""How an application appears on the consent page: its owner's words, and its logo, judged by its bytes."""

from dataclasses import replace
from hashlib import sha256

from starlette.responses import Response

from hoistway.applications.granting import origins_of
from hoistway.engine import Engine
from hoistway.portal.applications.page import LONGEST_CONSENT_TEXT, Said, address_of, find_changeable, find_own, show
from hoistway.portal.changing import changing, lock_application
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.store.client_logos import ClientLogo, find_logo_of, put_logo, remove_logo
from hoistway.store.clients import put_client
from hoistway.web.frame import Problems
from hoistway.web.picture import LIMIT, NotAPicture, read_picture
from hoistway.web.portal_words import PORTAL_WORDS

UPLOAD = LIMIT


async def change_look(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """POST /portal/applications/{client_id}/look: `consent_text`."""
    client = await find_changeable(engine, visit, reader)
    if client.type == "daemon" or client.disabled_at is not None:
        raise NotFound
    text = visit.form.get("consent_text") or ""
    if len(text) > LONGEST_CONSENT_TEXT:
        problems = Problems()
        problems.add("consent_text", PORTAL_WORDS[visit.lang]["wish_too_long"].format(most=LONGEST_CONSENT_TEXT))
        return await show(engine, visit, reader, client, Said(problems, {"consent_text": text}))
    async with changing(engine, visit, reader) as change:
        found = await lock_application(change, reader, client)
        changed = replace(found, consent_text=text or None)
        if changed != found:
            await put_client(change.tx, changed, origins_of(changed))
            await change.record("application.text_changed", client_id=client.id)
    return see_other(address_of(client), "notice_app_saved")


async def logo(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET, or POST with the file `logo` or `remove=yes`: /portal/applications/{client_id}/logo"""
    if visit.posted:
        return await _change_logo(engine, visit, reader)
    client = await find_own(engine, visit, reader)
    found = await find_logo_of(engine.db, reader.customer_id, client.id)
    if found is None:
        raise NotFound
    etag = f'"{sha256(found.body).hexdigest()[:16]}"'
    headers = {
        "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "private, no-cache",
        "etag": etag,
    }
    if visit.request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(found.body, 200, headers, found.media_type)


async def _change_logo(engine: Engine, visit: Visit, reader: Reader) -> Response:
    client = await find_changeable(engine, visit, reader)
    if client.type == "daemon" or client.disabled_at is not None:
        raise NotFound
    removing, body, words = visit.form.get("remove") is not None, visit.files.get("logo", b""), PORTAL_WORDS[visit.lang]
    media_type = ""
    try:
        if not removing:
            media_type = read_picture(body).media_type
    except NotAPicture as error:
        problems = Problems({"logo": words["app_logo_none"] if not body else words[f"app_logo_{error.reason}"]})
        return await show(engine, visit, reader, client, Said(problems))
    async with changing(engine, visit, reader) as change:
        client = await lock_application(change, reader, client)
        if removing:
            await remove_logo(change.tx, client.id)
        else:
            await put_logo(change.tx, ClientLogo(client.id, media_type, body, engine.now()))
        await change.record("application.logo_removed" if removing else "application.logo_changed", client_id=client.id)
    return see_other(address_of(client), "notice_app_saved")
