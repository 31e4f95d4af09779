"""Who is told what an operator decided about something of a customer: whoever asked for it, while they belong to that customer."""

from typing import Final

from hoistway.protocol.ids import CustomerId, UserId
from hoistway.store.db import Reader
from hoistway.store.members import find_administrators
from hoistway.store.memberships import find_membership
from hoistway.store.users import User, find_user

MOST: Final = 5
"""How many administrators hear of it instead."""


async def readers_of(db: Reader, customer_id: CustomerId, asked_by: UserId) -> list[tuple[User, bool]]:
    """Each with whether they asked for it. An operator who acted for the customer, whoever has left it and whoever's account is
    disabled are told nothing of it: its administrators are."""
    asker = await find_user(db, asked_by)
    if asker is not None and asker.disabled_at is None and await find_membership(db, asked_by, customer_id) is not None:
        return [(asker, True)]
    found = [await find_user(db, one) for one in await find_administrators(db, customer_id, MOST)]
    return [(one, False) for one in found if one is not None]
