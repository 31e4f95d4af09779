"""Who the token is about, and the profile of the token's own user."""

import codecs
import json
from typing import TypedDict

import msgspec
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.bodies import Customer, Me, Profile, User
from hoistway.api.etags import check_unchanged, etag_of
from hoistway.api.guard import Caller, admit
from hoistway.api.paging import conditional
from hoistway.api.problems import Problem, bad_request, not_found
from hoistway.engine import Engine
from hoistway.protocol.errors import PayloadTooLarge
from hoistway.protocol.ids import UserId
from hoistway.protocol.text import BadText, read_line
from hoistway.store import users
from hoistway.store.customers import find_customer
from hoistway.store.unit_counts import count_units
from hoistway.store.users import change_profile, find_user, lock_user
from hoistway.web.forms import read_body
from hoistway.web.replies import NO_STORE, Reply, correlation_id, json_reply

_UTF_8 = "The body must be JSON in UTF-8 (RFC 8259 section 8.1): save or send it so."
MEDIA_TYPES = ("application/json", "application/merge-patch+json")


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
        kind=subject.kind,
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


def _once(pairs: list[tuple[str, object]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise bad_request("The body names a member twice: name it once (RFC 8259 section 4).")


def read_profile(body: bytes) -> Profile:
    """Raises Problem."""
    try:
        if body.startswith(codecs.BOM_UTF8):
            raise bad_request("The body begins with a byte order mark: leave it out (RFC 8259 section 8.1).")
        body.decode()
    except UnicodeDecodeError as error:
        raise bad_request(_UTF_8) from error
    if b"\x00" in body:
        raise bad_request(_UTF_8)
    try:
        profile = msgspec.json.decode(body, type=Profile)
        json.loads(body, object_pairs_hook=_once)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        detail = "The body must be a JSON object with name (a text) and locale (en, de or null), one or both, and nothing else."
        raise bad_request(detail) from error
    if profile.name is not msgspec.UNSET:
        try:
            profile.name = read_line(profile.name)
        except BadText as error:
            raise bad_request(f"name {error}.") from error
        if not 1 <= len(profile.name) <= 200:
            raise bad_request("name must have 1 to 200 printable characters.")
    return profile


def read_charset(request: Request) -> str | None:
    """The charset that the content type declares, in lower case; None where it declares none (RFC 9110 section 8.3)."""
    for part in request.headers.get("content-type", "").split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return None


def _check_kind(request: Request) -> None:
    """Raises Problem."""
    title = "Unsupported media type"
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in MEDIA_TYPES:
        accepted = {"accept-patch": ", ".join(MEDIA_TYPES)}
        raise Problem(415, "media-type", title, "Send the changes as application/json.", headers=accepted)
    if read_charset(request) not in (None, "utf-8", "utf8"):
        raise Problem(415, "media-type", title, "Send the changes in UTF-8, without charset or as charset=utf-8.")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        # RFC 9110 section 12.5.3.
        accepted = {"accept-encoding": "identity"}
        raise Problem(415, "media-type", title, "Send the changes without Content-Encoding.", headers=accepted)


async def update_user(engine: Engine, request: Request) -> Response:
    """PATCH /api/v1/users/{user_id}, a merge patch (RFC 7396)"""
    caller = await admit(engine, request, "profile.write")
    user = await _own_user(engine, caller, request.path_params["user_id"])
    _check_kind(request)
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
