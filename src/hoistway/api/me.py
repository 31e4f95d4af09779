"""Who the token is about, and the profile of the token's own user."""

from typing import TypedDict

import msgspec
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.bodies import Customer, Me, Profile, User
from hoistway.api.etags import check_unchanged, etag_of
from hoistway.api.guard import Caller, admit
from hoistway.api.paging import conditional
from hoistway.api.problems import bad_request, not_found
from hoistway.api.reading import check_media_type, read_json
from hoistway.engine import Engine
from hoistway.protocol.errors import PayloadTooLarge
from hoistway.protocol.ids import UserId
from hoistway.protocol.text import BadText, read_line
from hoistway.store import users
from hoistway.store.customers import find_customer
from hoistway.store.profiles import change_profile
from hoistway.store.unit_counts import count_units
from hoistway.store.users import find_user, lock_user
from hoistway.web.forms import read_body
from hoistway.web.replies import NO_STORE, Reply, correlation_id, json_reply


class _Personal(TypedDict):
    name: str | None
    username: str | None
    emails: tuple[str, ...] | None
    flags: tuple[str, ...] | None
    employee: bool | None


def _personal(caller: Caller) -> _Personal:
    """What a third party may read about a person depends on its scopes, as in the token itself (OpenID Connect Core
    section 5.4)."""
    subject, scopes = caller.subject, caller.scopes
    everything = not caller.client.is_third_party or subject.kind != "user" or "profile.read" in scopes
    named, reached = everything or "profile" in scopes, everything or "email" in scopes
    return {
        "name": subject.name if named else None,
        "username": subject.username if named else None,
        "emails": subject.emails if reached else None,
        "flags": subject.flags if named else None,
        "employee": subject.is_employee if named else None,
    }


async def me(engine: Engine, request: Request) -> Response:
    """GET /api/v1/me: any token of this API."""
    caller = await admit(engine, request, None)
    subject, claims = caller.subject, caller.claims
    customer = await find_customer(engine.db, subject.customer_id)
    body = Me(
        id=subject.id,
        kind="user" if subject.kind == "user" else "service_account",
        **_personal(caller),
        customer=Customer(id=subject.customer_id, name=None if customer is None else customer.name),
        acting=subject.acting,
        acting_for=subject.customer_id if subject.acting else None,
        unit_count=await count_units(engine.reads, caller.reach),
        scopes=sorted(caller.scopes),
        client_id=claims["client_id"],
        issued_at=claims["iat"],
        expires_at=claims["exp"],
    )
    return json_reply(body, headers=NO_STORE)


async def _own_user(engine: Engine, caller: Caller, user_id: str) -> users.User:
    """Only the token's own user; a technical account is no person and has none."""
    if caller.subject.kind != "user" or caller.subject.id != user_id:
        raise not_found()
    user = await find_user(engine.db, UserId(user_id))
    if user is None:
        raise not_found()
    return user


def _body(user: users.User) -> bytes:
    return msgspec.json.encode(
        User(
            id=user.id,
            username=user.username,
            name=user.name,
            emails=user.emails,
            flags=user.flags,
            locale=user.locale,
        )
    )


async def read_user(engine: Engine, request: Request) -> Response:
    """GET /api/v1/users/{user_id}"""
    caller = await admit(engine, request, "profile.read")
    user = await _own_user(engine, caller, request.path_params["user_id"])
    return conditional(request, _body(user), NO_STORE, compress=False)


def read_profile(body: bytes) -> Profile:
    """Raises Problem."""
    wanted = "a JSON object with name (a text) and locale (en, de or null), one or both, and nothing else"
    profile = read_json(body, Profile, wanted)
    if profile.name is not msgspec.UNSET:
        try:
            profile.name = read_line(profile.name)
        except BadText as error:
            raise bad_request(f"name {error}.") from error
        if not 1 <= len(profile.name) <= 200:
            raise bad_request("name must have 1 to 200 printable characters.")
    return profile


async def update_user(engine: Engine, request: Request) -> Response:
    """PATCH /api/v1/users/{user_id}, a merge patch (RFC 7396)"""
    caller = await admit(engine, request, "profile.write")
    user = await _own_user(engine, caller, request.path_params["user_id"])
    check_media_type(request)
    try:
        body = await read_body(request)
    except PayloadTooLarge as error:
        raise PayloadTooLarge("The body is larger than 64 KiB: send name and locale only.") from error
    profile = read_profile(body)
    changes = {name: value for name, value in msgspec.structs.asdict(profile).items() if value is not msgspec.UNSET}
    async with engine.db.write() as tx:
        row = await lock_user(tx, user.id)
        if row is None or row.disabled_at is not None:
            raise not_found()
        check_unchanged(request, etag_of(_body(row)))
        changed = replace(row, **changes)
        if changes:
            await change_profile(tx, row.id, name=changed.name, locale=changed.locale)
            await engine.record(
                tx,
                "profile.changed",
                actor=user.id,
                client_id=caller.claims["client_id"],
                customer_id=caller.reach.customer_id,
                correlation_id=correlation_id(request),
                changed=sorted(changes),
            )
    answered = _body(changed)
    raw = ((name.encode(), value.encode()) for name, value in {**NO_STORE, "etag": etag_of(answered)}.items())
    return Reply(answered, 200, ((b"content-type", b"application/json"), *raw))
