"""The one guard: a key and a token become a customer and a set of units (https://www.rfc-editor.org/rfc/rfc9068#section-4)."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from starlette.requests import Request

from hoistway.api.limits import spend
from hoistway.api.problems import Problem, bad_request, sent_once
from hoistway.api.subscription import Presented, check_customer, present
from hoistway.endpoints.counting import counts_for, tell_about, tell_subscription
from hoistway.endpoints.judge import Judged, ProvenRefusal, judge_claims, late_claims, verified_claims
from hoistway.engine import Engine
from hoistway.protocol.authentication import lacks
from hoistway.protocol.bearer import read_bearer
from hoistway.protocol.claims import check_audience
from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.ids import ApiId, CustomerId, UserId
from hoistway.protocol.jwt import BadToken, UnknownKey
from hoistway.protocol.sandbox import SANDBOX
from hoistway.protocol.subject import Subject
from hoistway.store.apis import Api
from hoistway.store.clients import Client
from hoistway.store.seen import Reach
from hoistway.web.forms import read_query

CUSTOMER_API = ApiId("customer-api")


class Caller(Struct, frozen=True):
    """Only `admit` makes one."""

    claims: dict[str, Any]
    subject: Subject
    client: Client
    reach: Reach
    presented: Presented

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(str(self.claims.get("scope", "")).split())


def _refuse(cause: str) -> Problem:
    return Problem(
        401,
        "token-refused",
        "Token not accepted",
        f"The access token is not accepted: {cause}. Get a new one and send it as `Bearer`.",
        error="invalid_token",
    )


async def _tell(engine: Engine, request: Request, claims: Mapping[str, Any]) -> None:
    client_id, customer = claims.get("client_id"), claims.get("customer")
    tell_about(request, await counts_for(engine, customer, client_id), client_id)


async def _judge(engine: Engine, request: Request, token: str, now: int) -> Judged:
    try:
        try:
            claims = verified_claims(engine, token, now)
        except UnknownKey:
            claims = await late_claims(engine, token, now)
    except ProvenRefusal as refusal:
        await _tell(engine, request, refusal.claims)
        raise
    await _tell(engine, request, claims)
    api = (await engine.directory.apis(now)).by_id.get(CUSTOMER_API)
    if api is None:
        raise BadToken("the API is disabled")
    check_audience(claims, api.audience)
    if api.acr is not None or api.max_age is not None:
        _check_sign_in(claims, api, now)
    return await judge_claims(engine, claims, now)


def _check_sign_in(claims: Mapping[str, Any], api: Api, now: int) -> None:
    """Raises Problem with the challenge that tells the application what to ask for (RFC 9470 section 3)."""
    lack = lacks(claims, api.acr, api.max_age, now)
    if lack is None:
        return
    sentences = {
        "acr": "The person proved less than this API requires: send them to the authorization endpoint with the acr_values below.",
        "max_age": "The person signed in too long ago: send them to the authorization endpoint with the max_age below.",
    }
    asked = {"acr_values": api.acr, "max_age": None if api.max_age is None else str(api.max_age)}
    raise Problem(
        401, "sign-in-insufficient", "Sign-in not sufficient", sentences[lack], error="insufficient_user_authentication",
        demands={name: value for name, value in asked.items() if value is not None},
    )  # fmt: skip


def _read_token(request: Request) -> str:
    """From the header alone, because queries end up in logs and histories (RFC 6750 section 2.3)."""
    if request.scope["query_string"] and read_query(request).has("access_token"):
        detail = "Tokens never travel in a query: send the Authorization header."
        raise bad_request(detail, error="invalid_request")
    sent = sent_once(request, b"authorization")
    try:
        token = read_bearer(sent)
    except InvalidRequest as error:
        raise bad_request(error.public, error="invalid_request") from error
    if token is None:
        detail = "Send an access token in the Authorization header, as `Bearer` and the token."
        raise Problem(401, "token-missing", "Token missing", detail)
    return token


def reach_of(subject: Subject) -> Reach:
    """The units that a token of this subject opens."""
    return Reach(subject.customer_id, UserId(subject.id) if subject.limited else None)


def _payer(request: Request, subject: Subject) -> CustomerId:
    """The customer whose key and limits apply: in the sandbox the application's owner, so that one key serves both
    environments."""
    owner, _client = request.scope["hoistway.about"]
    return CustomerId(owner) if owner else subject.customer_id


async def admit(engine: Engine, request: Request, scope: str | None, calls: int = 1) -> Caller:
    """Checks key, token, limits and operation, in this order. Raises Problem, InvalidRequest, DatabaseUnavailable.
    `scope` is the one that the operation needs, None where any token of this API will do; `calls` is how many calls it
    counts as."""
    now = engine.now()
    presented = await present(engine, request, CUSTOMER_API, now)
    holder = presented.holder
    if holder is not None:
        tell_subscription(request, holder.subscription_id, holder.customer_id)
        tell_about(request, holder.customer_id, None)
    token = _read_token(request)
    try:
        judged = await _judge(engine, request, token, now)
    except BadToken as error:
        raise _refuse(str(error)) from error
    subject = judged.subject
    payer = _payer(request, subject)
    check_customer(engine, presented, payer)
    if holder is not None:
        engine.keys_used[holder.key_id] = now
    caller = request.scope["hoistway.caller"] = Caller(
        judged.claims, subject, judged.client, reach_of(subject), presented
    )
    await spend(engine, request, presented, payer, calls)
    if scope is not None and subject.customer_id == SANDBOX and not scope.endswith(".read"):
        detail = "An application of the sandbox reads simulated data and changes nothing: ask for production."
        raise Problem(403, "scope-missing", "Not in the sandbox", detail, error="insufficient_scope", scope=scope)
    if scope is not None and scope not in caller.scopes:
        detail = f"The access token lacks the scope {scope}: ask for it when getting the token."
        raise Problem(403, "scope-missing", "Scope missing", detail, error="insufficient_scope", scope=scope)
    return caller
