"""A person's place in a customer: how it changes and how it ends, for every way in (docs/adr/0013-consent.md).

Every function runs under the customer's lock."""

from collections.abc import Sequence

from hoistway.protocol.ids import CustomerId, FamilyId, SiteId, UnitId, UserId
from hoistway.store.codes import end_codes_in
from hoistway.store.consents import remove_consents_in
from hoistway.store.db import Writer
from hoistway.store.families import revoke_families_in
from hoistway.store.members import limits_of
from hoistway.store.memberships import Membership, lock_membership, put_membership, remove_membership
from hoistway.store.revocations import add_revocations
from hoistway.tokens.keyring import LONGEST_TOKEN

LEFT = "the person left the customer"


async def give_place(
    tx: Writer, row: Membership, sites: Sequence[SiteId] = (), units: Sequence[UnitId] = (), *, now: int
) -> None:
    """Makes or changes it. Where it opens less than before, codes that are on their way end: what they give was agreed to by somebody
    who saw more. Tokens go by the membership as it is. Raises Conflict where one of the ids does not exist."""
    before = await lock_membership(tx, row.user_id, row.customer_id)
    if before is not None:
        had = await limits_of(tx, row.customer_id, row.user_id)
        if _opens_less(before, row, had, (sites, units)):
            await end_codes_in(tx, row.user_id, row.customer_id, now)
    await put_membership(tx, row, sites, units)


async def end_place(tx: Writer, user_id: UserId, customer_id: CustomerId, now: int) -> list[FamilyId]:
    """With everything that was given for it; the account and its places in other customers stay. Returns the families of refresh
    tokens that ended, whose access tokens are refused from now on."""
    await remove_membership(tx, user_id, customer_id)
    await remove_consents_in(tx, user_id, customer_id)
    await end_codes_in(tx, user_id, customer_id, now)
    ended = await revoke_families_in(tx, user_id, customer_id, now, LEFT)
    await add_revocations(tx, ended, now=now, expires_at=now + LONGEST_TOKEN)
    return ended


def _opens_less(
    before: Membership,
    after: Membership,
    had: tuple[Sequence[SiteId], Sequence[UnitId]],
    has: tuple[Sequence[SiteId], Sequence[UnitId]],
) -> bool:
    if before.role == "administrator" and after.role != "administrator":
        return True
    if after.reach == "all":
        return False
    return before.reach == "all" or any(set(old) - set(new) for old, new in zip(had, has, strict=True))
