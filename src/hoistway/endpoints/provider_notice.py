"""A provider tells that somebody signed out there (https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRequest)."""

from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hoistway.endpoints.home import NotFound
from hoistway.engine import Engine
from hoistway.federation.signing_in import living_provider
from hoistway.outbound.failed import Failed
from hoistway.outbound.openid import LOGOUT_TOKEN
from hoistway.protocol.errors import InvalidRequest, TemporarilyUnavailable
from hoistway.protocol.ids import ProviderId
from hoistway.protocol.jwt import BadToken
from hoistway.protocol.logout_token import REMEMBERED, Notice, check_logout_token
from hoistway.protocol.provider_metadata import BadMetadata
from hoistway.store.db import Writer
from hoistway.store.identities import find_identity
from hoistway.store.provider_sessions import end_named_sessions, spend_state
from hoistway.store.providers import Provider
from hoistway.web.forms import read_form
from hoistway.web.replies import client_address, correlation_id

NOBODY: Final = "No provider of a customer tells here: check the address."


async def notice(engine: Engine, request: Request) -> Response:
    """POST /sign-in/provider/{id}/logout: `logout_token`. 200 also where nobody of that name is signed in."""
    now = engine.now()
    _check_rate(engine, client_address(request, engine.settings.trusted_proxies), now)
    token = (await read_form(request)).params.need("logout_token")
    provider = await living_provider(engine, ProviderId(request.path_params["id"]))
    if provider is None:
        raise NotFound(NOBODY)
    said = await _judge(engine, provider, token, now)
    # Counted apart from what strangers send, which must not use up the provider's own.
    _check_rate(engine, provider.id, now)
    async with engine.db.write() as tx:
        await _end(engine, tx, provider, said, correlation_id(request))
    return Response(status_code=200, headers={"cache-control": "no-store"})


def _check_rate(engine: Engine, caller: str, now: int) -> None:
    if not engine.notices.may(caller, now):
        raise TemporarilyUnavailable("Too many notices within a minute: send them again later.", retry_after=60)


async def _judge(engine: Engine, provider: Provider, token: str, now: int) -> Notice:
    """Raises InvalidRequest, TemporarilyUnavailable."""
    try:
        metadata = await engine.providers.metadata(provider.issuer, now, provider.customer_id)
        claims = await engine.providers.verify(metadata, token, now, provider.customer_id, LOGOUT_TOKEN)
        return check_logout_token(claims, provider.issuer, provider.client_id, now)
    except BadToken as error:
        said = f"The logout token is not accepted: {error}."
        raise InvalidRequest(said, log=f"provider {provider.id}: {error}") from None
    except (Failed, BadMetadata) as error:
        log = f"provider {provider.id}: {error}"
        raise TemporarilyUnavailable(
            "The keys of the provider can't be read now: send the notice again.", log=log, retry_after=60
        ) from None


async def _end(engine: Engine, tx: Writer, provider: Provider, said: Notice, number: str) -> None:
    """Raises InvalidRequest for a token that came before."""
    spent = sha256(f"logout\x00{provider.id}\x00{said.token_id}".encode()).digest()
    if not await spend_state(tx, spent, engine.now() + REMEMBERED):
        raise InvalidRequest("The logout token came before (jti).", log=f"provider {provider.id}: replayed")
    who = None if said.subject is None else await find_identity(tx, provider.id, said.subject)
    if said.subject is not None and who is None:
        return
    ended = await end_named_sessions(tx, provider.id, said.sid, None if who is None else who.user_id)
    if ended:
        await engine.record(
            tx, "provider.signed_out", actor=None if who is None else who.user_id, customer_id=provider.customer_id,
            correlation_id=number, id=provider.id, sessions=ended,
        )  # fmt: skip
