"""Who looks at a page of the portal or console, and whether they may: the one place that asks (docs/adr/0006-portal.md)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.endpoints.browser import (
    Browser,
    SignedIn,
    browser_of,
    check_csrf,
    keep_browser,
    signed_in,
)
from hoistway.endpoints.page_refusals import here_of, language
from hoistway.engine import Engine
from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.ids import CustomerId
from hoistway.protocol.params import Params
from hoistway.protocol.roles import Act, acts_of, may
from hoistway.protocol.sandbox import SANDBOX
from hoistway.protocol.text import cleaned
from hoistway.store.customers import Customer, find_customer
from hoistway.store.memberships import NamedMembership, memberships_of
from hoistway.store.users import User
from hoistway.web.forms import Form, read_form, read_query
from hoistway.web.frame import Frame, Place
from hoistway.web.segments import has_slash
from hoistway.web.words import Lang

ACTING = "employee"
LONGEST_ID = 200
ONLY_LOOKS = "Support looks at the portal for a customer and changes nothing: ask an operator, or the customer."
NO_PLACE = "Your account belongs to no customer: ask an administrator to add you to one."
NO_PLACE_OPERATOR = "Your account belongs to no customer: begin to act for one at /console/act-for, with a reason."
NAMES = frozenset({"name", "emails", "street", "postal_code", "city", "country", "controller_type", "serial_number"})
"""Fields that protocol/text.read_name reads, so that the person hears of a character that nobody can see."""
PLACES = frozenset({"after", "before"})
"""Parameters by which a list goes on behind an id, letter for letter."""


class NotFound(InvalidRequest):
    """It does not exist, or belongs to another customer: the two look alike."""

    status = 404
    public = "Nothing is at this address, or it belongs to another customer: check the address."


class Forbidden(InvalidRequest):
    """Signed in, but this is for others."""

    status = 403
    public = "This page is for others: sign in with an account that may open it, or ask an administrator."


@dataclass(frozen=True, slots=True)
class Reader:
    """A signed-in person and the customer for whom they look. `role` is "administrator" or "member", or "employee" where an
    operator acts for the customer, with a reason that was recorded (console/act_for)."""

    person: SignedIn
    customer: Customer
    role: str
    places: tuple[NamedMembership, ...]

    @property
    def user(self) -> User:
        return self.person.user

    @property
    def customer_id(self) -> CustomerId:
        return self.customer.id

    @property
    def acting(self) -> bool:
        return self.role == ACTING

    @property
    def only_looks(self) -> bool:
        """Support that acts for a customer changes nothing of it."""
        return self.acting and not may(self.user.flags, "change")

    @property
    def may_manage(self) -> bool:
        """May change what belongs to the customer: applications, subscriptions, keys."""
        return self.role == "administrator" or (self.acting and not self.only_looks)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page. `form` and `files` are empty on a GET; on a POST the CSRF token was proven. `person` may be
    signed in without a customer: then there is no reader."""

    request: Request
    browser: Browser
    lang: Lang
    query: Params
    form: Params
    person: SignedIn | None
    reader: Reader | None
    files: Mapping[str, bytes]

    @property
    def path(self) -> str:
        """As a link would name it: with the slashes of ids encoded."""
        raw: bytes = self.request.scope.get("raw_path") or b""
        path: str = self.request.scope["path"]
        return raw.decode("latin-1") if has_slash(raw) else path

    @property
    def posted(self) -> bool:
        return self.request.method == "POST"

    @property
    def frame(self) -> Frame:
        reader = self.reader
        return Frame(
            lang=self.lang,
            path=self.path,
            csrf=self.browser.csrf,
            person=None if self.person is None else self.person.user.name,
            customer=None if reader is None else Place(reader.customer.id, reader.customer.name),
            places=()
            if reader is None
            else tuple(
                Place(place.customer_id, place.customer_name)
                for place in reader.places
                if place.customer_disabled_at is None
            ),
            acting=reader is not None and reader.acting,
            may_manage=reader is not None and reader.may_manage,
            acts=frozenset() if self.person is None else acts_of(self.person.user.flags),
            notice=self.query.get("notice"),
            here=here_of(self.request),
        )


Public = Callable[[Engine, Visit], Awaitable[Response]]
Signed = Callable[[Engine, Visit, Reader], Awaitable[Response]]
Operated = Callable[[Engine, Visit, User], Awaitable[Response]]
Endpoint = Callable[[Engine, Request], Awaitable[Response]]


def may_act(user: User) -> bool:
    """May look at the portal for a customer, once the reason is recorded: an operator or support, and no other employee."""
    return may(user.flags, "act_for")


async def _reader(engine: Engine, person: SignedIn) -> Reader | None:
    places = tuple(await memberships_of(engine.db, person.user.id))
    session = person.session
    if session.acting_for is not None and may_act(person.user):
        customer = await find_customer(engine.db, session.acting_for)
        if customer is not None and customer.disabled_at is None and customer.id != SANDBOX:
            return Reader(person, customer, ACTING, places)
    wanted = session.customer_id or person.user.home_customer_id
    living = [place for place in places if place.customer_disabled_at is None]
    place = next((place for place in living if place.customer_id == wanted), living[0] if living else None)
    customer = None if place is None else await find_customer(engine.db, place.customer_id)
    if place is None or customer is None or customer.disabled_at is not None:
        return None
    return Reader(person, customer, place.role, places)


async def _visit(engine: Engine, request: Request, upload: int) -> Visit:
    for value in request.path_params.values():
        # No id is longer; a database does not take a NUL.
        if len(value) > LONGEST_ID or "\x00" in value:
            raise NotFound
    browser = browser_of(engine, request)
    form = Form(Params({}), badly_encoded=False)
    if request.method == "POST":
        form = await read_form(request, upload)
        check_csrf(engine, request, form.params.get("csrf"))
    person = await signed_in(engine, request)
    reader = None if person is None else await _reader(engine, person)
    locale = None if person is None else person.user.locale
    # Whatever is typed on a page is composed and trimmed here, and loses what nobody can see: no form can forget it. Names
    # are refused instead, by the form that takes them.
    query, typed = read_query(request).mapped(cleaned, PLACES), form.params.mapped(cleaned, NAMES)
    lang = language(request, query.get("ui_locales") or locale)
    return Visit(request, browser, lang, query, typed, person, reader, form.files)


def to_sign_in(visit: Visit) -> Response:
    """Back to this page afterwards; a form that was posted without a session is asked for again."""
    query = visit.request.scope["query_string"].decode("latin-1")
    here = visit.path + (f"?{query}" if query and not visit.posted else "")
    return RedirectResponse(f"/sign-in?next={quote(here, safe='')}", 303, {"cache-control": "no-store"})


def public(page: Public, *, upload: int = 0) -> Endpoint:
    """A page for everybody. `upload` is how many bytes the one file of its form may have."""

    async def endpoint(engine: Engine, request: Request) -> Response:
        visit = await _visit(engine, request, upload)
        return keep_browser(engine, visit.browser, await page(engine, visit))

    return endpoint


def _signed(page: Signed, may_open: Callable[[Reader], bool], upload: int = 0) -> Endpoint:
    async def answered(engine: Engine, visit: Visit) -> Response:
        if visit.person is None:
            return to_sign_in(visit)
        if visit.reader is None:
            raise Forbidden(NO_PLACE_OPERATOR if may_act(visit.person.user) else NO_PLACE)
        if visit.posted and visit.reader.only_looks:
            raise Forbidden(ONLY_LOOKS)
        if not may_open(visit.reader):
            raise Forbidden
        return await page(engine, visit, visit.reader)

    return public(answered, upload=upload)


def for_reader(page: Signed, *, upload: int = 0) -> Endpoint:
    """A page for everybody who is signed in and belongs to a customer."""
    return _signed(page, lambda _reader: True, upload)


def for_administrator(page: Signed) -> Endpoint:
    """A page for administrators of the customer in hand."""
    return _signed(page, lambda reader: reader.may_manage)


def for_operator(page: Operated, *, act: Act | None = None, upload: int = 0) -> Endpoint:
    """A page of the console: operators belong to no customer, so it gets the person alone. Without `act`, looking at it
    needs a role that may read, and its forms one that may change."""

    async def answered(engine: Engine, visit: Visit) -> Response:
        if visit.person is None:
            return to_sign_in(visit)
        if not may(visit.person.user.flags, act or ("change" if visit.posted else "read")):
            raise Forbidden
        return await page(engine, visit, visit.person.user)

    return public(answered, upload=upload)


def see_other(path: str, notice: str | None = None) -> Response:
    """After a form was carried out; `notice` is the key of a sentence in the words, which the next page says."""
    joined = "&" if "?" in path else "?"
    return RedirectResponse(path + (f"{joined}notice={notice}" if notice else ""), 303, {"cache-control": "no-store"})
