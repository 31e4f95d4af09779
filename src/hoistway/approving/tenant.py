"""A tenant's connection to its older system, which two must give: passwords of its people are sent there
(docs/adr/0041-carried-passwords.md).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from hoistway.accounts.erasing import Eraser
from hoistway.approving.kind import Gone, Kind
from hoistway.protocol.numbers import read_moment, read_whole
from hoistway.store.change_row import lock_row
from hoistway.store.db import Writer
from hoistway.store.proposals import Values
from hoistway.store.tenant_connections import Connection, lock_connection, put_connection, stop_connection
from hoistway.store.tenants import find_tenant, names_of_tenant

_NAMES: Final = ("old_endpoint", "old_client", "old_scope", "old_end", "old_wrong")
NONE: Final[Mapping[str, str]] = dict.fromkeys(_NAMES, "")
"""The values of a tenant that is not connected."""


def end_text(ends_at: int) -> str:
    """A day, or a minute: UTC."""
    end = datetime.fromtimestamp(ends_at, UTC)
    return f"{end:%Y-%m-%d}" if ends_at % 86_400 == 0 else f"{end:%Y-%m-%dT%H:%M}"


def connection_values(row: Connection | None) -> Values:
    if row is None or row.stopped_at is not None:
        return dict(NONE)
    found = (row.endpoint, row.client_id, row.scope, end_text(row.ends_at), str(row.wrong_per_account))
    return dict(zip(_NAMES, found, strict=True))


async def _read_tenant(tx: Writer, tenant_id: str, _now: int) -> tuple[str, Values]:
    await lock_row(tx, "tenants", tenant_id)
    tenant = await find_tenant(tx, tenant_id)
    if tenant is None or tenant.id != tenant_id:
        raise Gone
    names = [name for name in await names_of_tenant(tx, tenant_id) if name != tenant_id.lower()]
    return (names or [tenant_id])[0], connection_values(await lock_connection(tx, tenant_id))


async def _write_tenant(tx: Writer, tenant_id: str, values: Values, now: int, _eraser: Eraser) -> None:
    """The others stay as they are. They were checked by things/connecting.py."""
    wanted = connection_values(await lock_connection(tx, tenant_id)) | values
    if not wanted["old_endpoint"]:
        await stop_connection(tx, tenant_id, now)
        return
    end, wrong = read_moment(wanted["old_end"]), read_whole(wanted["old_wrong"], 1, 2**31)
    if end is None or wrong is None:
        raise Gone
    row = Connection(
        tenant_id, wanted["old_endpoint"], wanted["old_client"], wanted["old_scope"], int(end.timestamp()), wrong, now
    )
    await put_connection(tx, row)


def _sends_more(before: Values, after: Values) -> bool:
    """True where passwords go to another place, for longer, or more wrong ones of an account."""
    then = before | after
    if not then["old_endpoint"]:
        return False
    elsewhere = any(then[name] != before[name] for name in ("old_endpoint", "old_client", "old_scope"))
    least, most = (read_whole(one["old_wrong"], 1, 2**31) or 0 for one in (before, then))
    return elsewhere or then["old_end"] > before["old_end"] or most > least


def _event(after: Values) -> str:
    return "tenant.disconnected" if after.get("old_endpoint") == "" else "tenant.connected"


TENANT: Final = Kind("tenants", _event, _read_tenant, _write_tenant, _sends_more)
