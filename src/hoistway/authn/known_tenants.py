"""Tenants of B2C-shaped paths as requests need them, and what an old directory said of accounts there."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from hoistway.store.account_attributes import attributes_of, has_attributes
from hoistway.store.cached import Cached
from hoistway.store.db import Database
from hoistway.store.tenants import Policy, find_tenant, policies_of


class KnownTenant(Struct, frozen=True):
    """`subject_text` is the `sub` of tokens there, if that is a sentence; `has_attributes` spares asking for any account's."""

    id: str
    policies: dict[str, Policy]
    subject_text: str | None = None
    has_attributes: bool = False


class KnownTenants:
    def __init__(self, db: Database, seconds: int) -> None:
        self._db = db
        self.tenants: Cached[str, KnownTenant | None] = Cached(seconds, most=1000)
        self.attributes: Cached[tuple[str, str, str], Mapping[str, Any]] = Cached(seconds)

    async def find(self, name: str, now: int) -> KnownTenant | None:
        """None where it is disabled or unknown."""

        async def read() -> KnownTenant | None:
            tenant = await find_tenant(self._db, name)
            if tenant is None or tenant.disabled_at is not None:
                return None
            policies = {policy.policy_key: policy for policy in await policies_of(self._db, tenant.id)}
            return KnownTenant(tenant.id, policies, tenant.subject_text, await has_attributes(self._db, tenant.id))

        return await self.tenants.get(name, now, read)

    async def attributes_of(self, kind: str, account_id: str, tenant: KnownTenant, now: int) -> Mapping[str, Any]:
        """Of an account at this tenant, by their names."""
        if not tenant.has_attributes:
            return {}

        async def read() -> Mapping[str, Any]:
            return await attributes_of(self._db, kind, account_id, tenant.id)

        return await self.attributes.get((kind, account_id, tenant.id), now, read)
