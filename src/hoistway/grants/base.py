"""What a grant is: a value with two steps, proving and spending (https://www.rfc-editor.org/rfc/rfc6749#section-4)."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from hoistway.authn.client import ProvenClient
from hoistway.authn.directory import Apis
from hoistway.engine import Engine
from hoistway.protocol.addresses import is_within
from hoistway.protocol.dialect import Dialect
from hoistway.protocol.errors import InvalidGrant, InvalidTarget
from hoistway.protocol.ids import CustomerId, FamilyId
from hoistway.protocol.params import Params
from hoistway.protocol.scope import Resolved, is_itself, read_scope, resolve_scope
from hoistway.protocol.subject import Subject

MOST_RESOLVED = 1_000
LONGEST_REMEMBERED = 500
ELSEWHERE = (
    "The technical account may not be used from this address: ask from one of its addresses, or ask an administrator of "
    "the customer to add this one."
)


class Ask(msgspec.Struct, frozen=True):
    """One token request of an authenticated client. It is a Struct, like everything that is made for each token
    request: a frozen dataclass with as many fields takes eight times as long to make."""

    proven: ProvenClient
    params: Params
    dialect: Dialect
    now: int
    address: str
    correlation_id: str
    badly_encoded: bool
    headers: Sequence[tuple[bytes, bytes]] = ()


class Proof(msgspec.Struct, frozen=True):
    """What the request proved; nothing is written yet. Spending sets `generation` and `refresh_until` where a refresh
    token is to be issued; `scope_text` is the scope that the answer names as granted, `amr` what a person's
    sign-in proved. `session_digest` is the session at the authorization endpoint, `session_id` its public id."""

    subject: Subject
    resolved: Resolved
    scope_text: str
    auth_time: int
    interactive: bool = False
    resource: str | None = None
    family_id: FamilyId | None = None
    session_id: str | None = None
    nonce: str | None = None
    generation: int | None = None
    refresh_until: int = 0
    evidence: object = None
    amr: tuple[str, ...] = ()
    session_digest: bytes | None = None


class Grant(Struct, frozen=True):
    """`prove` may be slow and changes nothing that matters; `spend` either commits, once, or raises. It is None where what was proven
    can be used again."""

    name: str
    prove: Callable[[Engine, Ask], Awaitable[Proof]]
    spend: Callable[[Engine, Ask, Proof], Awaitable[Proof]] | None


def resting(flow: str, until: int) -> str:
    """What the client is told during a brown-out."""
    end = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{flow} rests until {end}, because it is about to end: move to code with PKCE or client_credentials."


def asks_for_itself(ask: Ask) -> bool:
    """On B2C-shaped paths `resource` may be the application's own id, with the meaning that the id has as a scope."""
    resources = ask.params.all("resource")
    return ask.dialect.is_b2c and bool(resources) and is_itself(resources[0], ask.proven.client.id)


def asked_resource(ask: Ask) -> str | None:
    """RFC 8707 section 2; a token is for one API. Also None where the application asks for itself. Raises
    InvalidTarget."""
    resources = ask.params.all("resource")
    if len(resources) > 1:
        raise InvalidTarget("One resource a request: ask for a token for each API.", b2c="90146")
    return resources[0] if resources and not asks_for_itself(ask) else None


def check_customer(params: Params, customer_id: CustomerId) -> None:
    """A sign-in for one customer can't give tokens for another. Raises InvalidTarget."""
    wanted = params.get("customer")
    if wanted is not None and wanted != customer_id:
        raise InvalidTarget(
            "This was given for another customer: leave customer out, or begin a new sign-in for it.", b2c="90128"
        )


def check_address(ask: Ask, subject: Subject) -> None:
    """A technical account may be limited to addresses; whoever asks has proven by now that they may hear of it. Raises
    InvalidGrant."""
    if not is_within(ask.address, subject.addresses):
        raise InvalidGrant(ELSEWHERE, log="the technical account may not be used from this address", b2c="90128")


def known_resource(apis: Apis, base_url: str, resource: str | None) -> str | None:
    """The URL in the API's own metadata (RFC 9728) means the Customer API, just as its audience and URI do."""
    if resource is None or resource.rstrip("/") not in {base_url, f"{base_url}/api/v1"}:
        return resource
    api = apis.by_id.get("customer-api")
    return resource if api is None else api.audience


async def resolve(engine: Engine, ask: Ask, text: str | None, resource: str | None) -> Resolved:
    """Resolves the requested scope by the existing APIs and what the application may ask for. Raises InvalidScope."""
    apis = engine.directory.known_apis(ask.now) or await engine.directory.apis(ask.now)
    client = ask.proven.client
    key = (text, resource, client.id, client.scopes)
    found = apis.resolved.get(key)
    if found is None:
        found = resolve_scope(
            read_scope(text),
            apis.scopes,
            client.id,
            frozenset(client.scopes),
            known_resource(apis, engine.settings.base_url, resource),
        )
        if len(apis.resolved) < MOST_RESOLVED and len(text or "") + len(resource or "") < LONGEST_REMEMBERED:
            apis.resolved[key] = found
    return found
