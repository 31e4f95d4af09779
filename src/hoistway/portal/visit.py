"""Who looks at a page of the portal or console, and whether they may: the only place that checks this (docs/adr/0006-portal.md)."""

from collections.abc import Mapping

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.endpoints.browser import (
    NOT_OPENED_HERE,
    Browser,
    SignedIn,
    browser_of,
    check_origin,
    confined_to,
    holder_of,
    signed_in,
)
from hoistway.endpoints.counting import tell_about
from hoistway.endpoints.page_refusals import here_of, language
from hoistway.engine import Engine
from hoistway.portal.not_now import Moved
from hoistway.portal.typed import typed_before
from hoistway.portal.uploads import Upload
from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.ids import CustomerId
from hoistway.protocol.params import Params
from hoistway.protocol.roles import acts_of, may
from hoistway.protocol.sandbox import SANDBOX
from hoistway.protocol.text import cleaned
from hoistway.store.customers import Customer, find_customer
from hoistway.store.memberships import NamedMembership, memberships_of
from hoistway.store.users import User
from hoistway.web.cookies import csrf_holds
from hoistway.web.forms import Form, read_form, read_query
from hoistway.web.frame import Frame, Place
from hoistway.web.sealed import BadSeal, OtherSession, browser_digest, seal, unseal
from hoistway.web.segments import has_slash
from hoistway.web.shown import LIFETIME as FORM_LIFETIME
from hoistway.web.shown import Shown, new_number, version_of
from hoistway.web.words import Lang

ACTING = "employee"
LONGEST_ID = 200
ONLY_LOOKS = "Support looks at the portal for a customer and changes nothing: ask an operator, or the customer."
NO_PLACE = "Your account belongs to no customer: ask an administrator to add you to one."
NO_PLACE_OPERATOR = "Your account belongs to no customer: begin to act for one at /console/act-for, with a reason."
NAMES = frozenset(
    {"name", "name_de", "emails", "street", "postal_code", "city", "country", "controller_type", "serial_number"}
)
"""Fields that protocol/text.read_name reads, so that the person hears of a character that nobody can see."""
PLACES = frozenset({"after", "before"})
"""Parameters by which a list goes on behind an id, letter for letter."""


class NotFound(InvalidRequest):
    """It does not exist, or belongs to another customer; the two look the same."""

    status = 404
    public = "Nothing is at this address, or it belongs to another customer: check the address."


class Reader(Struct, frozen=True):
    """A signed-in person, and the customer for whom they look. `role` is "administrator" or "member", or "employee"
    where an operator acts for the customer with a reason that was recorded (console/act_for)."""

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
        """Support staff who act for a customer change nothing."""
        return self.acting and not may(self.user.flags, "change")

    @property
    def may_manage(self) -> bool:
        """May change what belongs to the customer: applications, subscriptions, keys."""
        return self.role == "administrator" or (self.acting and not self.only_looks)

    @property
    def may_oversee(self) -> bool:
        """May see what its administrators see: support, too, which changes nothing of it (`only_looks`)."""
        return self.role == "administrator" or self.acting


class Visit(Struct, frozen=True):
    """One request for a page. On a GET, `form` and `files` are empty. On a POST the form was shown to this browser, and
    `shown` is what it knows about that moment. `kept` is what was typed into this page's form before. `person` may be
    signed in without a customer: then there is no reader."""

    engine: Engine
    request: Request
    browser: Browser
    lang: Lang
    query: Params
    form: Params
    shown: Shown | None
    kept: Mapping[str, str]
    person: SignedIn | None
    reader: Reader | None
    files: Mapping[str, bytes]

    @property
    def path(self) -> str:
        """As a link would contain it: slashes in ids are encoded."""
        raw: bytes = self.request.scope.get("raw_path") or b""
        path: str = self.request.scope["path"]
        return raw.decode("latin-1") if has_slash(raw) else path

    @property
    def posted(self) -> bool:
        return self.request.method == "POST"

    @property
    def frame(self) -> Frame:
        """The frame around a page that shows no stored thing."""
        return self.showing()

    def showing(self, *rows: object) -> Frame:
        """The frame around a page that shows these rows: its forms are carried out only while the rows stay the same
        (`Change.check_shown`)."""
        reader, version = self.reader, version_of(rows)
        return Frame(
            lang=self.lang,
            path=self.path,
            seal=lambda: self._seal(version),
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
            # It is about the form before this one, whose answer stands there now.
            notice=None if self.posted else self.query.get("notice"),
            here=here_of(self.request),
            kept=self.kept,
        )

    def check_shown(self, *rows: object) -> None:
        """Raises Moved where these rows were different when the form was shown, or the page with the form does not show
        them."""
        if self.shown is None or self.shown.version != version_of(rows):
            raise Moved(log="another version than the form shows")

    def _seal(self, version: str) -> str:
        """Strangers get only the browser's token, because their pages are the same each time."""
        if self.person is None:
            return self.browser.csrf
        reader = self.reader
        shown = Shown(
            browser=browser_digest(self.browser.id),
            made_at=self.engine.now(),
            session=self.person.session.public_id,
            person=self.person.user.id,
            customer=None if reader is None else reader.customer_id,
            acting=reader is not None and reader.acting,
            page=here_of(self.request) or ("" if self.shown is None else self.shown.page),
            version=version,
            number=new_number(),
        )
        return seal(self.engine.cookie_secret, shown)


def may_act(user: User) -> bool:
    """Operators and support may look at the portal for a customer, once the reason is recorded; other employees may
    not."""
    return may(user.flags, "act_for")


async def _reader(engine: Engine, person: SignedIn) -> Reader | None:
    places = tuple(await memberships_of(engine.db, person.user.id))
    session = person.session
    if session.acting_for is not None and may_act(person.user):
        customer = await find_customer(engine.db, session.acting_for)
        if customer is not None and customer.disabled_at is None and customer.id != SANDBOX:
            return Reader(person, customer, ACTING, places)
    wanted = session.customer_id or person.user.home_customer_id
    only = await confined_to(engine.db, session)
    living = [one for one in places if one.customer_disabled_at is None and only in {None, one.customer_id}]
    place = next((place for place in living if place.customer_id == wanted), living[0] if living else None)
    customer = None if place is None else await find_customer(engine.db, place.customer_id)
    if place is None or customer is None or customer.disabled_at is not None:
        return None
    return Reader(person, customer, place.role, places)


async def read_visit(engine: Engine, request: Request, upload: Upload | None) -> Visit:
    for value in request.path_params.values():
        # No id is longer, and databases do not accept NUL.
        if len(value) > LONGEST_ID or "\x00" in value:
            raise NotFound
    browser, shown = browser_of(engine, request), None
    form = Form(Params({}), badly_encoded=False)
    if request.method == "POST" and (upload is None or await upload.is_read(engine, request)):
        form = await (read_form(request) if upload is None else read_form(request, upload.most, upload.carries))
        shown = _read_shown(engine, request, form.params.get("csrf"))
    person = await signed_in(engine, request)
    reader = None if person is None else await _reader(engine, person)
    tell_about(request, None if reader is None else reader.customer_id, None)
    locale = None if person is None else person.user.locale
    # Everything typed on a page is normalised and trimmed here, and loses invisible characters, so no form can forget
    # it. Only for names, the form that reads them refuses such characters instead.
    query, typed = read_query(request).mapped(cleaned, PLACES), form.params.mapped(cleaned, NAMES)
    lang = language(request, query.get("ui_locales") or locale)
    kept: Mapping[str, str] = {}
    if person is not None and shown is None and query.get("kept") is not None:
        kept = await typed_before(engine, browser.id, person.user.id, request.scope["path"])
    return Visit(engine, request, browser, lang, query, typed, shown, kept, person, reader, form.files)


def _read_shown(engine: Engine, request: Request, presented: str | None) -> Shown | None:
    """None for a form that is not bound to one person. Raises InvalidRequest."""
    browser, text = check_origin(engine, request), presented or ""
    if csrf_holds(engine.cookie_secret, browser, text):
        return None
    try:
        return unseal(engine.cookie_secret, text, Shown, holder_of(engine, request), engine.now(), FORM_LIFETIME)
    except OtherSession as other:
        return other.value if isinstance(other.value, Shown) else None
    except BadSeal as error:
        raise InvalidRequest(NOT_OPENED_HERE, log=f"form {error}") from error


def see_other(path: str, notice: str | None = None) -> Response:
    """After a form was carried out; `notice` is the key of a sentence that the next page shows."""
    joined = "&" if "?" in path else "?"
    return RedirectResponse(path + (f"{joined}notice={notice}" if notice else ""), 303, {"cache-control": "no-store"})
