"""Changes the scopes of an API that exists: added, reworded, taken away where nothing hangs on them. The same at the console
and at the command line.
"""

from msgspec.structs import replace

from hoistway.applications.apis import (
    PORTAL,
    ScopeRefused,
    check_apart,
    check_held_by_nobody,
    check_none_left,
    check_words,
    in_order,
)
from hoistway.applications.granting import CUSTOMER_API, CUSTOMER_SCOPES, origins_of
from hoistway.authn.api_words import scopes_of
from hoistway.protocol.scope import ApiScopes
from hoistway.store.apis import Api, ApiScope, list_apis
from hoistway.store.change_row import change_row
from hoistway.store.client_lists import clients_with_scope
from hoistway.store.clients import lock_client, put_client
from hoistway.store.columns import to_json
from hoistway.store.db import Writer
from hoistway.store.withdrawn_scopes import add_withdrawn


class ScopeHeld(ValueError):
    """A scope can't be taken away yet. `because` ends a key of the words, `api_scope_…`; `facts` fill it in. Nothing was
    written."""

    def __init__(self, because: str, **facts: str) -> None:
        self.because, self.facts = because, facts
        super().__init__(f"{because}: {', '.join(facts.values())}")


async def change_scopes(tx: Writer, api: Api, scopes: tuple[ApiScope, ...], now: int) -> Api:
    """`api` is the locked row, in a transaction that took its turn. What an application may ask for stays. Consents to a scope end
    with it, and sign-ins that last lose it, because no token names a scope that no API has; their rows are many, so
    housekeeping removes what they say (server/withdrawing). Raises ScopeRefused, ScopeHeld."""
    before, after = {one.name for one in api.scopes}, [one.name for one in scopes]
    changed = replace(api, scopes=scopes)
    if not after or len(set(after)) < len(after):
        raise ScopeRefused("an API needs one scope at the least, and each once")
    check_apart(scopes_of(changed))
    new = tuple(name for name in after if name not in before)
    if new or changed_wires(api.scopes, scopes):
        others = [one for one in await list_apis(tx) if one.id != api.id]
        check_words(_judged(changed, new), in_order(others))
        for name in new:
            await check_held_by_nobody(tx, name)
        await check_none_left(tx, api.id, new)
    for name in sorted(before - set(after)):
        await _take_away(tx, api, name, now)
    await change_row(tx, "apis", api.id, {"scopes": to_json(scopes)})
    return changed


def changed_wires(before: tuple[ApiScope, ...], after: tuple[ApiScope, ...]) -> bool:
    known = {(one.name, one.wire) for one in before}
    return any((one.name, one.wire) not in known for one in after if one.wire is not None)


def _judged(api: Api, new: tuple[str, ...]) -> ApiScopes:
    """What is new, and whatever has a word of its own; a name that was there before stays, whoever has it by now."""
    said = scopes_of(api)
    return replace(said, names=tuple(name for name in said.names if name in new or said.called(name) != name))


async def _take_away(tx: Writer, api: Api, name: str, now: int) -> None:
    """Raises ScopeHeld."""
    if api.id == CUSTOMER_API and name in CUSTOMER_SCOPES:
        raise ScopeHeld("own", scope=name)
    holders = await clients_with_scope(tx, name)
    others = [one for one in holders if one != PORTAL]
    if others:
        raise ScopeHeld("held", scope=name, application=others[0])
    await add_withdrawn(tx, api.id, name, now)
    portal = await lock_client(tx, PORTAL)
    if portal is not None and name in portal.scopes:
        left = replace(portal, scopes=tuple(one for one in portal.scopes if one != name))
        await put_client(tx, left, origins_of(left))
