"""An API's row in the form in which protocol/scope reads scopes."""

from hoistway.protocol.scope import ApiScopes
from hoistway.store.apis import Api


def scopes_of(api: Api) -> ApiScopes:
    wires = tuple((scope.wire, scope.name) for scope in api.scopes if scope.wire is not None)
    return ApiScopes(api.id, api.audience, api.uri, tuple(scope.name for scope in api.scopes), wires)
