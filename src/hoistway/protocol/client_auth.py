"""Reads how a client says who it is: HTTP Basic, secret in the body, or client_id alone.

https://www.rfc-editor.org/rfc/rfc6749#section-2.3
"""

import re
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote_plus

from hoistway.protocol.errors import InvalidClient, InvalidRequest
from hoistway.protocol.params import Params

Method = Literal["none", "client_secret_basic", "client_secret_post"]
_CLIENT_ID = re.compile(r"[\x20-\x7e]{1,256}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Presented:
    """What was sent; nothing is proven yet."""

    client_id: str
    secret: str | None = field(repr=False)
    method: Method


def read_client(authorization: str | None, params: Params) -> Presented:
    """RFC 6749 §2.3 and §3.2.1. Raises InvalidRequest where two ways are mixed, InvalidClient where there is none or a
    malformed one; its `challenge` is True where the header was used (§5.2)."""
    named, secret = params.get("client_id"), params.get("client_secret")
    if params.get("client_assertion") is not None:
        raise InvalidClient("Client assertions are not supported: send client_id and client_secret instead.")
    if authorization is not None:
        client_id, basic_secret = _read_basic(authorization)
        if secret is not None:
            raise InvalidRequest("The client sent its secret in the header and in the body: send it once.")
        if named is not None and named != client_id:
            raise InvalidRequest(
                "The client_id in the body is not the one in the Authorization header: leave one out.", b2c="90279"
            )
        return Presented(client_id, basic_secret or None, "client_secret_basic" if basic_secret else "none")
    if named is None:
        raise InvalidClient("The client_id is missing: send it in the body or in the Authorization header.", b2c="90008")
    if not _CLIENT_ID.fullmatch(named):
        raise InvalidClient(log="client_id with a foreign character or too long", b2c="90018")
    return Presented(named, secret, "none" if secret is None else "client_secret_post")


def _read_basic(authorization: str) -> tuple[str, str]:
    """RFC 6749 §2.3.1: both halves are form-encoded before they are joined."""
    scheme, _, encoded = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        raise _challenged("This endpoint takes the Authorization scheme Basic only: send client_id and secret with it.")
    try:
        pair = b64decode(encoded.strip(), validate=True).decode("utf-8")
        raw_id, colon, raw_secret = pair.partition(":")
        client_id, secret = (unquote_plus(raw_id, errors="strict"), unquote_plus(raw_secret, errors="strict"))
    except ValueError as error:
        raise _challenged("The Authorization header is malformed: send Basic and base64 of client_id:secret.") from error
    if not colon or not _CLIENT_ID.fullmatch(client_id) or _CONTROL.search(secret):
        raise _challenged("The Authorization header is malformed: send Basic and base64 of client_id:secret.")
    return client_id, secret


def _challenged(public: str) -> InvalidClient:
    error = InvalidClient(public)
    error.challenge = True
    return error
