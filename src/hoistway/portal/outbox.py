"""The mails of a demonstration without a mail server, so that whoever tries it can follow their links. Nowhere else is there such
a page."""

import re
from typing import Final

from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from hoistway.engine import Engine
from hoistway.mail.post import with_link
from hoistway.portal.visit import NotFound, Visit
from hoistway.store.outbox import KEPT, Mail, find_mail, newest_mails
from hoistway.web.policy import alone

_LINK: Final = re.compile(r"https?://[^\s<>\"]+")


def with_links(text: str) -> Markup:
    """The text with its addresses as links."""
    parts, end = [], 0
    for found in _LINK.finditer(text):
        parts += [
            escape(text[end : found.start()]),
            Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(found[0]),
        ]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


async def _as_sent(engine: Engine) -> list[Mail]:
    return [with_link(engine.links, mail) for mail in await newest_mails(engine.db, KEPT)]


async def outbox(engine: Engine, visit: Visit) -> Response:
    """GET /dev/outbox"""
    if not engine.settings.demonstration:
        raise NotFound
    mails = [(mail, with_links(mail.plain)) for mail in await _as_sent(engine)]
    return engine.pages.portal("portal/outbox.html", visit.frame, mails=mails, now=engine.now())


async def mail_as_html(engine: Engine, visit: Visit) -> Response:
    """GET /dev/outbox/{id}"""
    if not engine.settings.demonstration:
        raise NotFound
    mail = await find_mail(engine.db, visit.request.path_params["id"])
    if mail is None:
        raise NotFound
    return HTMLResponse(with_link(engine.links, mail).html, 200, alone())
