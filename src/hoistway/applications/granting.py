"""Makes an application from a request that was granted: its flows decide what it may do, and legacy flows get an end."""

import uuid

from msgspec import Struct

from hoistway.authn.passwords import generate_password
from hoistway.engine import Engine
from hoistway.protocol.flows import IMPLICIT
from hoistway.protocol.ids import ApiId, ClientId, CustomerId, ServiceAccountId
from hoistway.protocol.redirect_uri import origin_of
from hoistway.protocol.sandbox import SANDBOX
from hoistway.protocol.text import username_key
from hoistway.store.apis import find_api
from hoistway.store.clients import Client, ExceptionKind, LegacyException, add_client
from hoistway.store.db import Writer
from hoistway.store.requests import Request
from hoistway.store.service_accounts import ServiceAccount, add_service_account

PERSONAL = ("openid", "profile", "email", "offline_access")
CUSTOMER_API = ApiId("customer-api")
CUSTOMER_SCOPES = {
    "units.read": "See your lifts and escalators",
    "profile.read": "See your profile",
    "profile.write": "Change your profile",
}
"""Of the Customer API, and what the consent page says of each."""
DAY = 86_400
SANDBOX_LEGACY = 30 * DAY


class Prepared(Struct, frozen=True):
    """The slow parts of a grant, made before its transaction."""

    client_id: ClientId
    password_digest: str


async def prepare(engine: Engine) -> Prepared:
    """Nobody knows the password: the account is reached through the application's own secret only."""
    return Prepared(ClientId(str(uuid.uuid4())), await engine.passwords.hash(generate_password()))


def origins_of(client: Client) -> frozenset[str]:
    """The origins whose pages may read this server's answers for the application."""
    return frozenset(origin for uri in client.redirect_uris if (origin := origin_of(uri)) is not None)


def _grants(request: Request) -> tuple[str, ...]:
    grants = {
        "code": ("authorization_code", "refresh_token"),
        "client_credentials": ("client_credentials",),
        "implicit": ("implicit",),
        "password": ("password", "refresh_token"),
    }
    return tuple(dict.fromkeys(grant for flow in request.flows for grant in grants[flow]))


def _exceptions(request: Request, until: int | None, granted_by: str, now: int) -> tuple[LegacyException, ...]:
    """None where no end was set: a legacy flow is never given without one."""
    if until is None:
        return ()
    kinds: tuple[ExceptionKind, ...] = ("implicit", "password")
    return tuple(
        LegacyException(kind, request.reason, until, granted_by, now) for kind in kinds if kind in request.flows
    )


def application_of(
    request: Request, api_scopes: tuple[str, ...], *, client_id: ClientId, until: int | None, granted_by: str, now: int,
    account: ServiceAccountId | None,
) -> Client:  # fmt: skip
    """The application that was asked for. In the sandbox it may only read."""
    is_sandbox = request.environment == "sandbox"
    scopes = tuple(scope for scope in api_scopes if scope.endswith(".read") or not is_sandbox)
    personal = PERSONAL if request.type != "daemon" else ("offline_access",) if "password" in request.flows else ()
    responses = (*(("code",) if "code" in request.flows else ()), *(IMPLICIT if "implicit" in request.flows else ()))
    return Client(
        client_id, request.name, request.type, request.redirect_uris,
        grants=_grants(request), response_types=responses, scopes=(*personal, *scopes),
        exceptions=_exceptions(request, until, granted_by, now), consent="asked", customer_id=request.customer_id,
        service_account_id=account, created_at=now, environment=request.environment,
    )  # fmt: skip


def account_prefix(client_id: ClientId) -> str:
    """The beginning of the user name of an account that was made together with this application."""
    return f"app-{client_id}-"


async def add_account(
    tx: Writer, client_id: ClientId, name: str, customer_id: CustomerId, password_digest: str, now: int
) -> ServiceAccountId:
    """The technical account through which a daemon sees the customer's units."""
    account_id = ServiceAccountId(str(uuid.uuid4()))
    username = f"{account_prefix(client_id)}{account_id[:8]}"
    await add_service_account(
        tx, ServiceAccount(account_id, username, username_key(username), name, customer_id, password_digest, now, now)
    )
    return account_id


async def grant_application(
    tx: Writer, request: Request, prepared: Prepared, *, until: int | None, granted_by: str, now: int
) -> Client:
    """Writes the application and, for a daemon that names none, its technical account. The caller has locked the one it names."""
    account = request.service_account_id
    if request.type == "daemon" and account is None:
        seen = SANDBOX if request.environment == "sandbox" else request.customer_id
        account = await add_account(tx, prepared.client_id, request.name, seen, prepared.password_digest, now)
    api = await find_api(tx, CUSTOMER_API)
    client = application_of(
        request, () if api is None else tuple(scope.name for scope in api.scopes), client_id=prepared.client_id,
        until=until, granted_by=granted_by, now=now, account=account,
    )  # fmt: skip
    await add_client(tx, client, origins_of(client))
    return client
