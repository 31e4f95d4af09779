"""Reads an authorization request in two phases: until the destination is proven, errors are shown on a page here;
afterwards they are redirected to the application (https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest).
"""

from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from hoistway.protocol.errors import (
    InvalidRequest,
    RequestNotSupported,
    RequestUriNotSupported,
    UnsupportedResponseType,
)
from hoistway.protocol.numbers import read_whole
from hoistway.protocol.params import Params
from hoistway.protocol.scope import read_scope

Mode = Literal["query", "fragment", "form_post"]
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_WORDS = frozenset({"code", "token", "id_token"})
LONGEST_STATE = 4096
LONGEST_ASK = 8192


READ = frozenset(
    {"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "prompt", "max_age"}
    | {"login_hint", "code_challenge", "code_challenge_method", "resource", "customer", "ui_locales", "acr_values"}
)


class AuthorizeAsk(Struct, frozen=True):
    """One well-formed authorization request. Whether the client may ask for it is judged elsewhere."""

    client_id: str
    redirect_uri: str
    redirect_uri_sent: bool
    response_type: str
    response_mode: Mode
    scope: tuple[str, ...]
    state: str | None
    nonce: str | None
    prompt: frozenset[str]
    max_age: int | None
    login_hint: str | None
    code_challenge: str | None
    code_challenge_method: str | None
    resource: str | None
    customer: str | None
    ui_locales: str | None
    acr_values: str | None = None

    @property
    def words(self) -> frozenset[str]:
        return frozenset(self.response_type.split(" "))


def canonical_response_type(text: str | None) -> str:
    """The words in the usual order: `code`, `id_token`, `token`, `id_token token`."""
    return " ".join(sorted((text or "").split()))


def safe_mode(params: Params) -> Mode:
    """The response mode for an error, even where the request's own mode or response type is wrong."""
    asked = params.get("response_mode")
    words = set(canonical_response_type(params.get("response_type")).split())
    if asked == "form_post":
        return "form_post"
    return "fragment" if asked == "fragment" or words & {"token", "id_token"} else "query"


def _read_mode(params: Params, words: frozenset[str]) -> Mode:
    asked = params.get("response_mode")
    if asked not in {None, "query", "fragment", "form_post"}:
        raise InvalidRequest("response_mode must be query, fragment or form_post.", b2c="90014")
    if asked == "query" and words & {"token", "id_token"}:
        raise InvalidRequest("Tokens never travel in a query: send response_mode=fragment or form_post.", b2c="90014")
    return safe_mode(params)


def _read_prompt(params: Params) -> frozenset[str]:
    prompt = frozenset((params.get("prompt") or "").split())
    if prompt - PROMPTS:
        raise InvalidRequest("prompt must be none, login, consent or select_account.", b2c="90043")
    if "none" in prompt and len(prompt) > 1:
        raise InvalidRequest("prompt=none can't be joined with another value.", b2c="90043")
    return prompt


def _read_max_age(params: Params) -> int | None:
    text = params.get("max_age")
    if text is None:
        return None
    seconds = read_whole(text, 0, 999_999_999)
    if seconds is None:
        raise InvalidRequest("max_age must be a whole number of seconds.")
    return seconds


def read_authorize(params: Params, redirect_uri: str) -> AuthorizeAsk:
    """The second phase: client and redirect URI are proven, so the errors that it raises are redirected."""
    if params.get("request") is not None:
        raise RequestNotSupported
    if params.get("request_uri") is not None:
        raise RequestUriNotSupported
    response_type = canonical_response_type(params.get("response_type"))
    words = frozenset(response_type.split())
    if not words:
        raise InvalidRequest("response_type is missing: send response_type=code.", b2c="90083")
    if words - _WORDS or ("code" in words and response_type != "code") or len(response_type.split()) > len(words):
        raise UnsupportedResponseType
    state = params.get("state")
    if state is not None and len(state) > LONGEST_STATE:
        raise InvalidRequest(f"state is longer than {LONGEST_STATE} characters: keep what is behind it on your side.")
    check_size(kept(params))
    if len(params.all("resource")) > 1:
        raise InvalidRequest("One resource a request: ask for each API on its own.")
    if params.get("response_mode") == "form_post" and not redirect_uri.startswith(("https://", "http://")):
        raise InvalidRequest("form_post needs a redirect URI of the web: send response_mode=query.", b2c="90014")
    return AuthorizeAsk(
        client_id=params.need("client_id"),
        redirect_uri=redirect_uri,
        redirect_uri_sent=params.get("redirect_uri") is not None,
        response_type=response_type,
        response_mode=_read_mode(params, words),
        scope=read_scope(params.get("scope")),
        state=state,
        nonce=params.get("nonce"),
        prompt=_read_prompt(params),
        max_age=_read_max_age(params),
        login_hint=params.get("login_hint"),
        code_challenge=params.get("code_challenge"),
        code_challenge_method=params.get("code_challenge_method"),
        resource=params.get("resource"),
        customer=params.get("customer"),
        ui_locales=params.get("ui_locales"),
        acr_values=params.get("acr_values"),
    )


def kept(params: Params) -> dict[str, str]:
    """The parameters that this server reads, to be carried through its pages. All others are dropped here."""
    return {name: value for name, value in params.items() if name in READ}


def check_size(asked: Mapping[str, str]) -> None:
    """What the pages carry on must fit into their forms and addresses. Raises InvalidRequest."""
    if len(msgspec.json.encode(asked)) > LONGEST_ASK:
        raise InvalidRequest(
            f"The parameters are together longer than {LONGEST_ASK} bytes: shorten state, nonce, login_hint or scope."
        )


def redirect_location(redirect_uri: str, mode: Literal["query", "fragment"], answer: Mapping[str, str]) -> str:
    """RFC 6749 sections 4.1.2 (an existing query is kept) and 4.2.2."""
    encoded = urlencode(answer)
    if mode == "fragment":
        return f"{redirect_uri}#{encoded}"
    if "?" not in redirect_uri:
        return f"{redirect_uri}?{encoded}"
    return redirect_uri + ("" if redirect_uri[-1] in "?&" else "&") + encoded
