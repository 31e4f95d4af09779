"""How a client says who it is at the token endpoint (https://www.rfc-editor.org/rfc/rfc6749#section-2.3)."""

import base64
import binascii
from typing import Literal
from urllib.parse import unquote_plus

import msgspec

from hoistway.protocol.errors import InvalidClient, InvalidRequest
from hoistway.protocol.params import Params

Method = Literal["none", "client_secret_basic", "client_secret_post"]
METHODS: tuple[Method, ...] = ("none", "client_secret_basic", "client_secret_post")


class Presented(msgspec.Struct, frozen=True):
    """What was sent; nothing is proven yet. An empty secret counts as none (RFC 6749 section 2.3.1)."""

    client_id: str
    secret: str | None
    method: Method


def _challenged(public: str | None = None) -> InvalidClient:
    refusal = InvalidClient(public)
    refusal.challenge = True
    return refusal


def _read_basic(value: str) -> tuple[str, str]:
    try:
        name, colon, secret = base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")
        client_id, password = unquote_plus(name, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError) as error:
        raise _challenged("The Basic header is malformed: send base64 of client_id:client_secret.") from error
    if not colon or not client_id or "\x00" in client_id + password:
        raise _challenged("The Basic header is malformed: send base64 of client_id:client_secret.")
    return client_id, password


def read_client(authorization: str | None, params: Params) -> Presented:
    """A request may use one method only (RFC 6749 section 2.3). Raises InvalidRequest, InvalidClient."""
    body_id, body_secret = params.get("client_id"), params.get("client_secret")
    scheme, _, value = (authorization or "").partition(" ")
    if scheme.lower() == "basic":
        client_id, secret = _read_basic(value)
        if body_secret is not None and secret:
            raise InvalidRequest("The secret was sent in the header and in the body: use one of the two.")
        if body_id is not None and body_id != client_id:
            raise InvalidRequest("client_id in the body differs from the one in the header: send the same.")
        return Presented(client_id, secret or body_secret, "client_secret_basic")
    if body_id is None:
        raise InvalidClient("client_id is missing: send the application's id.", b2c="90008")
    if body_secret is not None:
        return Presented(body_id, body_secret, "client_secret_post")
    return Presented(body_id, None, "none")
