"""The application with which the portal itself gets tokens for a reader: public, with PKCE
(https://www.rfc-editor.org/rfc/rfc9700#section-2.1).
"""

from typing import Final

from msgspec.structs import replace

from hoistway.applications.apis import PORTAL
from hoistway.engine import time_ordered_id
from hoistway.protocol.manage_scopes import MANAGE
from hoistway.protocol.redirect_uri import origin_of
from hoistway.store.apis import list_apis
from hoistway.store.audit import Entry
from hoistway.store.audit_owners import write_entry
from hoistway.store.clients import Client, LegacyException, find_client, lock_client, put_client
from hoistway.store.db import Database, Reader

CLIENT_ID: Final = PORTAL
NAME: Final = "Developer portal"
CALLBACK: Final = "/portal/try/callback"


async def _judged(
    db: Reader, base_url: str, now: int, exceptions: tuple[LegacyException, ...]
) -> tuple[Client | None, Client]:
    """The application as it is, and as it must be. What operators decide stays: its name, its exceptions, whether it is
    disabled."""
    found = await find_client(db, CLIENT_ID)
    scopes = [
        scope.name
        for api in await list_apis(db)
        if api.disabled_at is None and api.id != MANAGE
        for scope in api.scopes
    ]
    wanted = replace(
        found or Client(CLIENT_ID, NAME, "single-page", exceptions=exceptions, created_at=now),
        type="single-page",
        redirect_uris=(base_url + CALLBACK,),
        # No refresh token: tokens exist in the memory of a page only, and are renewed with prompt=none.
        grants=("authorization_code",),
        # The implicit flow works only while a dated exception lasts, as for any application.
        response_types=("code", "token", "id_token", "id_token token"),
        scopes=("openid", "profile", "email", *dict.fromkeys(scopes)),
        consent="implied",
    )
    return found, wanted


async def keep_own_application(
    db: Database, base_url: str, now: int, exceptions: tuple[LegacyException, ...] = ()
) -> bool:
    """Makes it, or updates it to this server's address and the scopes of its APIs; returns True where that was needed.
    `exceptions` are for a new one. Raises DatabaseUnavailable."""
    found, wanted = await _judged(db, base_url, now, exceptions)
    if found == wanted:
        return False
    async with db.write() as tx:
        # Read again, because an operator may have changed it meanwhile; from here on operators wait.
        await lock_client(tx, CLIENT_ID)
        _found, wanted = await _judged(tx, base_url, now, exceptions)
        origin = origin_of(base_url)
        await put_client(tx, wanted, frozenset() if origin is None else frozenset({origin}))
        detail = {"redirect_uris": wanted.redirect_uris, "scopes": wanted.scopes}
        entry = Entry(time_ordered_id(), now, "application.kept", "server", client_id=CLIENT_ID, detail=detail)
        await write_entry(tx, entry)
    return True
