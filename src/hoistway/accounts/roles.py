"""Changes of roles, and the end of an account; an operator always remains (docs/adr/0012-two-approve.md).

Every function takes the locked row of the person.
"""

from hoistway.protocol.roles import may
from hoistway.store.consents import remove_consents_of
from hoistway.store.db import Writer
from hoistway.store.families import revoke_families_of
from hoistway.store.operators import lapse_approvals, lock_operators, set_flags
from hoistway.store.sessions import end_sessions_of
from hoistway.store.users import User, set_user_disabled


class LastOperator(Exception):
    """Without this account nobody could change anything at the console; nothing was changed."""


async def change_flags(tx: Writer, person: User, flags: tuple[str, ...], now: int) -> None:
    """Raises LastOperator."""
    ends = may(person.flags, "change") and not may(flags, "change")
    if ends:
        await check_others(tx, person)
    await set_flags(tx, person.id, flags)
    if ends:
        await lapse_approvals(tx, person.id, now)


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
