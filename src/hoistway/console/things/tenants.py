"""Tenants of B2C-shaped paths, as operators see them."""

from collections.abc import Mapping, Sequence
from typing import Any

from hoistway.console.things.base import Fact, Thing, nothing_related
from hoistway.store.db import Database, Writer
from hoistway.store.tenants import set_tenant_disabled
from hoistway.things.tenants import ENTRIES, TENANT, NamedTenant, change_tenant, find_named


async def _facts(_db: Database, row: NamedTenant) -> Sequence[Fact]:
    return (
        Fact("thing_id", row.id, kind="code"),
        Fact("tenant_names", row.names, kind="list"),
        Fact("tenant_policies", [f"{one.name}: {one.kind}" for one in row.policies], kind="list"),
    )


async def _save(tx: Writer, row: NamedTenant, values: Mapping[str, Any]) -> None:
    await change_tenant(tx, row, values)


TENANTS = Thing(
    "tenants", "tenant", find_named, lambda row: getattr(row, "title", row.id), _facts, nothing_related,
    set_tenant_disabled, ENTRIES, _save, making=TENANT,
)  # fmt: skip
