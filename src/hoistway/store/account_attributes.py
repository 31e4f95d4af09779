"""What a tenant's old directory said of an account: the claims extension_NAME of tokens at that tenant's paths (docs/adr/0040-moving-in.md)."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Index, Table, bindparam, delete, select

from hoistway.store.columns import key, reference, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

ACCOUNT_ATTRIBUTES = Table(
    "account_attributes",
    METADATA,
    key("account_id"),
    key("kind"),
    reference("tenant_id", "tenants.id", primary_key=True),
    key("name"),
    text("value"),
    Index("ix_account_attributes_tenant", "tenant_id"),
)
MOST: Final = 20
"""Of an account at a tenant."""
MOST_BYTES: Final = 4096
"""Names and values of one account at a tenant."""

_A = ACCOUNT_ATTRIBUTES.c
_OF = Statement(
    lambda: (
        select(_A.name, _A.value)
        .where(
            _A.account_id == bindparam("account_id"),
            _A.kind == bindparam("kind"),
            _A.tenant_id == bindparam("tenant_id"),
        )
        .order_by(_A.name)
        .limit(MOST)
    ),
    lambda name, value: (name, msgspec.json.decode(value)),
)
_ANY = Statement(lambda: select(_A.name).where(_A.tenant_id == bindparam("tenant_id")).limit(1), str)
_REMOVE = Statement(
    lambda: delete(ACCOUNT_ATTRIBUTES).where(_A.account_id == bindparam("account_id"), _A.kind == bindparam("kind")),
    nothing,
)


async def attributes_of(db: Reader, kind: str, account_id: str, tenant_id: str) -> Mapping[str, Any]:
    return dict(await db.all(_OF, {"kind": kind, "account_id": account_id, "tenant_id": tenant_id}))


async def has_attributes(db: Reader, tenant_id: str) -> bool:
    """Whether any account has one at this tenant."""
    return await db.one(_ANY, {"tenant_id": tenant_id}) is not None


async def remove_attributes(tx: Writer, kind: str, account_id: str) -> None:
    """All of an account that is deleted, at every tenant."""
    await tx.run(_REMOVE, {"kind": kind, "account_id": account_id})
