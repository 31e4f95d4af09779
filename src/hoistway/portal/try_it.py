"""The try-it console: calls an operation of the Customer API from the page, with a token that the page gets by itself."""

from collections.abc import Callable, Mapping
from functools import partial

from markupsafe import Markup
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.guard import CUSTOMER_API, reach_of
from hoistway.endpoints.page_refusals import language
from hoistway.engine import Engine
from hoistway.portal.docs.described import Operation, operations
from hoistway.portal.docs.german import in_words
from hoistway.portal.own_application import CALLBACK, CLIENT_ID
from hoistway.portal.visit import NotFound, Reader, Visit
from hoistway.store.apis import ApiScope
from hoistway.store.clients import LegacyException
from hoistway.store.unit_access import seen_units
from hoistway.web.frame import Frame, Leaf, Place
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.words import Lang


class TokenPanel(Struct, frozen=True):
    """What a page needs in order to ask for tokens as the portal's own application. `hint` and `customer` make it ask
    for exactly the reader that the page shows; `implicit` is the exception that is in force; `enabled` is False where
    the application is disabled."""

    client_id: str
    redirect_uri: str
    issuer: str
    scopes: tuple[ApiScope, ...]
    needed: tuple[str, ...]
    implicit: LegacyException | None
    enabled: bool
    hint: str | None
    customer: Place | None


class TryIt(Struct, frozen=True):
    """What templates/portal/try.html shows. `values` are the reader's own, by parameter; `words` translates a sentence
    of the document into the reader's language; `keys` are the subscription keys to choose from."""

    operation: Operation
    panel: TokenPanel
    values: Mapping[str, str]
    words: Callable[[str], Markup]
    base_url: str
    keys: tuple[str, ...] = ()


async def token_panel(engine: Engine, visit: Visit, needed: tuple[str, ...] = ()) -> TokenPanel:
    now, base_url, reader = engine.now(), engine.settings.base_url, visit.reader
    known = await engine.directory.client(CLIENT_ID, now)
    api = (await engine.directory.apis(now)).by_id.get(CUSTOMER_API)
    return TokenPanel(
        client_id=CLIENT_ID,
        redirect_uri=base_url + CALLBACK,
        issuer=engine.dialect.issuer,
        scopes=() if api is None else api.scopes,
        needed=needed,
        implicit=None if known is None else known.client.allowed("implicit", now),
        enabled=api is not None and known is not None and known.client.disabled_at is None,
        hint=None if visit.person is None else visit.person.user.username,
        customer=None if reader is None else Place(reader.customer.id, reader.customer.name),
    )


async def _own_values(engine: Engine, reader: Reader, operation: Operation) -> dict[str, str]:
    """What a reader would look up first: an id that their token opens."""
    names = {parameter.name for parameter in operation.parameters if parameter.place == "path"}
    values: dict[str, str] = {"user_id": reader.user.id} if "user_id" in names else {}
    if "unit_id" in names:
        subject = await engine.directory.subject("user", reader.user.id, reader.customer_id, engine.now(), "production")
        units = [] if subject is None else await seen_units(engine.db, reach_of(subject), most=1)
        if units:
            values["unit_id"] = units[0].id
    return values


async def try_values(engine: Engine, visit: Visit, operation_id: str) -> TryIt | None:
    """For a page that includes templates/portal/try.html, under the name `tryit`; None for an unknown operation."""
    operation = operations().get(operation_id)
    if operation is None:
        return None
    return TryIt(
        operation,
        await token_panel(engine, visit, operation.scopes),
        {} if visit.reader is None else await _own_values(engine, visit.reader, operation),
        partial(in_words, lang=visit.lang),
        engine.settings.base_url,
    )


def tools(lang: Lang) -> list[Leaf]:
    """The tree beside the pages about tokens."""
    words = PORTAL_WORDS[lang]
    found = [Leaf(words["try_tools"], level=0), Leaf(words["frame_token"], "/portal/token")]
    found += [Leaf(words["inspect_title"], "/portal/inspector"), Leaf(words["try_title"], level=0)]
    return found + [
        Leaf(str(in_words(one.summary, lang).striptags()), f"/portal/try/{one.id}") for one in operations().values()
    ]


async def try_page(engine: Engine, visit: Visit) -> Response:
    """GET /portal/try and /portal/try/{operation}"""
    first = next(iter(operations()))
    tryit = await try_values(engine, visit, visit.request.path_params.get("operation", first))
    if tryit is None:
        raise NotFound
    return engine.pages.portal("portal/try_page.html", visit.frame, tryit=tryit, leaves=tools(visit.lang))


async def callback(engine: Engine, request: Request) -> Response:
    """GET /portal/try/callback: the redirect URI of the portal's own authorization requests, opened in a frame or
    window of this server's pages. It does not see the answer, which is in the fragment, for the page that asked."""
    frame = Frame(language(request), CALLBACK, str)
    return engine.pages.portal("portal/callback.html", frame, framed_by="'self'")
