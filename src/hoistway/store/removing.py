"""Deleting a thing for good, where nothing hangs on it: what counts as hanging, and what goes along as a part of it
(docs/adr/0034-things.md).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import Struct
from sqlalchemy import BindParameter, ColumnElement, Table, bindparam, delete, func, literal_column, or_, select

from hoistway.store.account_attributes import remove_attributes
from hoistway.store.apis import APIS
from hoistway.store.carried_accounts import remove_carried
from hoistway.store.change_row import take_turn_of
from hoistway.store.client_uses import CLIENT_USES
from hoistway.store.clients import CLIENTS
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.families import FAMILIES
from hoistway.store.links import LINKS
from hoistway.store.memberships import MEMBERSHIP_SITES, MEMBERSHIP_UNITS, MEMBERSHIPS
from hoistway.store.products import PRODUCTS
from hoistway.store.providers import PROVIDERS
from hoistway.store.requests import OPEN, REQUESTS, in_states
from hoistway.store.scim_people import SCIM_PEOPLE
from hoistway.store.scim_tokens import SCIM_TOKENS
from hoistway.store.service_accounts import SERVICE_ACCOUNTS
from hoistway.store.sign_in_names import remove_sign_in_names
from hoistway.store.sites import SITES
from hoistway.store.subscriptions import SUBSCRIPTIONS
from hoistway.store.tenants import TENANTS
from hoistway.store.unit_access import UNIT_ACCESS
from hoistway.store.units import UNITS
from hoistway.store.usage_days import USAGE_DAYS
from hoistway.store.users import USERS

MOST: Final = 1000
_ID: BindParameter[str] = bindparam("id")
_QUOTED: BindParameter[str] = bindparam("quoted")
_BEFORE: BindParameter[int] = bindparam("before")
QUIET: Final = 3600
"""Seconds for which something that programs use must have been disabled: until then every process has written down its
use, which refers to it."""


class Hanging(Struct, frozen=True):
    """`what` ends a key of the words, `hangs_…`; `count` is at most MOST + 1."""

    what: str
    count: int


class _Hook(Struct, frozen=True):
    """Rows of the table that meet the condition hang on the thing with the id `id`."""

    what: str
    table: Table
    where: Callable[[], ColumnElement[bool]]

    def count(self) -> Statement[int]:
        return Statement(
            lambda: select(func.count()).select_from(
                select(literal_column("1").label("one"))
                .select_from(self.table)
                .where(self.where())
                .limit(MOST + 1)
                .subquery()
            ),
            int,
        )


def _is_enabled(table: Table) -> ColumnElement[bool]:
    return or_(table.c.disabled_at.is_(None), table.c.disabled_at > _BEFORE)


KINDS: Final[Mapping[str, Table]] = {
    "customers": CUSTOMERS, "sites": SITES, "units": UNITS, "accounts": SERVICE_ACCOUNTS, "applications": CLIENTS,
    "apis": APIS, "tenants": TENANTS,
}  # fmt: skip
"""What can be deleted. People are erased instead (docs/adr/0023-erasing.md); products stay for what was sold."""
HOOKS: Final[Mapping[str, Sequence[_Hook]]] = {
    "customers": (
        _Hook("people", MEMBERSHIPS, lambda: MEMBERSHIPS.c.customer_id == _ID),
        _Hook("home", USERS, lambda: USERS.c.home_customer_id == _ID),
        _Hook("accounts", SERVICE_ACCOUNTS, lambda: SERVICE_ACCOUNTS.c.customer_id == _ID),
        _Hook("applications", CLIENTS, lambda: CLIENTS.c.customer_id == _ID),
        _Hook("units", UNIT_ACCESS, lambda: UNIT_ACCESS.c.customer_id == _ID),
        _Hook("subscriptions", SUBSCRIPTIONS, lambda: SUBSCRIPTIONS.c.customer_id == _ID),
        _Hook("requests", REQUESTS, lambda: REQUESTS.c.customer_id == _ID),
        _Hook("invitations", LINKS, lambda: (LINKS.c.customer_id == _ID) & LINKS.c.used_at.is_(None)),
        _Hook("providers", PROVIDERS, lambda: PROVIDERS.c.customer_id == _ID),
        _Hook("directories", SCIM_TOKENS, lambda: SCIM_TOKENS.c.customer_id == _ID),
        _Hook("pushed", SCIM_PEOPLE, lambda: SCIM_PEOPLE.c.customer_id == _ID),
        _Hook("use", USAGE_DAYS, lambda: USAGE_DAYS.c.customer_id == _ID),
    ),
    "sites": (
        _Hook("units", UNITS, lambda: UNITS.c.site_id == _ID),
        _Hook("reaches", MEMBERSHIP_SITES, lambda: MEMBERSHIP_SITES.c.site_id == _ID),
    ),
    "units": (
        _Hook("customers", UNIT_ACCESS, lambda: UNIT_ACCESS.c.unit_id == _ID),
        _Hook("reaches", MEMBERSHIP_UNITS, lambda: MEMBERSHIP_UNITS.c.unit_id == _ID),
    ),
    "accounts": (_Hook("applications", CLIENTS, lambda: CLIENTS.c.service_account_id == _ID),),
    "applications": (
        _Hook("enabled_lately", CLIENTS, lambda: (CLIENTS.c.id == _ID) & _is_enabled(CLIENTS)),
        _Hook("tokens", CLIENT_USES, lambda: CLIENT_USES.c.client_id == _ID),
        _Hook("grants", FAMILIES, lambda: FAMILIES.c.client_id == _ID),
        _Hook("subscriptions", SUBSCRIPTIONS, lambda: SUBSCRIPTIONS.c.client_id == _ID),
        _Hook("apis", APIS, lambda: APIS.c.client_id == _ID),
        _Hook("requests", REQUESTS, lambda: (REQUESTS.c.client_id == _ID) & in_states(*OPEN)),
    ),
    "apis": (
        _Hook("products", PRODUCTS, lambda: PRODUCTS.c.apis.contains(_QUOTED)),
        _Hook("subscriptions", SUBSCRIPTIONS, lambda: SUBSCRIPTIONS.c.api_id == _ID),
    ),
    "tenants": (_Hook("enabled_lately", TENANTS, lambda: (TENANTS.c.id == _ID) & _is_enabled(TENANTS)),),
}
PARTS: Final[frozenset[tuple[str, str]]] = frozenset({
    ("customers", "links"), ("customers", "unit_removals"), ("customers", "scim_groups"), ("customers", "scim_roles"),
    ("customers", "consents"), ("customers", "consented_scopes"),
    # Of places, which hang on it themselves.
    ("customers", "membership_sites"), ("customers", "membership_units"),
    ("applications", "client_secrets"), ("applications", "client_uris"), ("applications", "client_logos"),
    ("applications", "codes"), ("applications", "consents"), ("applications", "consented_scopes"),
    ("applications", "flow_uses"), ("applications", "legacy_uses"), ("applications", "application_sessions"),
    ("accounts", "password_uses"),
    ("tenants", "tenant_names"), ("tenants", "policies"), ("tenants", "tenant_connections"), ("tenants", "carried_accounts"),
    ("tenants", "account_attributes"),
})  # fmt: skip
"""Tables whose rows go along with the thing."""
_COUNTS: Final = {kind: tuple((hook.what, hook.count()) for hook in hooks) for kind, hooks in HOOKS.items()}


def _lock(table: Table) -> Statement[str]:
    # The strongest lock: whoever is about to add a row that refers to this one waits, or came before and is counted.
    return Statement(lambda: select(table.c.id).where(table.c.id == _ID).with_for_update(), str)


def _delete(table: Table) -> Statement[None]:
    return Statement(lambda: delete(table).where(table.c.id == _ID), nothing)


_LOCK: Final = {kind: _lock(table) for kind, table in KINDS.items()}
_DELETE: Final = {kind: _delete(table) for kind, table in KINDS.items()}


async def lock_whole(tx: Writer, kind: str, row_id: str) -> None:
    """Until the transaction ends, nothing can be hung on it."""
    await take_turn_of(tx, kind)
    await tx.one(_LOCK[kind], {"id": row_id})


async def hanging_on(db: Reader, kind: str, row_id: str, now: int) -> list[Hanging]:
    """What keeps a thing from being deleted."""
    asked = {"id": row_id, "quoted": f'"{row_id}"', "before": now - QUIET}
    found = [Hanging(what, await db.one(count, asked) or 0) for what, count in _COUNTS[kind]]
    return [one for one in found if one.count]


async def remove_row(tx: Writer, kind: str, row_id: str) -> bool:
    """With its parts. The caller judged what hangs on it, under the lock."""
    if kind == "accounts":
        # They refer to two tables, so no foreign key removes them.
        await remove_carried(tx, "service_account", row_id)
        await remove_sign_in_names(tx, "service_account", row_id)
        await remove_attributes(tx, "service_account", row_id)
    return await tx.run(_DELETE[kind], {"id": row_id}) == 1
