"""The request that takes a person to a provider (OpenID Connect Core section 3.1.2.1)."""

import os
from hashlib import sha256
from urllib.parse import urlencode

from msgspec import Struct

from hoistway.engine import Engine
from hoistway.federation.refusing import Cause, NotSignedIn
from hoistway.outbound.failed import Failed
from hoistway.protocol.ids import ProviderId
from hoistway.protocol.jwt import b64url
from hoistway.protocol.provider_metadata import BadMetadata, Metadata
from hoistway.store.providers import Provider
from hoistway.web.sealed import browser_digest, seal
from hoistway.web.tickets import AtProvider, Ticket

SCOPE = "openid email profile"


class Wish(Struct, frozen=True):
    """What the person was about to do: an application's request, or a page of ours. `links` is the public id of the session of
    whoever only links the provider's person to their account."""

    ticket: Ticket | None
    back: str
    login_hint: str | None = None
    prompt: str | None = None
    max_age: int | None = None
    links: str | None = None


def callback_of(engine: Engine, provider_id: ProviderId) -> str:
    """An address for each provider, so that what one sends can't be taken for another's answer (RFC 9700 section
    4.4.2.2)."""
    return f"{engine.settings.base_url}/sign-in/provider/{provider_id}/callback"


async def describe(engine: Engine, provider: Provider) -> Metadata:
    """Raises NotSignedIn."""
    try:
        return await engine.providers.metadata(provider.issuer, engine.now(), provider.customer_id)
    except Failed as error:
        cause: Cause = "busy" if error.reason == "busy" else "away"
        raise NotSignedIn(cause, f"its description can't be read: {error}") from None
    except BadMetadata as error:
        raise NotSignedIn("wrong", str(error)) from None


async def lead_to(engine: Engine, provider: Provider, browser: str, wish: Wish) -> str:
    """The address to send the browser to. Nothing is written: what belongs to the request travels sealed as `state`,
    bound to this browser. Raises NotSignedIn."""
    metadata = await describe(engine, provider)
    verifier, nonce = b64url(os.urandom(32)), b64url(os.urandom(16))
    state = AtProvider(
        browser=browser_digest(browser),
        made_at=engine.now(),
        provider_id=provider.id,
        issuer=provider.issuer,
        verifier=verifier,
        nonce=nonce,
        ticket=wish.ticket,
        back=wish.back,
        max_age=wish.max_age,
        session=wish.links,
    )
    params = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": callback_of(engine, provider.id),
        "scope": SCOPE,
        "state": seal(engine.cookie_secret, state),
        "nonce": nonce,
        "code_challenge": b64url(sha256(verifier.encode("ascii")).digest()),
        "code_challenge_method": "S256",
        "login_hint": wish.login_hint,
        "prompt": wish.prompt,
        "max_age": None if wish.max_age is None else str(wish.max_age),
    }
    query = urlencode({name: value for name, value in params.items() if value is not None})
    join = "&" if "?" in metadata.authorization_endpoint else "?"
    return f"{metadata.authorization_endpoint}{join}{query}"
