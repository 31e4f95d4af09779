"""The one guard of the management API: a token becomes an application of the operator, in a request and again in the
transaction that changes something (docs/adr/0042-management-api.md).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from msgspec import Struct
from starlette.requests import Request

from hoistway.accounts.erasing import eraser_of
from hoistway.accounts.hand import Hand
from hoistway.api.problems import Problem, bad_request, sent_once
from hoistway.authn.managing import is_manager
from hoistway.endpoints.counting import tell_about
from hoistway.endpoints.judge import judge_application, late_claims, verified_claims
from hoistway.engine import Engine
from hoistway.manage.bulk_place import Place, place_of, take
from hoistway.manage.problems import scope_missing
from hoistway.protocol.bearer import read_bearer
from hoistway.protocol.claims import check_audience
from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.ids import CustomerId, UserId
from hoistway.protocol.jwt import BadToken, UnknownKey
from hoistway.protocol.manage_scopes import MANAGE
from hoistway.store.clients import Client, lock_client
from hoistway.store.customers import lock_customer
from hoistway.store.db import Writer
from hoistway.store.turns import take_turn
from hoistway.web.forms import read_query
from hoistway.web.replies import correlation_id

GONE = "its application is not the operator's daemon with scopes of this API alone"


class Manager(Struct, frozen=True):
    """`admit` makes one, and manage/bulk_running for the lines of a job. `scope` is the one that the operation needs, `scopes` are those
    of the token, `issued_at` is when it was given."""

    client: Client
    scope: str
    issued_at: int
    scopes: str


class Managed(Struct, frozen=True):
    """A transaction in which the application was judged again. `hand` is who acts."""

    engine: Engine
    tx: Writer
    manager: Manager
    hand: Hand
    place: Place | None


class _Undone(Exception):
    """A dry run is over."""


def refuse(cause: str) -> Problem:
    return Problem(
        401,
        "token-refused",
        "Token not accepted",
        f"The access token is not accepted: {cause}. Get a new one by client_credentials and send it as `Bearer`.",
        error="invalid_token",
    )


def _read_token(request: Request) -> str:
    if request.scope["query_string"] and read_query(request).has("access_token"):
        raise bad_request("Tokens never travel in a query: send the Authorization header.", error="invalid_request")
    try:
        token = read_bearer(sent_once(request, b"authorization"))
    except InvalidRequest as error:
        raise bad_request(error.public, error="invalid_request") from error
    if token is None:
        detail = "Send an access token in the Authorization header, as `Bearer` and the token."
        raise Problem(401, "token-missing", "Token missing", detail)
    return token


async def _claims(engine: Engine, token: str, now: int) -> dict[str, Any]:
    try:
        return verified_claims(engine, token, now)
    except UnknownKey:
        return await late_claims(engine, token, now)


async def _judge(engine: Engine, token: str, now: int) -> tuple[Client, dict[str, Any]]:
    """Raises BadToken."""
    claims = await _claims(engine, token, now)
    api = (await engine.directory.apis(now)).by_id.get(MANAGE)
    if api is None:
        raise BadToken("the API is disabled")
    check_audience(claims, api.audience)
    client = await judge_application(engine, claims, now)
    # A token about a person or a technical account names the customer, whatever its scopes say.
    if "customer" in claims or claims.get("sub") != client.id:
        raise BadToken("it was not given to an application by client_credentials for itself")
    if not is_manager(client):
        raise BadToken(GONE)
    return client, claims


async def admit(engine: Engine, request: Request, scope: str) -> Manager:
    """`scope` is the one that the operation needs; the application must still hold it, too. Raises Problem,
    DatabaseUnavailable."""
    token = _read_token(request)
    try:
        client, claims = await _judge(engine, token, engine.now())
    except BadToken as error:
        raise refuse(str(error)) from error
    tell_about(request, None, client.id)
    if scope not in str(claims.get("scope", "")).split() or scope not in client.scopes:
        raise scope_missing(scope)
    return Manager(client, scope, int(claims["iat"]), str(claims["scope"]))


@asynccontextmanager
async def managing(
    engine: Engine, request: Request, manager: Manager, *customers: CustomerId, dry: bool = False
) -> AsyncIterator[Managed]:
    """A transaction for a change. `customers` are those whose things change. A `dry` one is undone at its end. Raises
    Problem where the application may not any more; of a line of a job CarriedOut, JobOver."""
    place = place_of(request)
    try:
        async with engine.db.write() as tx:
            await take_turn(tx)
            for customer_id in sorted(set(customers)):
                await lock_customer(tx, customer_id)
            client = await lock_client(tx, manager.client.id)
            if client is None or client.disabled_at is not None or not is_manager(client):
                raise refuse(GONE)
            ended = client.ended_at is not None and client.ended_at >= manager.issued_at
            if manager.scope not in client.scopes or ended:
                raise refuse("its application has lost the scope, or was disabled since")
            await take(tx, place, engine.now())
            yield Managed(engine, tx, manager, _hand(engine, request, tx, client), place)
            if dry:
                raise _Undone
    except _Undone:
        pass


def _hand(engine: Engine, request: Request, tx: Writer, client: Client) -> Hand:
    eraser = eraser_of(engine.refresh_secret, engine.vault, engine.lockout)

    async def record(event: str, **facts: object) -> None:
        known = {"actor": client.id, "correlation_id": correlation_id(request)}
        await engine.record(tx, event, **(known | facts))

    return Hand(tx, UserId(client.id), engine.settings.four_eyes, engine.now(), record, eraser)
