"""The management API as a resource server, and who may hold its scopes: daemons of the operator alone
(docs/adr/0042-management-api.md).
"""

from msgspec.structs import replace

from hoistway.applications.apis import ScopeRefused, add_new_api, check_held_by_nobody, check_words, in_order
from hoistway.authn.api_words import scopes_of
from hoistway.authn.managing import is_manager
from hoistway.engine import time_ordered_id
from hoistway.protocol.manage_scopes import MANAGE, PATH, SCOPES, manages
from hoistway.store.apis import Api, ApiScope, find_api, list_apis
from hoistway.store.audit import Entry
from hoistway.store.audit_owners import write_entry
from hoistway.store.change_row import change_row, lock_row
from hoistway.store.clients import Client
from hoistway.store.columns import to_json
from hoistway.store.db import Database, Reader, Writer
from hoistway.store.turns import take_turn

LIFETIME = 900
"""Of its access tokens, in seconds: a program gets a new one with its secret whenever it needs one."""


def check_holder(client: Client) -> None:
    """`client` as it would be. Raises ScopeRefused where it would hold a scope of the management API that it may not."""
    if manages(client.scopes) and not is_manager(client):
        raise ScopeRefused(
            "scopes that begin with manage. are for daemons of the operator alone, without a customer, a technical account "
            "or other scopes: make an application of its own for them"
        )


def _new_api(base_url: str, now: int) -> Api:
    uri = base_url + PATH
    scopes = tuple(ApiScope(name, text) for name, text in SCOPES.items())
    return Api(MANAGE, "Management API", uri, uri, scopes, LIFETIME, "ES256", None, now)


async def _missing(db: Reader) -> tuple[Api | None, tuple[ApiScope, ...]]:
    """The API as it is, and the scopes of this version that it lacks."""
    found = await find_api(db, MANAGE)
    named = set() if found is None else {scope.name for scope in found.scopes}
    return found, tuple(ApiScope(name, text) for name, text in SCOPES.items() if name not in named)


async def keep_management_api(db: Database, base_url: str, now: int) -> bool:
    """Makes the API, or adds the scopes that this version has and the one before had not; returns True where that was
    needed. What operators decide stays. Raises ScopeRefused where another API has a name or address of it,
    DatabaseUnavailable."""
    _found, missing = await _missing(db)
    if not missing:
        return False
    async with db.write() as tx:
        await _keep(tx, base_url, now)
    return True


async def _keep(tx: Writer, base_url: str, now: int) -> None:
    await take_turn(tx)
    await lock_row(tx, "apis", MANAGE)
    found, missing = await _missing(tx)
    if found is None:
        await add_new_api(tx, _new_api(base_url, now))
        await write_entry(tx, Entry(time_ordered_id(), now, "api.added", "server", detail={"id": MANAGE}))
    elif missing:
        names = tuple(scope.name for scope in missing)
        others = [one for one in await list_apis(tx) if one.id != MANAGE]
        check_words(replace(scopes_of(found), names=names), in_order(others))
        for name in names:
            await check_held_by_nobody(tx, name)
        await change_row(tx, "apis", MANAGE, {"scopes": to_json((*found.scopes, *missing))})
        detail = {"id": MANAGE, "scopes": names}
        await write_entry(tx, Entry(time_ordered_id(), now, "api.changed", "server", detail=detail))
