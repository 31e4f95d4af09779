"""A tenant's older system, as files say it, checked and written by the rules of the console (things/connecting.py)."""

from typing import Final

from msgspec.structs import asdict, replace

from hoistway import clock
from hoistway.approving.proposing import give
from hoistway.approving.tenant import connection_values, end_text
from hoistway.files.document import ConnectionFile, TenantFile
from hoistway.files.plan import Changed
from hoistway.files.texts import file_of_tenant
from hoistway.files.world import World
from hoistway.store.db import Reader
from hoistway.store.tenant_connections import find_connection
from hoistway.things.connecting import ENTRIES, check_connection, connecting
from hoistway.things.making import Unfit, read_entries
from hoistway.things.tenants import NamedTenant

_MEMBERS: Final = {"endpoint": "token_endpoint", "ends_at": "until"}


async def described_tenant(db: Reader, row: NamedTenant) -> TenantFile:
    """With its connection, where it is not over: an end that has passed could not be written again."""
    found, said = await find_connection(db, row.id), file_of_tenant(row)
    if found is None or not found.asks(clock.now()):
        return said
    until = end_text(found.ends_at)
    return replace(
        said, connection=ConnectionFile(found.endpoint, found.client_id, found.scope, until, found.wrong_per_account)
    )


async def connection_step(world: World, said: ConnectionFile, tenant_id: str) -> list[Changed]:
    """What changed. Raises Unfit."""
    typed = {name: str(value) for name, value in asdict(said).items()}
    values, problems = read_entries(
        ENTRIES, {entry.name: typed[_MEMBERS.get(entry.name, entry.name)] for entry in ENTRIES}, "en"
    )
    for name, words in problems.by_field.items():
        raise Unfit(f"connection.{_MEMBERS.get(name, name)}", "make_said", words=words)
    before, wanted = connection_values(await find_connection(world.hand.tx, tenant_id)), connecting(values)
    if wanted == before:
        return []
    check_connection(values, world.hand.now, world.settings)
    await give(world.hand, "tenant", tenant_id, wanted)
    return [Changed(name, before[name], text) for name, text in wanted.items() if before[name] != text]
