"""Which scopes an API may have. A word must mean one API only, so that a new API is not opened by what was granted earlier."""

from typing import Final

from hoistway.authn.api_words import scopes_of
from hoistway.protocol.errors import InvalidScope
from hoistway.protocol.ids import ApiId, ClientId
from hoistway.protocol.manage_scopes import MANAGE, manages
from hoistway.protocol.scope import OIDC_SCOPES, ApiScopes, apart, read_scope, words_of
from hoistway.store.apis import Api, add_api, list_apis
from hoistway.store.client_lists import clients_with_scope
from hoistway.store.clients import find_client
from hoistway.store.db import Reader, Writer
from hoistway.store.turns import take_turn
from hoistway.store.withdrawn_scopes import WHOLE, withdrawn_of

PORTAL: Final = ClientId("developer-portal")
"""The portal's own application, which every start gives the scopes of all APIs (portal/own_application)."""


class ScopeRefused(ValueError):
    """Its text names the word and what to do about it."""


class NoIntrospector(ValueError):
    """Its text says why the application can't introspect tokens of this API."""


async def check_introspector(db: Reader, client_id: ClientId | None) -> None:
    """Introspection needs a secret, so a public application could never do it (RFC 7662 section 2.1). Raises
    NoIntrospector."""
    if client_id is None:
        return
    client = await find_client(db, client_id)
    if client is None:
        raise NoIntrospector(f"there is no application {client_id}: add it first, `hoistway app add --type web`")
    if not client.is_confidential_type:
        raise NoIntrospector(
            f"the application {client_id} has no secret, which introspection needs: its type must be web or daemon"
        )


def in_order(apis: list[Api]) -> tuple[ApiScopes, ...]:
    """All APIs, disabled ones included, oldest first: the API that had a word first keeps it."""
    return tuple(scopes_of(api) for api in sorted(apis, key=lambda api: (api.created_at, api.id)))


def check_words(new: ApiScopes, others: tuple[ApiScopes, ...]) -> None:
    """Raises ScopeRefused."""
    wires = [word for word, _ in new.wires]
    for word in (new.uri, *new.names, *wires):
        try:
            fits = read_scope(word) == (word,)
        except InvalidScope:
            fits = False
        if not fits:
            raise ScopeRefused(f"{word!r} can't be asked for: a scope holds visible ASCII characters without \" and \\")
    if new.api_id != MANAGE and manages(new.names):
        raise ScopeRefused("names that begin with manage. are those of the management API: choose others")
    if not new.names or len(set(new.names)) < len(new.names):
        raise ScopeRefused("an API needs one scope at the least, and each once")
    check_apart(new)
    if apart((*others, new))[-1] != new:
        taken = sorted(words_of(new) & OIDC_SCOPES.union(*(words_of(other) for other in others)))
        raise ScopeRefused(f"{', '.join(taken)}: another API or OpenID has this name or URI; choose one of its own")


def check_apart(api: ApiScopes) -> None:
    """Raises ScopeRefused."""
    wires = [word for word, _ in api.wires]
    if len({*api.names, *wires}) < len(api.names) + len(wires) or ".default" in wires:
        raise ScopeRefused(
            "what programs write behind the URI means one scope: give each a word of its own, and none .default"
        )


async def check_no_client(db: Reader, api: Api) -> None:
    """Tokens that an application requests for itself have its id as their audience (B2C), so no API may have that
    audience. Raises ScopeRefused."""
    for word in {api.audience, api.uri}:
        if await find_client(db, ClientId(word)) is not None:
            raise ScopeRefused(
                f"{word}: an application has this id, and tokens for itself have it as audience; choose another"
            )


async def check_no_audience(db: Reader, client_id: ClientId) -> None:
    """The reverse: no application may have an id that is an API's audience. Raises ScopeRefused."""
    if any(client_id in {api.audience, api.uri} for api in await list_apis(db)):
        raise ScopeRefused(f"{client_id}: an API has this audience or URI; choose another id")


async def add_new_api(tx: Writer, api: Api) -> None:
    """Raises ScopeRefused, and Conflict where the id is taken. Of two calls at the same time one comes after the other."""
    await take_turn(tx)
    await check_no_client(tx, api)
    check_words(scopes_of(api), in_order(await list_apis(tx)))
    for scope in api.scopes:
        await check_held_by_nobody(tx, scope.name)
    await check_none_left(tx, api.id, None)
    await add_api(tx, api)


async def check_held_by_nobody(tx: Reader, name: str) -> None:
    """What an application holds already would open the new scope for it. Raises ScopeRefused."""
    holders = await clients_with_scope(tx, name)
    if holders:
        raise ScopeRefused(
            f"{name}: applications hold a scope of this name already, such as {holders[0]}; choose another"
        )


async def check_none_left(tx: Reader, api_id: ApiId, new: tuple[str, ...] | None) -> None:
    """What people agreed to under a name that was taken away would count for the new scope. None asks for the whole API. Raises
    ScopeRefused."""
    left = await withdrawn_of(tx, api_id)
    names = sorted(left if new is None else left & {WHOLE, *new})
    if names:
        raise ScopeRefused(
            f"{' '.join(name or api_id for name in names)}: was taken away, and what people had agreed to under this name is still being "
            "removed; a running server has done so within some minutes: add it then, or choose another name"
        )


async def check_known_scopes(db: Reader, scopes: tuple[str, ...]) -> None:
    """A scope that no API has yet could later mean something that nobody allowed. Raises ScopeRefused."""
    known = OIDC_SCOPES.union(*(api.names for api in in_order(await list_apis(db))))
    unknown = [scope for scope in scopes if scope not in known]
    if unknown:
        raise ScopeRefused(f"{', '.join(unknown)}: no API has this scope; `hoistway api list` shows the APIs")
