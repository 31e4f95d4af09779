"""Reads a request to the authorization endpoint, in two phases.

https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import quote, urlencode

from hoistway.protocol.errors import (
    InvalidRequest,
    InvalidTarget,
    RequestNotSupported,
    RequestUriNotSupported,
    UnsupportedResponseType,
)
from hoistway.protocol.params import Params
from hoistway.protocol.scope import read_scope

ResponseMode = Literal["query", "fragment", "form_post"]
_MODES = frozenset({"query", "fragment", "form_post"})
_RESPONSE_WORDS = frozenset({"code", "token", "id_token"})
_FRONT_CHANNEL = frozenset({"token", "id_token"})
_PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_SECONDS = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class AuthorizeAsk:
    """`response_type` has its words in the order of the alphabet, as the standards write them; `response_words` holds
    the same words. `max_age` is in seconds."""

    client_id: str
    redirect_uri: str | None
    response_type: str
    response_words: frozenset[str]
    response_mode: ResponseMode
    scope: tuple[str, ...]
    state: str | None
    nonce: str | None
    prompt: frozenset[str]
    max_age: int | None
    login_hint: str | None
    id_token_hint: str | None
    code_challenge: str | None
    code_challenge_method: str | None
    resource: str | None
    customer: str | None
    ui_locales: tuple[str, ...]
    raw: Params


def read_destination(params: Params) -> tuple[str, str | None]:
    """client_id and redirect_uri. Until both are proven, errors are shown on a page (RFC 6749 §4.1.2.1)."""
    client_id = params.get("client_id")
    if client_id is None:
        raise InvalidRequest("The parameter client_id is missing: send it.", b2c="90008")
    return client_id, params.get("redirect_uri")


def read_authorize(params: Params) -> AuthorizeAsk:
    """OpenID Connect Core §3.1.2.1, RFC 6749 §4.1.1. Raises OAuthErrors that go back to the application."""
    if params.get("request") is not None:
        raise RequestNotSupported()
    if params.get("request_uri") is not None:
        raise RequestUriNotSupported()
    client_id, redirect_uri = read_destination(params)
    words = _read_response_type(params)
    resources = params.all("resource")
    if len(resources) > 1:
        raise InvalidTarget("There are two resources: one token is for one API, so ask for two tokens.")
    if "id_token" in words and params.get("nonce") is None:
        # OpenID Connect Core §3.2.2.1: the only defence against a replayed ID token in the front channel.
        raise InvalidRequest("The parameter nonce is missing: response_type id_token needs it.", b2c="90083")
    return AuthorizeAsk(
        client_id=client_id,
        redirect_uri=redirect_uri,
        response_type=" ".join(sorted(words)),
        response_words=words,
        response_mode=_read_response_mode(params, words),
        scope=read_scope(params.get("scope")),
        state=params.get("state"),
        nonce=params.get("nonce"),
        prompt=_read_prompt(params),
        max_age=_read_max_age(params),
        login_hint=params.get("login_hint"),
        id_token_hint=params.get("id_token_hint"),
        code_challenge=params.get("code_challenge"),
        code_challenge_method=params.get("code_challenge_method"),
        resource=resources[0] if resources else None,
        customer=params.get("customer"),
        ui_locales=tuple((params.get("ui_locales") or "").split()),
        raw=params,
    )


def safe_mode(params: Params) -> ResponseMode:
    """The response mode for an error, also where the request's own is absent, unknown or refused."""
    words = frozenset((params.get("response_type") or "").split())
    mode = params.get("response_mode")
    if mode in _MODES and not (mode == "query" and words & _FRONT_CHANNEL):
        return cast(ResponseMode, mode)
    return "fragment" if words & _FRONT_CHANNEL else "query"


def redirect_location(redirect_uri: str, mode: str, answer: Mapping[str, str]) -> str:
    """RFC 6749 §4.1.2 and §4.2.2: the redirect URI's own query is kept. form_post has no location: ValueError."""
    encoded = urlencode(answer, quote_via=quote)
    if mode == "fragment":
        return f"{redirect_uri}#{encoded}"
    if mode != "query":
        raise ValueError(f"no location for response mode {mode}")
    if "?" not in redirect_uri:
        return f"{redirect_uri}?{encoded}"
    return redirect_uri + ("" if redirect_uri[-1] in "?&" else "&") + encoded


def _read_response_type(params: Params) -> frozenset[str]:
    """OAuth 2.0 Multiple Response Types §3: the order of the words means nothing."""
    text = params.get("response_type")
    if text is None:
        raise InvalidRequest("The parameter response_type is missing: send code.", b2c="90013")
    words = text.split(" ")
    if not _RESPONSE_WORDS.issuperset(words) or len(set(words)) != len(words):
        raise UnsupportedResponseType()
    return frozenset(words)


def _read_response_mode(params: Params, words: frozenset[str]) -> ResponseMode:
    """OAuth 2.0 Multiple Response Types §2.1 and §3: tokens never travel in a query."""
    mode = params.get("response_mode")
    if mode is not None and mode not in _MODES:
        raise InvalidRequest("The response_mode is unknown: use query, fragment or form_post.", b2c="90014")
    if mode == "query" and words & _FRONT_CHANNEL:
        raise InvalidRequest("Tokens are not sent in a query: use response_mode fragment or form_post.", b2c="90014")
    return safe_mode(params)


def _read_prompt(params: Params) -> frozenset[str]:
    prompts = frozenset((params.get("prompt") or "").split())
    if not prompts <= _PROMPTS:
        raise InvalidRequest("The prompt is unknown: use none, login, consent or select_account.", b2c="90043")
    if "none" in prompts and len(prompts) > 1:
        raise InvalidRequest("The prompt none can't be joined with another: send it alone.", b2c="90043")
    return prompts


def _read_max_age(params: Params) -> int | None:
    text = params.get("max_age")
    if text is None:
        return None
    if not _SECONDS.fullmatch(text):
        raise InvalidRequest("The max_age must be a whole number of seconds.", b2c="90083")
    return int(text)
