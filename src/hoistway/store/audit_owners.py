"""Of which customer an entry of the audit trail is: said by whoever writes it, or found by what the entry is about, so that
neither a page nor a command can forget it (docs/adr/0035-chain.md).
"""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace
from sqlalchemy import Table, bindparam, func, literal_column, select

from hoistway.store.audit import Entry, add_entry
from hoistway.store.clients import CLIENTS
from hoistway.store.db import Reader, Statement, Writer
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.providers import PROVIDERS
from hoistway.store.service_accounts import SERVICE_ACCOUNTS
from hoistway.store.subscriptions import SUBSCRIPTIONS
from hoistway.store.unit_access import UNIT_ACCESS
from hoistway.store.users import USERS

ON_PEOPLE: Final = frozenset(
    {
        "factors.reset", "user.added", "user.changed", "user.disabled", "user.enabled", "user.exported",
        "user.password_reset", "user.reset_mailed", "user.sessions_ended", "user.unlocked",
    }
)  # fmt: skip
"""What others do to a person's account. What people do themselves is told to no customer, nor is what concerns the
operator's own people (`user.role_changed`)."""
_NAMES: Final = ("id", "client", "application", "unit")
"""Under which the detail has the id of what an entry is about."""


def _as_it_is(customer_id: str | None) -> str | None:
    return customer_id


def _owner(table: Table) -> Statement[str | None]:
    return Statement(lambda: select(table.c.customer_id).where(table.c.id == bindparam("id")), _as_it_is)


def _only(table: Table, column: str) -> Statement[str | None]:
    """Nothing where there are several: none of them is told what may have happened at another."""
    return Statement(
        lambda: (
            select(func.min(table.c.customer_id)).where(table.c[column] == bindparam("id")).having(func.count() == 1)
        ),
        _as_it_is,
    )


_OF_PERSON: Final = Statement(
    lambda: (
        select(func.min(MEMBERSHIPS.c.customer_id))
        .join(USERS, USERS.c.id == MEMBERSHIPS.c.user_id)
        .where(MEMBERSHIPS.c.user_id == bindparam("id"), USERS.c.flags == literal_column("'[]'"))
        .having(func.count() == 1)
    ),
    _as_it_is,
)
"""Not of the operator's own people: whether they have a second factor is nothing for a customer where they have a place, too."""
_OF: Final[Mapping[str, Statement[str | None]]] = {
    "application": _owner(CLIENTS),
    "secret": _owner(CLIENTS),
    "service_account": _owner(SERVICE_ACCOUNTS),
    "subscription": _owner(SUBSCRIPTIONS),
    "provider": _owner(PROVIDERS),
    "unit": _only(UNIT_ACCESS, "unit_id"),
}
"""By the first word of an event."""


async def write_entry(tx: Writer, entry: Entry) -> None:
    """Adds it, with its customer. Whoever writes that something was removed must say whose it was."""
    if entry.customer_id is None:
        entry = replace(entry, customer_id=await _customer_of(tx, entry))
    await add_entry(tx, entry)


async def _customer_of(tx: Reader, entry: Entry) -> str | None:
    said = entry.detail.get("customer")
    if isinstance(said, str):
        return said
    subject = next((entry.detail[name] for name in _NAMES if name in entry.detail), entry.client_id)
    if not isinstance(subject, str):
        return None
    noun = entry.event.partition(".")[0]
    if noun == "customer":
        return subject
    if entry.event in ON_PEOPLE:
        is_told = entry.actor not in {None, subject} and entry.detail.get("by") != "role"
        return await tx.one(_OF_PERSON, {"id": subject}) if is_told else None
    return await tx.one(_OF[noun], {"id": subject}) if noun in _OF else None
