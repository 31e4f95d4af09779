"""Tenants of B2C-shaped paths, as operators see them."""

from collections.abc import Sequence
from typing import Final

from hoistway.console.things.base import Fact, Page, nothing_related
from hoistway.store.db import Database
from hoistway.things.tenants import NamedTenant


async def _facts(_db: Database, row: NamedTenant) -> Sequence[Fact]:
    return (
        Fact("thing_id", row.id, kind="code"),
        Fact("tenant_names", row.names, kind="list"),
        Fact("tenant_policies", [f"{one.name}: {one.kind}" for one in row.policies], kind="list"),
    )


TENANTS: Final = Page(_facts, nothing_related)
