"""Changes of roles, and the end of an account; an operator always remains (docs/adr/0012-two-approve.md), and somebody
who administers a customer.

Functions that take a person take the locked row.
"""

from hoistway.protocol.email_domain import domain_of
from hoistway.protocol.ids import CustomerId, UserId
from hoistway.protocol.roles import gives, may
from hoistway.store.consents import remove_consents_of
from hoistway.store.db import Reader, Writer
from hoistway.store.families import revoke_families_of
from hoistway.store.members import lock_administrators
from hoistway.store.operators import lapse_approvals, lock_operators, set_flags
from hoistway.store.provider_domains import proved_by
from hoistway.store.sessions import end_sessions_of
from hoistway.store.users import User, set_user_disabled


class LastOperator(Exception):
    """Without this account nobody could change anything at the console; nothing was changed."""


class OnlyAdministrator(Exception):
    """Nobody else with an enabled account administers this customer; nothing was changed."""

    def __init__(self, customer_id: CustomerId) -> None:
        self.customer_id = customer_id
        super().__init__(customer_id)


class SignsInElsewhere(Exception):
    """An address of the account is in a domain that leads to a customer's provider, so its owner could not sign in
    here; nothing was changed."""


async def change_flags(tx: Writer, person: User, flags: tuple[str, ...], now: int) -> None:
    """Whoever is given more signs in anew, because more may be asked of them now (docs/adr/0030-factors.md). Raises
    LastOperator, SignsInElsewhere."""
    if set(flags) - set(person.flags):
        await check_signs_in_here(tx, person)
    ends = may(person.flags, "change") and not may(flags, "change")
    if ends:
        await check_others(tx, person)
    await set_flags(tx, person.id, flags)
    if ends:
        await lapse_approvals(tx, person.id, now)
    if gives(person.flags, flags):
        await end_sessions_of(tx, person.id)


async def check_signs_in_here(db: Reader, person: User) -> None:
    """For staff. Raises SignsInElsewhere, also where the provider is off at the moment."""
    for name in (person.username, *person.emails):
        domain = domain_of(name)
        if domain is not None and await proved_by(db, domain) is not None:
            raise SignsInElsewhere


async def switch_person(tx: Writer, person: User, disabled_at: int | None, now: int) -> None:
    """Disables the account at the given time, or enables it with None. Raises LastOperator."""
    if disabled_at is not None and may(person.flags, "change"):
        await check_others(tx, person)
        await lapse_approvals(tx, person.id, now)
    await set_user_disabled(tx, person.id, disabled_at)
    if disabled_at is not None:
        # Enabling restores the account, but nothing that it had given.
        await end_sessions_of(tx, person.id)
        await revoke_families_of(tx, "user", person.id, now, "the account was disabled")
        await remove_consents_of(tx, person.id)


async def check_others(tx: Writer, person: User) -> None:
    """Locks all operators, so that of two who end each other one comes after the other. Raises LastOperator."""
    if await lock_operators(tx) == [person.id]:
        raise LastOperator


async def check_administered(tx: Writer, customer_id: CustomerId, without: UserId) -> None:
    """For each way in which an administrator ends to be one. Locks all of the customer's, so that of two who end each
    other one comes after the other. Whose account is disabled is asked about, too: enabled again, they would be the one
    who is missing. Raises OnlyAdministrator."""
    if not set(await lock_administrators(tx, customer_id)) - {without}:
        raise OnlyAdministrator(customer_id)
