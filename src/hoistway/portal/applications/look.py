"""How an application appears on the consent page: its owner's words, and its logo, which is checked by its bytes."""

import uuid
from hashlib import sha256

from starlette.responses import Response

from hoistway.applications.asking import MOST_OPEN, NoRoom
from hoistway.applications.looks import Wanted, ask_for_look, drop_waiting, must_wait, shows, wear
from hoistway.engine import Engine
from hoistway.portal.applications.page import LONGEST_CONSENT_TEXT, Said, address_of, find_changeable, find_own, show
from hoistway.portal.changing import changing, lock_application
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.protocol.ids import RequestId
from hoistway.store.client_logos import find_logo_of
from hoistway.store.clients import Client
from hoistway.web.bare_picture import bare_picture
from hoistway.web.frame import Problems
from hoistway.web.picture import LIMIT, NotAPicture
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.replies import correlation_id

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
    return await _save(engine, visit, reader, client, Wanted(words=text), "consent_text")


async def _save(engine: Engine, visit: Visit, reader: Reader, client: Client, wanted: Wanted, field: str) -> Response:
    """At once in the sandbox, and where it removes something; otherwise it waits for an operator."""
    waits, correlation = must_wait(client, wanted), correlation_id(visit.request)
    try:
        async with changing(engine, visit, reader) as change:
            found = await lock_application(change, reader, client)
            waits = must_wait(found, wanted) and not shows(found, wanted)
            await drop_waiting(engine, change.tx, found, reader.user.id, wanted, correlation)
            if waits:
                request_id = RequestId(str(uuid.uuid4()))
                await ask_for_look(engine, change.tx, found, reader.user.id, wanted, request_id, correlation)
            elif await wear(engine, change.tx, found, wanted):
                await change.record(_event(wanted), client_id=client.id, before=found.consent_text, after=wanted.words)
    except NoRoom:
        text = PORTAL_WORDS[visit.lang]["wish_many_open"].format(customer=reader.customer.name, most=MOST_OPEN)
        return await show(
            engine, visit, reader, client, Said(Problems({field: text}), {"consent_text": wanted.words or ""})
        )
    return see_other(address_of(client), "notice_app_look_reviewed" if waits else "notice_app_saved")


def _event(wanted: Wanted) -> str:
    if wanted.words is not None:
        return "application.text_changed"
    return "application.logo_changed" if wanted.logo else "application.logo_removed"


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
            picture, body = bare_picture(body)
            media_type = picture.media_type
    except NotAPicture as error:
        problems = Problems({"logo": words["app_logo_none"] if not body else words[f"app_logo_{error.reason}"]})
        return await show(engine, visit, reader, client, Said(problems))
    return await _save(
        engine, visit, reader, client, Wanted(logo=b"" if removing else body, logo_type=media_type), "logo"
    )
