"""By which id a customer's directory knows a role, which it sees as a group (https://www.rfc-editor.org/rfc/rfc7643#section-3.1)."""

from collections.abc import Mapping

from sqlalchemy import Table, bindparam, delete, select

from hoistway.protocol.ids import CustomerId
from hoistway.store.columns import key, reference, text, upsert
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

SCIM_ROLES = Table(
    "scim_roles", METADATA, reference("customer_id", "customers.id", primary_key=True), key("role"), text("external_id")
)

_R = SCIM_ROLES.c
_PUT = Statement(lambda: upsert(SCIM_ROLES), nothing)
_OF = Statement(
    lambda: select(_R.role, _R.external_id).where(_R.customer_id == bindparam("customer_id")),
    lambda role, external_id: (str(role), str(external_id)),
)
_REMOVE = Statement(
    lambda: delete(SCIM_ROLES).where(_R.customer_id == bindparam("customer_id"), _R.role == bindparam("role")), nothing
)


async def role_ids(db: Reader, customer_id: CustomerId) -> Mapping[str, str]:
    """By role, where the directory gave one."""
    return dict(await db.all(_OF, {"customer_id": customer_id}))


async def put_role_id(tx: Writer, customer_id: CustomerId, role: str, external_id: str | None) -> None:
    """None takes it away. The caller has locked the customer."""
    which = {"customer_id": customer_id, "role": role}
    if external_id is None:
        await tx.run(_REMOVE, which)
    else:
        await tx.run(_PUT, {**which, "external_id": external_id})
