"""The doors of portal and console: they decide who may open a page, and whether its form still means what it was shown
for (docs/adr/0006-portal.md, docs/adr/0014-forms.md).
"""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.endpoints.browser import SignedIn, holder_of, keep_browser
from hoistway.engine import Engine
from hoistway.portal.not_now import Forbidden, NotNow, Repeated
from hoistway.portal.typed import keep_typed, plain_page, with_kept
from hoistway.portal.uploads import Upload
from hoistway.portal.visit import (
    NO_PLACE,
    NO_PLACE_OPERATOR,
    ONLY_LOOKS,
    Reader,
    Visit,
    may_act,
    read_visit,
    see_other,
)
from hoistway.protocol.ids import CustomerId
from hoistway.protocol.roles import Act, may
from hoistway.store.customers import find_customer
from hoistway.store.used_forms import find_used_form
from hoistway.store.users import User
from hoistway.web.refusals import log_refusal
from hoistway.web.replies import correlation_id

Public = Callable[[Engine, Visit], Awaitable[Response]]
Signed = Callable[[Engine, Visit, Reader], Awaitable[Response]]
Operated = Callable[[Engine, Visit, User], Awaitable[Response]]
Endpoint = Callable[[Engine, Request], Awaitable[Response]]


async def check_form(visit: Visit, person: SignedIn) -> None:
    """Raises NotNow where the form was shown to somebody else, in another session, or for another customer; Repeated
    where it was carried out before and has therefore changed what it shows."""
    shown, reader = visit.shown, visit.reader
    if shown is None:
        raise NotNow("nobody")
    if shown.person != person.user.id:
        raise NotNow("person")
    if shown.session != person.session.public_id:
        raise NotNow("session")
    now = (None, False) if reader is None else (reader.customer_id, reader.acting)
    if (shown.customer, shown.acting) != now:
        raise NotNow("customer")
    before = await find_used_form(visit.engine.db, shown.number)
    if before is not None:
        raise Repeated(before)


async def to_sign_in(visit: Visit) -> Response:
    """Comes back to this page after the sign-in. A form that arrived after the session's end is kept for the same
    person, and shown again."""
    query = visit.request.scope["query_string"].decode("latin-1")
    here, because = visit.path + (f"?{query}" if query and not visit.posted else ""), ""
    if visit.shown is not None:
        kept = await keep_typed(visit.engine, visit.browser.id, visit.shown, visit.form)
        here = with_kept(visit.shown.page) if kept else plain_page(visit.shown.page) or here
        because = "&because=kept" if kept else "&because=ended"
    elif holder_of(visit.engine, visit.request).session is not None:
        because = "&because=ended"
    return RedirectResponse(f"/sign-in?next={quote(here, safe='')}{because}", 303, {"cache-control": "no-store"})


def public(page: Public, *, upload: Upload | None = None, for_whomever: bool = False) -> Endpoint:
    """A page for everybody. `upload` is about the one file of its form. With `for_whomever` the form
    does the same for everybody, so it does not matter to whom it was shown."""

    async def endpoint(engine: Engine, request: Request) -> Response:
        visit = await read_visit(engine, request, upload)
        try:
            if visit.posted and visit.person is not None and not for_whomever:
                await check_form(visit, visit.person)
            reply = await page(engine, visit)
        except Repeated as again:
            reply = see_other(again.result, "notice_form_twice")
        except NotNow as error:
            reply = await not_now_page(engine, visit, error)
        return keep_browser(engine, visit.browser, reply)

    return endpoint


async def not_now_page(engine: Engine, visit: Visit, error: NotNow) -> Response:
    """Says what happened and what to do, with a link to the page, which shows again what was typed."""
    log_refusal(correlation_id(visit.request), visit.path, error)
    shown, mine = visit.shown, visit.person
    if shown is None or mine is None or shown.person != mine.user.id:
        shown = None
    kept = shown is not None and await keep_typed(engine, visit.browser.id, shown, visit.form)
    before = (
        None if shown is None or shown.customer is None else await find_customer(engine.db, CustomerId(shown.customer))
    )
    page = "" if shown is None or not shown.page else with_kept(shown.page) if kept else plain_page(shown.page)
    return engine.pages.portal(
        "portal/not_now.html", visit.frame, error.status, reason=error.reason, kept=kept, page=page, before=before,
        was_acting=shown is not None and shown.acting, correlation_id=correlation_id(visit.request),
    )  # fmt: skip


def _signed(page: Signed, may_open: Callable[[Reader], bool], upload: Upload | None = None) -> Endpoint:
    async def answered(engine: Engine, visit: Visit) -> Response:
        if visit.person is None:
            return await to_sign_in(visit)
        if visit.reader is None:
            raise Forbidden(NO_PLACE_OPERATOR if may_act(visit.person.user) else NO_PLACE)
        if visit.posted and visit.reader.only_looks:
            raise Forbidden(ONLY_LOOKS)
        if not may_open(visit.reader):
            raise Forbidden
        return await page(engine, visit, visit.reader)

    return public(answered, upload=upload)


def for_reader(page: Signed, *, upload: int = 0) -> Endpoint:
    """A page for everybody who is signed in and belongs to a customer. `upload` is how many bytes the one file of its form may
    have."""
    return _signed(page, lambda _reader: True, Upload(upload, lambda _user: True) if upload else None)


def for_administrator(page: Signed) -> Endpoint:
    """A page for administrators of the current customer, and for who acts for it; support sends none of its forms."""
    return _signed(page, lambda reader: reader.may_oversee)


def for_operator(page: Operated, *, act: Act | None = None, upload: int = 0, carries: str = "") -> Endpoint:
    """A page of the console. Operators belong to no customer, so the page gets the person alone. Without `act`, looking
    at it requires a role that may read, and its forms require one that may change. `upload` and `carries` are those of Upload."""

    def allows(user: User) -> bool:
        return may(user.flags, act or "change")

    async def answered(engine: Engine, visit: Visit) -> Response:
        if visit.person is None:
            return await to_sign_in(visit)
        if not may(visit.person.user.flags, act or ("change" if visit.posted else "read")):
            raise Forbidden
        return await page(engine, visit, visit.person.user)

    return public(answered, upload=Upload(upload, allows, carries) if upload else None)
