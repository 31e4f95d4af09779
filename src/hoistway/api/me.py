"""Who the token is, and the token's own user."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.guard import Caller, admit
from hoistway.api.problems import Problem, bad_request, not_found
from hoistway.engine import Engine
from hoistway.protocol.ids import UserId
from hoistway.store.customers import find_customer
from hoistway.store.unit_access import count_units
from hoistway.store.users import User, change_profile, find_user
from hoistway.web.forms import read_body
from hoistway.web.replies import NO_STORE, correlation_id, json_reply


class Profile(msgspec.Struct, forbid_unknown_fields=True):
    """What a person may change of themselves; what is left out stays."""

    name: str | None = None
    locale: str | None = None


async def me(engine: Engine, request: Request) -> Response:
    """GET /api/v1/me: any token of this API."""
    caller = await admit(engine, request, None)
    subject, claims = caller.subject, caller.claims
    customer = await find_customer(engine.db, subject.customer_id)
    body = {
        "id": subject.id,
        "kind": subject.kind,
        "name": subject.name,
        "username": subject.username,
        "emails": subject.emails,
        "flags": subject.flags,
        "employee": subject.is_employee,
        "customer": {"id": subject.customer_id, "name": None if customer is None else customer.name},
        "acting": subject.acting,
        "unit_count": await count_units(engine.db, caller.reach),
        "scopes": sorted(caller.scopes),
        "client_id": claims["client_id"],
        "issued_at": claims["iat"],
        "expires_at": claims["exp"],
    }
    return json_reply(body, headers=NO_STORE)


async def _own_user(engine: Engine, caller: Caller, user_id: str) -> User:
    """Only the token's own; a technical account is no person and sees none."""
    if caller.subject.kind != "user" or caller.subject.id != user_id:
        raise not_found()
    user = await find_user(engine.db, UserId(user_id))
    if user is None:
        raise not_found()
    return user


def _body(user: User) -> Response:
    return json_reply(
        {
            "id": user.id,
            "username": user.username,
            "name": user.name,
            "emails": user.emails,
            "flags": user.flags,
            "locale": user.locale,
        },
        headers=NO_STORE,
    )


async def read_user(engine: Engine, request: Request) -> Response:
    """GET /api/v1/users/{user_id}"""
    caller = await admit(engine, request, "profile.read")
    return _body(await _own_user(engine, caller, request.path_params["user_id"]))


async def _read_profile(request: Request) -> Profile:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in {"application/json", "application/merge-patch+json"}:
        raise Problem(415, "Unsupported media type", "Send the changes as application/json.")
    try:
        profile = msgspec.json.decode(await read_body(request), type=Profile)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise bad_request("The body must be a JSON object with name and locale, both texts, and nothing else.") from error
    if profile.name is not None and not (1 <= len(profile.name.strip()) <= 200 and profile.name.isprintable()):
        raise bad_request("name must have 1 to 200 printable characters.")
    if profile.locale not in {None, "en", "de"}:
        raise bad_request("locale must be en or de.")
    return profile


async def update_user(engine: Engine, request: Request) -> Response:
    """PATCH /api/v1/users/{user_id}"""
    caller = await admit(engine, request, "profile.write")
    user = await _own_user(engine, caller, request.path_params["user_id"])
    profile = await _read_profile(request)
    async with engine.db.write() as tx:
        await change_profile(tx, user.id, name=profile.name, locale=profile.locale)
        await engine.record(tx, "profile.changed", actor=user.id, correlation_id=correlation_id(request))
    return _body(await _own_user(engine, caller, user.id))
