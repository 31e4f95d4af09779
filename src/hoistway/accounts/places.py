"""A person's place in a customer: how it is chosen, changed and ended, whichever way this happens
(docs/adr/0013-consent.md).

Functions that take a transaction run under the customer's lock.
"""

from collections.abc import Sequence

from hoistway.accounts.roles import check_administered
from hoistway.engine import Engine
from hoistway.protocol.email_domain import domain_of
from hoistway.protocol.ids import CustomerId, FamilyId, SiteId, UnitId, UserId
from hoistway.store.codes import end_codes_in
from hoistway.store.consents import remove_consents_in
from hoistway.store.customers import Customer, lock_customer
from hoistway.store.db import Writer
from hoistway.store.families import revoke_families_in
from hoistway.store.members import limits_of
from hoistway.store.memberships import Membership, lock_membership, put_membership, remove_membership
from hoistway.store.provider_sessions import doubt_other_providers
from hoistway.store.revocations import add_revocations
from hoistway.store.scim_people import keep_last_place
from hoistway.store.sessions import Session, choose_session_customer, lock_session
from hoistway.store.users import User, hold_user, lock_user
from hoistway.tokens.keyring import LONGEST_TOKEN

ADMINISTRATOR = "administrator"
LEFT = "the person left the customer"


async def give_place(
    tx: Writer, row: Membership, sites: Sequence[SiteId] = (), units: Sequence[UnitId] = (), *, now: int
) -> None:
    """Makes or changes it. Where it opens less than before, codes that are not redeemed yet end, because what they give
    was agreed to by somebody who saw more. Tokens always follow the current membership. Raises Conflict where one of
    the ids does not exist, OnlyAdministrator."""
    before = await lock_membership(tx, row.user_id, row.customer_id)
    if before is None:
        # A sign-in at a provider that is about to end waits, or is waited for: it ends before the place is there, or knows it.
        user = await lock_user(tx, row.user_id)
        domain = domain_of(user.emails[0]) if user is not None and user.emails else None
        await doubt_other_providers(tx, row.user_id, row.customer_id, domain or "")
    else:
        if before.role == ADMINISTRATOR != row.role:
            await check_administered(tx, row.customer_id, row.user_id)
        had = await limits_of(tx, row.customer_id, row.user_id)
        if _opens_less(before, row, had, (sites, units)):
            await end_codes_in(tx, row.user_id, row.customer_id, now)
    await put_membership(tx, row, sites, units)


async def end_place(tx: Writer, user_id: UserId, customer_id: CustomerId, now: int) -> list[FamilyId]:
    """Ends everything that was given for it, too; the account and its places in other customers stay. Returns the
    refresh token families that ended, whose access tokens are refused from now on. Raises OnlyAdministrator."""
    before = await lock_membership(tx, user_id, customer_id)
    if before is not None:
        if before.role == ADMINISTRATOR:
            await check_administered(tx, customer_id, user_id)
        await keep_last_place(tx, customer_id, user_id, before.role, before.reach)
    await remove_membership(tx, user_id, customer_id)
    await remove_consents_in(tx, user_id, customer_id)
    await end_codes_in(tx, user_id, customer_id, now)
    ended = await revoke_families_in(tx, user_id, customer_id, now, LEFT)
    await add_revocations(tx, ended, now=now, expires_at=now + LONGEST_TOKEN)
    return ended


async def choose_place(engine: Engine, signed_in: Session, customer_id: CustomerId) -> None:
    """Stores what the person of this session chose on the hosted pages; the portal uses the same choice. Nothing is
    written where the sign-in has ended or the place no longer exists; the next page says so. Nor is anything written
    where an employee acts for a customer: that choice is for one application only, and acting in the portal begins with
    a reason."""
    now = engine.now()
    async with engine.db.write() as tx:
        customer = await lock_customer(tx, customer_id)
        user, session = await hold_user(tx, signed_in.user_id), await lock_session(tx, signed_in.session_digest, now)
        membership = await lock_membership(tx, signed_in.user_id, customer_id)
        is_same = session is not None and session.worth == signed_in.worth
        if is_same and is_open(user, session, customer, membership):
            await choose_session_customer(tx, signed_in.session_digest, customer_id)


def is_open(
    user: User | None, session: Session | None, customer: Customer | None, membership: Membership | None
) -> bool:
    """True where the person of this session has a place in the customer now."""
    if user is None or session is None or user.disabled_at is not None or session.user_id != user.id:
        return False
    if user.has_ended_since(session.auth_time):
        return False
    return membership is not None and customer is not None and customer.disabled_at is None


def _opens_less(
    before: Membership,
    after: Membership,
    had: tuple[Sequence[SiteId], Sequence[UnitId]],
    has: tuple[Sequence[SiteId], Sequence[UnitId]],
) -> bool:
    if before.role == ADMINISTRATOR != after.role:
        return True
    if after.reach == "all":
        return False
    return before.reach == "all" or any(set(old) - set(new) for old, new in zip(had, has, strict=True))
