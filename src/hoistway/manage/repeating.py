"""Creations that a program may send again: with the same Idempotency-Key the same request is carried out once, and answered
alike for a day (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
"""

import re
from hashlib import sha256
from typing import Final

import msgspec
from msgspec import Struct
from starlette.requests import Request

from hoistway.api.problems import Problem, bad_request, sent_once
from hoistway.manage.bulk_place import keep
from hoistway.manage.guard import Managed
from hoistway.store.idempotency_keys import (
    KEPT,
    MOST,
    MOST_OF_ONE,
    AnsweredKey,
    count_answered_keys,
    find_answered_key,
    put_answered_key,
)
from hoistway.web.sealed import BadSeal, open_answer, seal_answer

HEADER: Final = b"idempotency-key"
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")
RETRY: Final = 3600


class Answer(Struct, frozen=True):
    """As it is sent; secrets that are shown once are in it, so it is stored sealed."""

    status: int
    body: bytes
    headers: dict[str, str]


class Attempt(Struct, frozen=True):
    """A creation with a key. `request` is a digest of what is asked."""

    key: bytes
    request: bytes


def read_attempt(request: Request, body: bytes) -> Attempt | None:
    """None without a key. Raises Problem."""
    key = sent_once(request, HEADER)
    if key is None:
        return None
    if _KEY.fullmatch(key) is None:
        raise bad_request("Idempotency-Key must be 1 to 200 visible ASCII characters, for example a UUID.")
    query: bytes = request.scope["query_string"]
    asked = f"{request.method} {request.scope['path']}\n".encode() + (b"?" + query + b"\n" if query else b"") + body
    return Attempt(sha256(key.encode()).digest(), sha256(asked).digest())


def _about(managed: Managed, attempt: Attempt) -> bytes:
    """What the sealed answer is bound to: nobody else's, and of no other key."""
    return b"\x00".join((managed.manager.client.id.encode(), attempt.key))


async def find_answer(managed: Managed, attempt: Attempt | None) -> Answer | None:
    """What the same request was answered before, in the transaction in which it would be carried out: of two at once one
    waits for the other. Raises Problem where the key belongs to another request, or there is no room for it."""
    if attempt is None:
        return None
    since = managed.hand.now - KEPT
    found = await find_answered_key(managed.tx, managed.manager.client.id, attempt.key, since)
    if found is None:
        await _check_room(managed, since)
        return None
    if found.request_digest != attempt.request:
        detail = "This Idempotency-Key was sent before, with another request: choose a new key for each creation."
        raise Problem(422, "key-reused", "Key used before", detail)
    try:
        opened = open_answer(managed.engine.cookie_secret, _about(managed, attempt), found.answer)
    except BadSeal as error:
        detail = "This was carried out before, and its answer can't be read any more: look for what it made."
        raise Problem(409, "refused", "Refused", detail) from error
    return msgspec.json.decode(opened, type=Answer)


async def _check_room(managed: Managed, since: int) -> None:
    own = await count_answered_keys(managed.tx, since, managed.manager.client.id)
    if own < MOST_OF_ONE and await count_answered_keys(managed.tx, since) < MOST:
        return
    detail = "So many creations with an Idempotency-Key are kept for a day that there is no room: leave the key out, or try again later."
    raise Problem(429, "too-many-keys", "Too many keys", detail, headers={"retry-after": str(RETRY)})


async def keep_answer(managed: Managed, attempt: Attempt | None, answer: Answer) -> None:
    """In the transaction that made what it is about; for a line of a job, too, without a key."""
    if managed.place is not None:
        await keep(managed.tx, managed.engine, managed.place, answer.status, answer.body)
    if attempt is None:
        return
    about, plain = _about(managed, attempt), msgspec.json.encode(answer)
    sealed = seal_answer(managed.engine.cookie_secret, about, plain)
    row = AnsweredKey(managed.manager.client.id, attempt.key, attempt.request, sealed, managed.hand.now)
    await put_answered_key(managed.tx, row)
