"""One authorization request on its way through the hosted pages, and the two phases of its errors (OpenID Connect Core 3.1.2)."""

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.endpoints.leaving import must_ask, shown_place
from hoistway.endpoints.page_refusals import language
from hoistway.engine import Engine
from hoistway.protocol.authorize_params import AuthorizeAsk, Mode, read_authorize, redirect_location, safe_mode
from hoistway.protocol.dialect import Dialect, error_code, error_description
from hoistway.protocol.errors import AccessDenied, InvalidClient, InvalidRequest, OAuthError
from hoistway.protocol.ids import ClientId
from hoistway.protocol.params import Params
from hoistway.protocol.redirect_uri import matches, origin_of
from hoistway.store.clients import Client
from hoistway.web.pages import FormPost, Leaving
from hoistway.web.refusals import log_refusal
from hoistway.web.replies import correlation_id, timestamp
from hoistway.web.tickets import Ticket


class Destination(Struct, frozen=True):
    """Proves that this client registered this redirect URI, so errors may be sent there."""

    client: Client
    redirect_uri: str
    mode: Mode
    state: str | None
    silent: bool


class Flow(Struct, frozen=True):
    ask: AuthorizeAsk
    destination: Destination
    dialect: Dialect
    ticket: Ticket

    @property
    def expected_name(self) -> str:
        """The user name that the application expects, "" where it does not say."""
        hint = self.ticket.hint
        return self.ask.login_hint or (None if hint is None else hint.username) or ""

    def with_ticket(self, **changes: object) -> "Flow":
        values = {name: getattr(self.ticket, name) for name in self.ticket.__struct_fields__}
        return replace(self, ticket=Ticket(**{**values, **changes}))


async def find_destination(engine: Engine, params: Params) -> Destination:
    """The first phase. Its errors are shown on a page, because nothing may be redirected before the destination is
    proven."""
    client_id = params.get("client_id")
    if client_id is None:
        raise InvalidRequest("client_id is missing: the application must send its id.", b2c="90008")
    known = await engine.directory.client(ClientId(client_id), engine.now())
    if known is None:
        raise InvalidClient(
            "No application has this client_id: check it for a typing error.", log="unknown client", b2c="90018"
        )
    client = known.client
    if client.disabled_at is not None:
        raise InvalidClient("This application is disabled: ask its owner.", log="client disabled", b2c="90092")
    if not client.redirect_uris:
        raise InvalidRequest("This application has no redirect URI: its owner must register one.", b2c="90007")
    asked = params.get("redirect_uri")
    if asked is None and (len(client.redirect_uris) > 1 or "openid" in (params.get("scope") or "").split()):
        raise InvalidRequest("redirect_uri is missing: send one of those registered.", b2c="90006")
    redirect_uri = asked or client.redirect_uris[0]
    if not matches(client.redirect_uris, redirect_uri, native=client.is_native):
        raise InvalidRequest(
            "redirect_uri is not registered for this application: it must match letter for letter.",
            log="redirect URI unknown",
            b2c="90006",
        )
    state = params.get("state")
    silent = params.get("prompt") == "none"
    mode = safe_mode(params)
    if mode == "form_post" and origin_of(redirect_uri) is None:
        mode = "query"
    return Destination(client, redirect_uri, mode, None if state and len(state) > 4096 else state, silent)


def read_flow(destination: Destination, dialect: Dialect, ticket: Ticket, params: Params) -> Flow:
    """The second phase. Its errors are redirected."""
    return Flow(read_authorize(params, destination.redirect_uri), destination, dialect, ticket)


def deliver(
    engine: Engine, request: Request, destination: Destination, dialect: Dialect, answer: dict[str, str],
    *, asks: bool = False,
) -> Response:  # fmt: skip
    """Sends the answer to the application, with `state` and `iss` (RFC 9207). A dated exception leaves `iss` out, for
    clients that refuse members they don't know. With `asks`, the person is asked first."""
    if destination.client.allowed("no_iss", engine.now()) is None:
        answer = {**answer, "iss": dialect.issuer}
    if destination.state is not None:
        answer["state"] = destination.state
    if asks:
        return _ask(engine, request, destination, answer)
    if destination.mode == "form_post":
        framed_by = origin_of(destination.redirect_uri) if destination.silent else None
        lang = language(request)
        return engine.pages.form_post(FormPost(destination.redirect_uri, tuple(answer.items()), lang, framed_by))
    location = redirect_location(destination.redirect_uri, destination.mode, answer)
    # 303, so that a browser never sends a form with a password on to the application (RFC 9700 section 4.12).
    return RedirectResponse(location, 303, {"cache-control": "no-store", "referrer-policy": "no-referrer"})


def _ask(engine: Engine, request: Request, destination: Destination, answer: dict[str, str]) -> Response:
    uri, fields = destination.redirect_uri, tuple(answer.items())
    if destination.mode != "form_post":
        uri, fields = redirect_location(uri, destination.mode, answer), ()
    client = destination.client
    return engine.pages.leaving(Leaving(uri, language(request), client.name, shown_place(uri), fields))


def deliver_error(
    engine: Engine, request: Request, destination: Destination, dialect: Dialect, error: OAuthError
) -> Response:
    """Asks the person first, because anybody can cause an error with a link. No question is needed after cancelling,
    since the page named the destination, or after a consent."""
    log_refusal(correlation_id(request), request.url.path, error)
    text = error_description(dialect, error, correlation_id=correlation_id(request), at=timestamp(engine.now()))
    answer = {"error": error_code(dialect, error), "error_description": text}
    asks = not isinstance(error, AccessDenied) and must_ask(request, destination.client, destination.redirect_uri)
    return deliver(engine, request, destination, dialect, answer, asks=asks)
