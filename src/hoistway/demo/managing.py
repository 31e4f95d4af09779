"""The demo's daemon for the management API, with all of its scopes (docs/adr/0042-management-api.md)."""

import uuid
from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from hoistway.applications.granting import origins_of
from hoistway.authn.client import secret_digest
from hoistway.demo.world import generate_secret
from hoistway.engine import time_ordered_id
from hoistway.protocol.ids import ClientId
from hoistway.protocol.manage_scopes import SCOPES
from hoistway.store.audit import Entry
from hoistway.store.audit_owners import write_entry
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.clients import Client, add_client, find_client, put_client
from hoistway.store.db import Database

NAME: Final = "manager"


async def keep_manager(
    db: Database, described: dict[str, Any], now: int, put: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """What demo.json says, with the application of before, or a new one where there is none; a newer version adds its
    scopes. `put` writes the file, before the database."""
    known = described["clients"].get(NAME)
    found = None if known is None else await find_client(db, ClientId(known["client_id"]))
    if known is not None and found is not None and known["scope"] == " ".join(SCOPES):
        return described
    secret = generate_secret() if known is None or found is None else known["client_secret"]
    row = found or Client(
        ClientId(str(uuid.uuid4())), "Management program", "daemon", grants=("client_credentials",), consent="implied",
        created_at=now,
    )  # fmt: skip
    row = replace(row, scopes=tuple(SCOPES))
    shown = {"client_id": row.id, "name": row.name, "client_secret": secret, "scope": " ".join(SCOPES)}
    described = {**described, "clients": {**described["clients"], NAME: shown}}
    put(described)
    async with db.write() as tx:
        if found is None:
            await add_client(tx, row, origins_of(row))
            await add_secret(tx, ClientSecret(str(uuid.uuid4()), row.id, secret_digest(secret), secret[:8], now))
            await write_entry(
                tx, Entry(time_ordered_id(), now, "application.added", "server", row.id, detail={"id": row.id})
            )
        else:
            await put_client(tx, row, origins_of(row))
    return described
