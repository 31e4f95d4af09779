"""What is held about a person, table by table, for a copy that is given to them (docs/people.md names every member).

No digest or secret, and of what others did or are, nothing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import BindParameter, ColumnElement, Table, bindparam, or_, select

from hoistway.store.account_attributes import ACCOUNT_ATTRIBUTES
from hoistway.store.actor_uses import ACTOR_USES
from hoistway.store.audit import AUDIT
from hoistway.store.brownouts import BROWNOUTS
from hoistway.store.carried_accounts import CARRIED_ACCOUNTS
from hoistway.store.consents import CONSENTED_SCOPES, CONSENTS_BEFORE
from hoistway.store.db import Reader, Statement
from hoistway.store.families import FAMILIES
from hoistway.store.flow_uses import FLOW_USES
from hoistway.store.former_identities import FORMER_IDENTITIES
from hoistway.store.handed_over import HANDED_OVER
from hoistway.store.identities import IDENTITIES
from hoistway.store.known_browsers import KNOWN_BROWSERS
from hoistway.store.links import LINKS
from hoistway.store.memberships import MEMBERSHIP_SITES, MEMBERSHIP_UNITS, MEMBERSHIPS
from hoistway.store.messages import MESSAGES
from hoistway.store.one_time_codes import ONE_TIME_CODES
from hoistway.store.outbox import OUTBOX
from hoistway.store.passkeys import PASSKEYS
from hoistway.store.person_words import PERSON_WORDS
from hoistway.store.personal import (
    Which,
    is_attribute,
    is_carried,
    is_change_of_account,
    is_failed_sign_in,
    is_family,
    is_further_name,
    is_mail,
    like,
)
from hoistway.store.proposals import PROPOSALS
from hoistway.store.recovery_codes import RECOVERY_CODES
from hoistway.store.remembered_devices import REMEMBERED_DEVICES
from hoistway.store.requests import REQUESTS
from hoistway.store.scim_people import SCIM_PEOPLE
from hoistway.store.scim_tokens import SCIM_TOKENS
from hoistway.store.sessions import SESSIONS
from hoistway.store.sign_in_names import SIGN_IN_NAMES
from hoistway.store.subscriptions import SUBSCRIPTIONS
from hoistway.store.throttle import THROTTLE
from hoistway.store.users import USERS

MOST: Final = 10_000
"""Rows of one member in a copy: more than a person has, but for the audit trail."""
Row = dict[str, Any]


class Copied(Struct, frozen=True):
    """`name` is the member of the copy, `columns` what each of its rows holds."""

    name: str
    columns: tuple[str, ...]
    rows: Statement[Row]


def _named(columns: tuple[str, ...]) -> Callable[..., Row]:
    return lambda *values: dict(zip(columns, values, strict=True))


def _member(name: str, table: Table, which: Which, words: str) -> Copied:
    columns = tuple(words.split())
    order = list(table.primary_key.columns)
    rows = Statement(
        lambda: select(*(table.c[column] for column in columns)).where(which()).order_by(*order).limit(MOST),
        _named(columns),
    )
    return Copied(name, columns, rows)


_PERSON: BindParameter[str] = bindparam("person")


def _decided() -> ColumnElement[bool]:
    return or_(REQUESTS.c.decided_by == _PERSON, REQUESTS.c.second_by == _PERSON)


def _granted() -> ColumnElement[bool]:
    return or_(SUBSCRIPTIONS.c.decided_by == _PERSON, SUBSCRIPTIONS.c.first_by == _PERSON)


def _by_two() -> ColumnElement[bool]:
    return or_(PROPOSALS.c.asked_by == _PERSON, PROPOSALS.c.decided_by == _PERSON)


MEMBERS: Sequence[Copied] = (
    _member(
        "account", USERS, lambda: USERS.c.id == _PERSON,
        "id username name emails flags locale home_customer_id created_at password_changed_at disabled_at ended_at",
    ),
    _member("found_by", PERSON_WORDS, lambda: PERSON_WORDS.c.user_id == _PERSON, "word"),
    _member("memberships", MEMBERSHIPS, lambda: MEMBERSHIPS.c.user_id == _PERSON, "customer_id role reach created_at"),
    _member("membership_sites", MEMBERSHIP_SITES, lambda: MEMBERSHIP_SITES.c.user_id == _PERSON, "customer_id site_id"),
    _member("membership_units", MEMBERSHIP_UNITS, lambda: MEMBERSHIP_UNITS.c.user_id == _PERSON, "customer_id unit_id"),
    _member(
        "consents", CONSENTED_SCOPES, lambda: CONSENTED_SCOPES.c.user_id == _PERSON, "client_id customer_id api_id scope granted_at"
    ),
    _member("earlier_consents", CONSENTS_BEFORE, lambda: CONSENTS_BEFORE.c.user_id == _PERSON, "client_id scope granted_at"),
    _member(
        "sessions", SESSIONS, lambda: SESSIONS.c.user_id == _PERSON,
        "customer_id acting_for auth_time created_at expires_at amr proven_at agent network begun_at last_used_at last_network",
    ),
    _member("one_time_codes", ONE_TIME_CODES, lambda: ONE_TIME_CODES.c.user_id == _PERSON, "created_at last_used_at"),
    _member("recovery_codes", RECOVERY_CODES, lambda: RECOVERY_CODES.c.user_id == _PERSON, "created_at used_at"),
    _member("passkeys", PASSKEYS, lambda: PASSKEYS.c.user_id == _PERSON, "id name created_at last_used_at"),
    _member(
        "remembered_devices", REMEMBERED_DEVICES, lambda: REMEMBERED_DEVICES.c.user_id == _PERSON,
        "agent created_at last_used_at expires_at",
    ),
    _member(
        "known_browsers", KNOWN_BROWSERS, lambda: KNOWN_BROWSERS.c.user_id == _PERSON, "created_at last_used_at password_changed_at"
    ),
    _member("identities", IDENTITIES, lambda: IDENTITIES.c.user_id == _PERSON, "provider_id subject how created_at"),
    _member("former_identities", FORMER_IDENTITIES, lambda: FORMER_IDENTITIES.c.user_id == _PERSON, "issuer subject"),
    _member("sign_in_names", SIGN_IN_NAMES, is_further_name, "name"),
    _member("attributes", ACCOUNT_ATTRIBUTES, is_attribute, "tenant_id name value"),
    _member(
        "pushed_by_directories", SCIM_PEOPLE, lambda: SCIM_PEOPLE.c.user_id == _PERSON,
        "customer_id user_name external_id display_name details active created_at changed_at",
    ),
    _member(
        "refresh_tokens", FAMILIES, is_family,
        "client_id customer_id scope resource auth_time amr created_at rotated_at idle_expires_at expires_at revoked_at",
    ),
    _member("calls", ACTOR_USES, lambda: ACTOR_USES.c.actor == _PERSON, "customer_id client_id day calls refused"),
    _member("legacy_flows", FLOW_USES, lambda: FLOW_USES.c.actor == _PERSON, "client_id customer_id flow day uses last_used_at"),
    _member(
        "failed_sign_ins", THROTTLE, is_failed_sign_in,
        "failures minute_failures day_failures week_failures blocked_until changed_at",
    ),
    _member("links", LINKS, lambda: LINKS.c.user_id == _PERSON, "kind created_at expires_at used_at"),
    _member("invitations", LINKS, lambda: LINKS.c.made_by == _PERSON, "customer_id created_at expires_at used_at"),
    _member("directory_tokens", SCIM_TOKENS, lambda: SCIM_TOKENS.c.made_by == _PERSON, "customer_id created_at expires_at last_used_at"),
    _member("password_handed_over", HANDED_OVER, lambda: HANDED_OVER.c.user_id == _PERSON, "handed_at"),
    _member("password_of_older_system", CARRIED_ACCOUNTS, is_carried, "tenant_id sent_name state last_asked_at changed_at"),
    _member("mails", OUTBOX, is_mail, "recipient subject plain created_at"),
    _member(
        "requests", REQUESTS, lambda: REQUESTS.c.requested_by == _PERSON,
        "id customer_id kind name type redirect_uris purpose reason environment state created_at changed_at",
    ),
    _member("requests_decided", REQUESTS, _decided, "id customer_id state decided_at"),
    _member("messages", MESSAGES, lambda: MESSAGES.c.author == _PERSON, "request_id at side event text"),
    _member(
        "subscriptions", SUBSCRIPTIONS, lambda: SUBSCRIPTIONS.c.asked_by == _PERSON,
        "id customer_id product_id name state answer created_at changed_at",
    ),
    _member("subscriptions_decided", SUBSCRIPTIONS, _granted, "id customer_id state decided_at"),
    _member("changes_of_the_account", PROPOSALS, is_change_of_account, "before after state created_at decided_at"),
    _member("changes_decided", PROPOSALS, _by_two, "id kind state created_at decided_at"),
    _member("brownouts", BROWNOUTS, lambda: BROWNOUTS.c.created_by == _PERSON, "flow starts_at ends_at note created_at"),
)  # fmt: skip
TRAIL: Final = ("at", "event", "client_id", "customer_id", "detail")
"""Of each entry of the audit trail, of those by the person or about them."""
_A = AUDIT.c
_ENTRIES = Statement(
    lambda: (
        select(_A.id, _A.at, _A.event, _A.actor, _A.client_id, _A.customer_id, _A.detail)
        .where(or_(_A.actor == _PERSON, _A.detail.like(bindparam("about"), escape="/")))
        .order_by(_A.id.desc())
        .limit(bindparam("most"))
    ),
    lambda *values: dict(
        zip(("id", "at", "event", "actor", "client_id", "customer_id", "detail"), values, strict=True)
    ),
)


async def rows_of(db: Reader, member: Copied, params: Mapping[str, Any]) -> list[Row]:
    return await db.all(member.rows, params)


def entries_about(person: str, most: int) -> tuple[Statement[Row], Mapping[str, Any]]:
    """Of the audit trail, by the person or naming them, the newest first: the whole trail is looked through, so give it to
    `Database.slow`."""
    return _ENTRIES, {"person": person, "about": like(f'"{person}"'), "most": most}
