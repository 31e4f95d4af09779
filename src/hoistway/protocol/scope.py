"""Reads scopes and finds the one API that they speak of.

https://www.rfc-editor.org/rfc/rfc6749#section-3.3
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hoistway.protocol.errors import InvalidScope, InvalidTarget
from hoistway.protocol.ids import ApiId

OIDC_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})
MOST_SCOPES = 100
_SCOPES = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")


@dataclass(frozen=True, slots=True)
class ApiScopes:
    """An API as scopes see it: `audience` goes into its tokens, `uri` is the resource identifier, `names` are short."""

    api_id: ApiId
    audience: str
    uri: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """`asked`: the granted scopes as the client spelled them; `names`: the API's short names; `client_audience`: the
    client_id itself was asked as a scope, as programs written for Azure AD B2C do."""

    asked: tuple[str, ...]
    oidc: frozenset[str]
    api: ApiScopes | None
    names: tuple[str, ...]
    client_audience: bool


def read_scope(text: str | None) -> tuple[str, ...]:
    """RFC 6749 §3.3: order kept, repetitions dropped. Raises InvalidScope."""
    if not text:
        return ()
    if not _SCOPES.fullmatch(text):
        raise InvalidScope("The scope holds a character that scopes can't have: separate scopes with single spaces.")
    scopes = tuple(dict.fromkeys(scope for scope in text.split(" ") if scope))
    if len(scopes) > MOST_SCOPES:
        raise InvalidScope(f"There are more than {MOST_SCOPES} scopes: ask for those that this token needs.")
    return scopes


def resolve_scope(
    asked: tuple[str, ...],
    apis: Sequence[ApiScopes],
    client_id: str,
    allowed: frozenset[str],
    resource: str | None = None,
) -> Resolved:
    """RFC 6749 §3.3 and RFC 8707 §2. `allowed` holds OIDC scopes and short API names. A resource without scopes of an
    API means all allowed ones; these are then added to `asked`, because the answer must name what was granted
    (RFC 6749 §5.1). Raises InvalidScope, InvalidTarget."""
    target = _find_target(resource, apis) if resource else None
    oidc = frozenset(scope for scope in asked if scope in OIDC_SCOPES)
    for scope in asked:
        if scope in OIDC_SCOPES and scope not in allowed:
            raise _not_allowed(scope)
    api: ApiScopes | None = None
    names: dict[str, None] = {}
    for scope in asked:
        if scope in OIDC_SCOPES or scope == client_id:
            continue
        found, short = _find_api(scope, apis, target)
        if api is not None and found != api:
            raise InvalidScope("The scopes belong to two APIs: one token is for one API, so ask for two tokens.")
        api = found
        usable = [name for name in short if name in allowed]
        if not usable:
            raise _not_allowed(scope)
        names.update(dict.fromkeys(usable))
    client_audience = client_id in asked
    if client_audience and (api or target):
        raise InvalidScope("The client_id and an API are asked together: one token has one audience, so ask for two.")
    if target and not api:
        api, names = target, {name: None for name in target.names if name in allowed}
        if not names:
            raise InvalidTarget("This application has no scope of that API: ask the operator to allow one.", b2c="90055")
        asked += tuple(names)
    return Resolved(asked, oidc, api, tuple(names), client_audience)


def narrow_scope(asked: tuple[str, ...], granted_asked: tuple[str, ...]) -> tuple[str, ...]:
    """RFC 6749 §6: asking nothing means all that was granted; asking more is refused. Raises InvalidScope."""
    if not asked:
        return granted_asked
    for scope in asked:
        if scope not in granted_asked:
            raise InvalidScope(f"The scope {scope[:100]} was not granted at sign-in: leave it out or sign in again.")
    return asked


def _find_target(resource: str, apis: Sequence[ApiScopes]) -> ApiScopes:
    for api in apis:
        if resource == api.audience or resource.rstrip("/") == api.uri.rstrip("/"):
            return api
    raise InvalidTarget()


def _find_api(scope: str, apis: Sequence[ApiScopes], target: ApiScopes | None) -> tuple[ApiScopes, tuple[str, ...]]:
    found = [(api, short) for api in apis if (short := _short_names(scope, api))]
    if not found:
        raise InvalidScope(
            f"The scope {scope[:100]} is unknown: GET /.well-known/openid-configuration lists those that exist."
        )
    if target:
        found = [(api, short) for api, short in found if api == target]
        if not found:
            raise InvalidTarget(f"The scope {scope[:100]} is not of the API named as resource: make them fit.")
    if len(found) > 1:
        raise InvalidScope(f"The scope {scope[:100]} exists in two APIs: write the URI of the API before it.")
    return found[0]


def _short_names(scope: str, api: ApiScopes) -> tuple[str, ...]:
    """The API's names that one spelling means: a bare name, `{uri}/{name}`, or `{uri}` and `{uri}/.default` for all."""
    if scope in api.names:
        return (scope,)
    uri = api.uri.rstrip("/")
    if not uri or not scope.startswith(uri):
        return ()
    # A URI that ends in a slash makes programs send two of them before the name.
    rest = scope[len(uri) :]
    name = rest.removeprefix("/").removeprefix("/")
    if rest in ("", "/") or (name == ".default" and rest != name):
        return api.names
    return (name,) if name in api.names and rest != name else ()


def _not_allowed(scope: str) -> InvalidScope:
    return InvalidScope(
        f"This application may not ask for the scope {scope[:100]}: ask the operator to allow it.", b2c="90055"
    )
