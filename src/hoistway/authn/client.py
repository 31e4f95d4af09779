"""Authenticates the application that sends a request (https://www.rfc-editor.org/rfc/rfc6749#section-2.3)."""

from hashlib import sha256
from hmac import compare_digest

import msgspec

from hoistway.authn.directory import Directory, KnownClient
from hoistway.protocol.client_auth import Presented, read_client
from hoistway.protocol.errors import InvalidClient
from hoistway.protocol.ids import ClientId
from hoistway.protocol.params import Params
from hoistway.store.clients import Client


class ProvenClient(msgspec.Struct, frozen=True):
    """Only `authenticate` makes one. `secret_id` is None for a public client, which proves nothing."""

    client: Client
    secret_id: str | None


def secret_digest(secret: str) -> bytes:
    """Secrets are generated with 256 bits, so a plain hash is enough."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _refuse(
    presented: Presented, public: str | None = None, *, log: str, b2c: str, known: Client | None = None
) -> InvalidClient:
    refusal = InvalidClient(public, log=log, b2c=b2c)
    refusal.concerns = None if known is None else (known.customer_id, known.id)
    refusal.challenge = presented.method == "client_secret_basic"
    return refusal


def _match_secret(known: KnownClient, presented: Presented, now: int) -> str:
    digest = secret_digest(presented.secret or "")
    found = None
    for secret in known.secrets:
        if compare_digest(secret.secret_digest, digest) and (secret.expires_at is None or secret.expires_at > now):
            found = secret.id
    if found is None:
        raise _refuse(presented, log="wrong or expired secret", b2c="90081", known=known.client)
    return found


async def authenticate(directory: Directory, authorization: str | None, params: Params, now: int) -> ProvenClient:
    """Confidential applications authenticate with a secret, public ones only send their id. Raises InvalidClient,
    InvalidRequest."""
    presented = read_client(authorization, params)
    client_id = ClientId(presented.client_id)
    known = directory.known_client(client_id, now) or await directory.client(client_id, now)
    if known is None:
        raise _refuse(
            presented,
            "No application has this client_id: check it for a typing error.",
            log="unknown client",
            b2c="90018",
        )
    if known.client.disabled_at is not None:
        text = "This application is disabled: ask the operator."
        raise _refuse(presented, text, log="client disabled", b2c="90092", known=known.client)
    if presented.secret is not None:
        if not known.client.is_confidential_type:
            text = "This application is public and has no secret: send the client_id alone."
            raise _refuse(presented, text, log="public client sent a secret", b2c="90084", known=known.client)
        return ProvenClient(known.client, _match_secret(known, presented, now))
    if known.client.is_confidential_type:
        text = "This application must authenticate: send client_secret in the body or as HTTP Basic."
        raise _refuse(presented, text, log="secret missing", b2c="90079", known=known.client)
    return ProvenClient(known.client, None)
