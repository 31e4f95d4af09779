"""Redeems a provider's code and judges what comes back (OpenID Connect Core section 3.1.3)."""

import os
import re
from base64 import b64encode
from typing import Any, ClassVar, Final
from urllib.parse import quote_plus, urlencode

from hoistway.discreet import Discreet
from hoistway.engine import Engine
from hoistway.federation.asking import callback_of, describe
from hoistway.federation.refusing import NotSignedIn
from hoistway.outbound.documents import read_object
from hoistway.outbound.failed import Failed
from hoistway.outbound.reading import Answer
from hoistway.protocol.authentication import joined
from hoistway.protocol.ids import KeyId
from hoistway.protocol.jwt import BadToken, SigningKey, b64url, load_private, sign
from hoistway.protocol.provider_metadata import Metadata
from hoistway.protocol.provider_token import AskedFor, check_provider_token, texts_of
from hoistway.protocol.text import is_plain
from hoistway.store.providers import Provider
from hoistway.web.tickets import AtProvider

ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFETIME: Final = 60
KEY_ID: Final = "hoistway"
_BEARER = re.compile(r"[A-Za-z0-9\-._~+/]{1,16000}=*")
_FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}


class Answered(Discreet, frozen=True):
    """What a provider said of a person, all of it proven to be for us and for this request."""

    hidden: ClassVar[frozenset[str]] = frozenset({"claims", "id_token"})
    subject: str
    claims: dict[str, Any]
    id_token: str

    @property
    def amr(self) -> tuple[str, ...]:
        """How the person proved who they are, as far as the provider says so in words that we use, too. A key there need
        not be a passkey (RFC 8176 section 2), so it is not passed on as one that resists phishing."""
        return joined(set(texts_of(self.claims, "amr")) - {"hwk", "swk"})

    @property
    def sid(self) -> str | None:
        value = self.claims.get("sid")
        return value if isinstance(value, str) and len(value) <= 255 and is_plain(value) else None


async def redeem(engine: Engine, provider: Provider, state: AtProvider, code: str) -> Answered:
    """Raises NotSignedIn."""
    metadata = await describe(engine, provider)
    try:
        tokens = await _exchange(engine, provider, metadata, state, code)
        id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str):
            raise NotSignedIn("wrong", "its answer to the code holds no ID token")
        token = access_token if isinstance(access_token, str) and _BEARER.fullmatch(access_token) else None
        claims = await engine.providers.verify(metadata, id_token, engine.now(), provider.customer_id)
        expected = AskedFor(provider.issuer, provider.client_id, state.nonce, token, state.max_age, engine.now())
        subject = check_provider_token(claims, expected)
        if token is not None and _lacks(provider, claims) and metadata.userinfo_endpoint is not None:
            claims = _beside(await _userinfo(engine, provider, metadata.userinfo_endpoint, token, subject), claims)
    except BadToken as error:
        raise NotSignedIn("wrong", f"its ID token is not accepted: {error}") from None
    except Failed as error:
        raise NotSignedIn("busy" if error.reason == "busy" else "away", f"it can't be asked: {error}") from None
    return Answered(subject, claims, id_token)


def _lacks(provider: Provider, claims: dict[str, Any]) -> bool:
    wanted = {"email", provider.role_claim or "email"}
    return not wanted <= claims.keys()


def _beside(userinfo: dict[str, Any], claims: dict[str, Any]) -> dict[str, Any]:
    """The ID token counts first; whether an address is verified is taken from where the address is."""
    if "email" not in claims:
        claims = {name: value for name, value in claims.items() if name != "email_verified"}
    else:
        userinfo = {name: value for name, value in userinfo.items() if name != "email_verified"}
    return {**userinfo, **claims}


async def _exchange(
    engine: Engine, provider: Provider, metadata: Metadata, state: AtProvider, code: str
) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback_of(engine, provider.id),
        "code_verifier": state.verifier,
    }
    headers = dict(_FORM)
    secret = engine.vault.open(provider.id, provider.sealed)
    if provider.auth == "private_key_jwt":
        form |= {"client_id": provider.client_id, "client_assertion_type": ASSERTION}
        form["client_assertion"] = assertion(provider, secret, metadata.token_endpoint, engine.now())
    elif provider.auth == "client_secret_post":
        form |= {"client_id": provider.client_id, "client_secret": secret.decode()}
    else:
        # RFC 6749 section 2.3.1: both are form-encoded first.
        pair = f"{quote_plus(provider.client_id)}:{quote_plus(secret.decode())}"
        headers["authorization"] = f"Basic {b64encode(pair.encode('ascii')).decode('ascii')}"
    body = urlencode(form).encode("ascii")
    endpoint, whose = metadata.token_endpoint, provider.customer_id
    answer = await engine.outbound.fetch(endpoint, whose=whose, method="POST", headers=headers, body=body)
    return _read(answer, "the code")


def _read(answer: Answer, what: str) -> dict[str, Any]:
    """Raises NotSignedIn, Failed."""
    if answer.status >= 500:
        raise Failed("status", f"it answers {answer.status} to {what}", status=answer.status)
    try:
        said = read_object(answer.body)
    except Failed as failed:
        kind = answer.headers.get("content-type", "no Content-Type")[:60]
        raise NotSignedIn("wrong", f"it answers {answer.status} to {what} with {kind}: {failed}") from None
    if answer.status != 200:
        error = said.get("error")
        named = error if isinstance(error, str) and error.isascii() and len(error) <= 60 else "no error code"
        raise NotSignedIn("wrong", f"it answers {answer.status} to {what}: {named}")
    return said


async def _userinfo(engine: Engine, provider: Provider, url: str, token: str, subject: str) -> dict[str, Any]:
    """OpenID Connect Core section 5.3.2: only what is said of the same person counts."""
    headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
    said = _read(await engine.outbound.fetch(url, whose=provider.customer_id, headers=headers), "userinfo")
    if said.get("sub") != subject:
        raise NotSignedIn("wrong", "userinfo speaks of another person (sub)")
    return said


def assertion(provider: Provider, der: bytes, audience: str, now: int) -> str:
    """Proves who we are without a shared secret (RFC 7523 section 2.2). Each provider has a key of its own, so that none
    can use it elsewhere."""
    key = SigningKey(KeyId(KEY_ID), "RS256", load_private(der))
    claims = {
        "iss": provider.client_id,
        "sub": provider.client_id,
        "aud": audience,
        "iat": now,
        "exp": now + ASSERTION_LIFETIME,
        "jti": b64url(os.urandom(16)),
    }
    return sign(key, claims, "JWT")
