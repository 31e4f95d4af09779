"""Who judges whether a thing may be deleted for good: by the locked row and what hangs on it (docs/adr/0034-things.md)."""

from collections.abc import Sequence
from typing import Final

from hoistway.applications.granting import CUSTOMER_API
from hoistway.protocol.ids import ApiId
from hoistway.protocol.manage_scopes import MANAGE
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.apis import find_api
from hoistway.store.client_lists import clients_with_scope
from hoistway.store.db import Reader, Writer
from hoistway.store.removing import KINDS, Hanging, hanging_on, remove_row
from hoistway.store.withdrawn_scopes import WHOLE, add_withdrawn

OWN: Final = {("customers", SANDBOX), ("apis", CUSTOMER_API), ("apis", MANAGE)}
"""What the server itself serves."""


class Hangs(Exception):
    """Nothing was deleted."""

    def __init__(self, what: Sequence[Hanging]) -> None:
        self.what = what
        super().__init__(", ".join(f"{one.what}: {one.count}" for one in what))


def can_be_deleted(kind: str, row_id: str) -> bool:
    """Whether things of this kind are deleted at all, and this is not one that the server needs."""
    return kind in KINDS and (kind, row_id) not in OWN


async def what_hangs(db: Reader, kind: str, row_id: str, now: int) -> list[Hanging]:
    found = await hanging_on(db, kind, row_id, now)
    if kind != "apis":
        return found
    api = await find_api(db, ApiId(row_id))
    holders = {one for scope in (api.scopes if api else ()) for one in await clients_with_scope(db, scope.name)}
    return [*found, Hanging("applications", len(holders))] if holders else found


async def remove(tx: Writer, kind: str, row_id: str, now: int) -> None:
    """The row was locked whole and judged. Raises Hangs."""
    found = await what_hangs(tx, kind, row_id, now)
    if found:
        raise Hangs(found)
    if kind == "apis":
        # What people agreed to there names it by its id, which another API might get.
        await add_withdrawn(tx, ApiId(row_id), WHOLE, now)
    await remove_row(tx, kind, row_id)
