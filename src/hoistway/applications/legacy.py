"""Who uses a legacy flow, and who should be told before it is switched off: the same for console and command line."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from hoistway.protocol.ids import CustomerId
from hoistway.settings import DAY
from hoistway.store.db import Database
from hoistway.store.legacy_users import Contact, LegacyUser, contacts_of, legacy_users

DAYS: Final = 30
FLOWS: Final = ("password", "implicit")


class Notice(Struct, frozen=True):
    """One account with one application. `tell` are the living administrators of its customer, then those of the
    application's owner."""

    user: LegacyUser
    tell: tuple[Contact, ...]


def to_tell(user: LegacyUser, contacts: Mapping[CustomerId, Sequence[Contact]]) -> tuple[Contact, ...]:
    """Each person once, even if they administer both."""
    found: dict[str, Contact] = {}
    for customer_id in (user.customer_id, user.owner_id):
        if customer_id is not None:
            for contact in contacts.get(customer_id, ()):
                found.setdefault(contact.user_id, contact)
    return tuple(found.values())


async def find_notices(
    db: Database, now: int, *, flow: str | None = None, days: int = DAYS, most: int = 100
) -> list[Notice]:
    """The accounts with the most uses come first. Raises Busy."""
    since = now - days * DAY
    users = await legacy_users(db, since, flow, most)
    contacts = await contacts_of(db, since) if users else {}
    return [Notice(user, to_tell(user, contacts)) for user in users]
