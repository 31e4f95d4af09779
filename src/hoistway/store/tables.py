"""Every table, so that importing this module fills the MetaData."""

from typing import Final

from sqlalchemy import column, func, select, table

from hoistway.store.account_attributes import ACCOUNT_ATTRIBUTES
from hoistway.store.actor_uses import ACTOR_USES
from hoistway.store.apis import APIS
from hoistway.store.application_sessions import APPLICATION_SESSIONS
from hoistway.store.audit import AUDIT
from hoistway.store.audit_chain import AUDIT_CHAIN, AUDIT_REWRITTEN
from hoistway.store.audit_seals import AUDIT_SEALS
from hoistway.store.branding import BRANDING
from hoistway.store.brownouts import BROWNOUTS
from hoistway.store.bulk_jobs import BULK_JOBS
from hoistway.store.bulk_lines import BULK_LINES
from hoistway.store.carried_accounts import CARRIED_ACCOUNTS
from hoistway.store.client_logos import CLIENT_LOGOS
from hoistway.store.client_secrets import CLIENT_SECRETS
from hoistway.store.client_uses import CLIENT_USES
from hoistway.store.clients import CLIENT_URIS, CLIENTS
from hoistway.store.codes import CODES
from hoistway.store.consents import CONSENTED_SCOPES, CONSENTS_BEFORE
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Reader, Statement
from hoistway.store.erasures import ERASURES
from hoistway.store.families import FAMILIES
from hoistway.store.flow_uses import FLOW_USES
from hoistway.store.former_identities import FORMER_IDENTITIES
from hoistway.store.handed_over import HANDED_OVER
from hoistway.store.idempotency_keys import IDEMPOTENCY_KEYS
from hoistway.store.identities import IDENTITIES
from hoistway.store.imports import IMPORTS
from hoistway.store.jobs import JOBS
from hoistway.store.kept_forms import KEPT_FORMS
from hoistway.store.keys import KEYS
from hoistway.store.known_browsers import KNOWN_BROWSERS
from hoistway.store.legacy_uses import LEGACY_USES
from hoistway.store.limit_counts import LIMIT_COUNTS
from hoistway.store.links import LINKS
from hoistway.store.managed_things import MANAGED_THINGS
from hoistway.store.memberships import MEMBERSHIP_SITES, MEMBERSHIP_UNITS, MEMBERSHIPS
from hoistway.store.messages import MESSAGES
from hoistway.store.one_time_codes import ONE_TIME_CODES
from hoistway.store.outbox import OUTBOX
from hoistway.store.passkeys import PASSKEYS
from hoistway.store.password_uses import PASSWORD_USES
from hoistway.store.person_words import PERSON_WORDS
from hoistway.store.products import PRODUCTS
from hoistway.store.proposals import PROPOSALS
from hoistway.store.provider_domains import PROVIDER_DOMAINS
from hoistway.store.provider_sessions import PROVIDER_SESSIONS, SPENT_STATES
from hoistway.store.providers import PROVIDERS
from hoistway.store.recent_requests import RECENT_REQUESTS
from hoistway.store.recovery_codes import RECOVERY_CODES
from hoistway.store.remembered_devices import REMEMBERED_DEVICES
from hoistway.store.request_looks import REQUEST_LOOKS
from hoistway.store.requests import REQUESTS
from hoistway.store.restores import RESTORES
from hoistway.store.revocations import REVOCATIONS
from hoistway.store.scim_groups import SCIM_GROUP_MEMBERS, SCIM_GROUPS
from hoistway.store.scim_people import SCIM_PEOPLE
from hoistway.store.scim_roles import SCIM_ROLES
from hoistway.store.scim_tokens import SCIM_TOKENS
from hoistway.store.secrets import SECRETS
from hoistway.store.service_accounts import SERVICE_ACCOUNTS
from hoistway.store.sessions import SESSIONS
from hoistway.store.sign_in_names import SIGN_IN_NAMES
from hoistway.store.sites import SITES
from hoistway.store.subscription_keys import SUBSCRIPTION_KEYS
from hoistway.store.subscriptions import SUBSCRIPTIONS
from hoistway.store.tenant_connections import TENANT_CONNECTIONS
from hoistway.store.tenants import POLICIES, TENANT_NAMES, TENANTS
from hoistway.store.throttle import THROTTLE
from hoistway.store.unit_access import UNIT_ACCESS
from hoistway.store.unit_removals import UNIT_REMOVALS
from hoistway.store.unit_revisions import UNIT_REVISIONS
from hoistway.store.units import UNITS
from hoistway.store.usage_days import USAGE_DAYS
from hoistway.store.usage_hours import USAGE_HOURS
from hoistway.store.usage_losses import USAGE_LOSSES
from hoistway.store.usage_writers import USAGE_WRITERS
from hoistway.store.used_forms import USED_FORMS
from hoistway.store.users import USERS
from hoistway.store.withdrawn_scopes import WITHDRAWN_SCOPES

TABLES = (
    ACCOUNT_ATTRIBUTES, ACTOR_USES, APIS, APPLICATION_SESSIONS, AUDIT, AUDIT_CHAIN, AUDIT_REWRITTEN, AUDIT_SEALS,
    BRANDING, BROWNOUTS, BULK_JOBS, BULK_LINES, CARRIED_ACCOUNTS, CLIENTS, CLIENT_LOGOS, CLIENT_SECRETS, CLIENT_URIS, CLIENT_USES, CODES,
    CONSENTED_SCOPES, CONSENTS_BEFORE, CUSTOMERS, ERASURES, FAMILIES, FLOW_USES, FORMER_IDENTITIES, HANDED_OVER,
    IDEMPOTENCY_KEYS, IDENTITIES, IMPORTS, JOBS,
    KEPT_FORMS, KEYS, KNOWN_BROWSERS, LEGACY_USES,
    LIMIT_COUNTS, LINKS,
    MANAGED_THINGS, MEMBERSHIPS, MEMBERSHIP_SITES, MEMBERSHIP_UNITS, MESSAGES, ONE_TIME_CODES, OUTBOX, PASSKEYS, PASSWORD_USES, PERSON_WORDS,
    POLICIES, PRODUCTS, PROPOSALS,
    PROVIDERS, PROVIDER_DOMAINS, PROVIDER_SESSIONS, RECENT_REQUESTS,
    RECOVERY_CODES, REMEMBERED_DEVICES, REQUESTS,
    REQUEST_LOOKS, RESTORES, REVOCATIONS, SCIM_GROUPS, SCIM_GROUP_MEMBERS, SCIM_PEOPLE, SCIM_ROLES, SCIM_TOKENS,
    SECRETS, SERVICE_ACCOUNTS, SESSIONS, SIGN_IN_NAMES, SITES, SPENT_STATES, SUBSCRIPTIONS, SUBSCRIPTION_KEYS,
    TENANTS, TENANT_CONNECTIONS, TENANT_NAMES, THROTTLE, UNITS,
    UNIT_ACCESS, UNIT_REMOVALS, UNIT_REVISIONS, USAGE_DAYS, USAGE_HOURS, USAGE_LOSSES, USAGE_WRITERS, USED_FORMS, USERS,
    WITHDRAWN_SCOPES,
)  # fmt: skip

_NAMES: Final = frozenset(table.name for table in TABLES)
_FOUND = Statement(
    lambda: (
        select(column("tablename")).select_from(table("pg_tables")).where(column("schemaname") == func.current_schema())
    ),
    str,
    on_sqlite=lambda: select(column("name")).select_from(table("sqlite_master")).where(column("type") == "table"),
)


async def is_whole(db: Reader) -> bool:
    """True where every table exists: a partly restored database may have the right schema version and lack tables."""
    return frozenset(await db.all(_FOUND, {})) >= _NAMES


async def is_begun(db: Reader) -> bool:
    """True where this or an older version of Hoistway has created tables."""
    found = frozenset(await db.all(_FOUND, {}))
    return "alembic_version" in found and bool(found & _NAMES)
