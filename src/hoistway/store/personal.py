"""Where the tables mention a person, and what happens to each place when the person is erased
(docs/adr/0023-erasing.md). tests/store/test_personal.py judges every column of the schema.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Table,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    null,
    or_,
    select,
    update,
)

from hoistway.store.account_attributes import ACCOUNT_ATTRIBUTES
from hoistway.store.actor_uses import ACTOR_USES
from hoistway.store.application_sessions import APPLICATION_SESSIONS
from hoistway.store.brownouts import BROWNOUTS
from hoistway.store.carried_accounts import CARRIED_ACCOUNTS
from hoistway.store.codes import CODES
from hoistway.store.consents import CONSENTED_SCOPES, CONSENTS_BEFORE
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.families import FAMILIES
from hoistway.store.flow_uses import FLOW_USES
from hoistway.store.former_identities import FORMER_IDENTITIES
from hoistway.store.handed_over import HANDED_OVER
from hoistway.store.identities import IDENTITIES
from hoistway.store.kept_forms import KEPT_FORMS
from hoistway.store.known_browsers import KNOWN_BROWSERS
from hoistway.store.links import LINKS
from hoistway.store.memberships import MEMBERSHIP_SITES, MEMBERSHIP_UNITS, MEMBERSHIPS
from hoistway.store.messages import MESSAGES
from hoistway.store.one_time_codes import ONE_TIME_CODES
from hoistway.store.outbox import OUTBOX
from hoistway.store.passkeys import PASSKEYS
from hoistway.store.person_words import PERSON_WORDS
from hoistway.store.proposals import PROPOSALS
from hoistway.store.provider_sessions import PROVIDER_SESSIONS
from hoistway.store.recovery_codes import RECOVERY_CODES
from hoistway.store.remembered_devices import REMEMBERED_DEVICES
from hoistway.store.requests import REQUESTS
from hoistway.store.scim_people import SCIM_PEOPLE
from hoistway.store.scim_tokens import SCIM_TOKENS
from hoistway.store.sessions import SESSIONS
from hoistway.store.sign_in_names import SIGN_IN_NAMES
from hoistway.store.subscriptions import SUBSCRIPTIONS
from hoistway.store.throttle import THROTTLE
from hoistway.store.used_forms import USED_FORMS
from hoistway.store.users import USERS

ERASED = "[erased]"
Act = Literal["removed", "renamed"]
Which = Callable[[], ColumnElement[bool]]
ADDRESSES = 12
"""How many addresses a person's mails may go to: ten, and the user name."""


class Part(Struct, frozen=True):
    """Rows of one table: either deleted, or kept with a pseudonym instead of the person, and the reason."""

    table: str
    act: Act
    why: str
    count: Statement[int]
    run: Statement[Any]


_PERSON: BindParameter[str] = bindparam("person")
_PSEUDONYM: BindParameter[str] = bindparam("pseudonym")


def _count(table: Table, which: Which) -> Statement[int]:
    return Statement(lambda: select(func.count()).select_from(table).where(which()), int)


def _removed(table: Table, which: Which, why: str) -> Part:
    run = Statement(lambda: delete(table).where(which()), nothing)
    return Part(table.name, "removed", why, _count(table, which), run)


def _own(table: Table, why: str) -> Part:
    return _removed(table, lambda: table.c.user_id == _PERSON, why)


def _changed(table: Table, which: Which, why: str, **values: ColumnElement[Any]) -> Part:
    run = Statement(lambda: update(table).where(which()).values(values), nothing)
    return Part(table.name, "renamed", why, _count(table, which), run)


def _renamed(table: Table, column: str, why: str) -> Part:
    return _changed(table, lambda: table.c[column] == _PERSON, why, **{column: _PSEUDONYM})


def is_mail() -> ColumnElement[bool]:
    """Waits to be sent to one of the person's addresses."""
    return OUTBOX.c.recipient.in_([bindparam(f"address{slot}") for slot in range(ADDRESSES)])


def is_failed_sign_in() -> ColumnElement[bool]:
    return or_(THROTTLE.c.subject == bindparam("account"), THROTTLE.c.account == bindparam("account"))


def is_family() -> ColumnElement[bool]:
    return and_(FAMILIES.c.subject_kind == literal_column("'user'"), FAMILIES.c.subject_id == _PERSON)


def is_carried() -> ColumnElement[bool]:
    return and_(CARRIED_ACCOUNTS.c.kind == literal_column("'user'"), CARRIED_ACCOUNTS.c.account_id == _PERSON)


def is_further_name() -> ColumnElement[bool]:
    return and_(SIGN_IN_NAMES.c.kind == literal_column("'user'"), SIGN_IN_NAMES.c.owner_id == _PERSON)


def is_attribute() -> ColumnElement[bool]:
    return and_(ACCOUNT_ATTRIBUTES.c.kind == literal_column("'user'"), ACCOUNT_ATTRIBUTES.c.account_id == _PERSON)


def is_change_of_account() -> ColumnElement[bool]:
    return and_(PROPOSALS.c.kind == literal_column("'person'"), PROPOSALS.c.subject_id == _PERSON)


def _wrote() -> ColumnElement[bool]:
    return and_(MESSAGES.c.author == _PERSON, MESSAGES.c.side == literal_column("'customer'"))


def _said() -> ColumnElement[bool]:
    return and_(MESSAGES.c.author == _PERSON, MESSAGES.c.side != literal_column("'customer'"))


def _of_session() -> ColumnElement[bool]:
    return PROVIDER_SESSIONS.c.session_digest.in_(
        select(SESSIONS.c.session_digest).where(SESSIONS.c.user_id == _PERSON)
    )


def _is_pushed() -> ColumnElement[bool]:
    named = SCIM_PEOPLE.c.user_name_key.in_([bindparam(f"address{slot}") for slot in range(ADDRESSES)])
    return or_(SCIM_PEOPLE.c.user_id == _PERSON, and_(SCIM_PEOPLE.c.user_id.is_(None), named))


_DECISION = "a decision of the operator, which others rely on"
TRACES: Sequence[Part] = (
    _removed(PROVIDER_SESSIONS, _of_session, "what a sign-in at the company's provider left"),
    _own(SESSIONS, "a sign-in"),
    _changed(
        APPLICATION_SESSIONS, lambda: APPLICATION_SESSIONS.c.user_id == _PERSON,
        "an application that is still to be told that a session ended", user_id=null(),
    ),
    _own(ONE_TIME_CODES, "a second factor"),
    _own(RECOVERY_CODES, "a second factor"),
    _own(PASSKEYS, "a second factor"),
    _own(REMEMBERED_DEVICES, "a browser of the person"),
    _removed(CARRIED_ACCOUNTS, is_carried, "that the password came from an older system"),
    _own(KNOWN_BROWSERS, "a browser in which the person signed in"),
    _own(IDENTITIES, "who the person is at the company's provider"),
    _own(FORMER_IDENTITIES, "who the person was at the old system's providers"),
    _removed(SIGN_IN_NAMES, is_further_name, "further names to sign in with"),
    _removed(ACCOUNT_ATTRIBUTES, is_attribute, "what the old system's directory said of the person"),
    _own(PERSON_WORDS, "what the person is found by"),
    _own(MEMBERSHIPS, "a place in a customer"),
    _own(MEMBERSHIP_SITES, "what the place opens"),
    _own(MEMBERSHIP_UNITS, "what the place opens"),
    _own(CONSENTED_SCOPES, "what the person allowed applications"),
    _own(CONSENTS_BEFORE, "what the person allowed applications"),
    _own(KEPT_FORMS, "what was typed and not sent"),
    _own(USED_FORMS, "forms that were sent"),
    _removed(SCIM_PEOPLE, _is_pushed, "what a customer's directory said of the person"),
    _own(HANDED_OVER, "that the password was handed over"),
    _own(LINKS, "links that were mailed to the person"),
    _renamed(LINKS, "made_by", "an invitation to a customer"),
    _renamed(SCIM_TOKENS, "made_by", "a token of a customer's directory"),
    _removed(FAMILIES, is_family, "refresh tokens"),
    _removed(CODES, lambda: CODES.c.terms.like(bindparam("in_terms"), escape="/"), "authorization codes"),
    _removed(ACTOR_USES, lambda: ACTOR_USES.c.actor == _PERSON, "how often the person called; sums of applications stay"),
    _removed(FLOW_USES, lambda: FLOW_USES.c.actor == _PERSON, "how often the person used which flow; sums of applications stay"),
    _removed(OUTBOX, is_mail, "mail that waits to be sent to the person"),
    _removed(THROTTLE, is_failed_sign_in, "failed sign-ins"),
    _changed(
        MESSAGES, _wrote, "what the person wrote for a customer: its text is taken out",
        author=_PSEUDONYM, text=literal_column(f"'{ERASED}'"),
    ),
    _changed(MESSAGES, _said, _DECISION, author=_PSEUDONYM),
    _renamed(REQUESTS, "requested_by", "a request of the customer"),
    _renamed(REQUESTS, "decided_by", _DECISION),
    _renamed(REQUESTS, "second_by", _DECISION),
    _renamed(SUBSCRIPTIONS, "asked_by", "a subscription of the customer"),
    _renamed(SUBSCRIPTIONS, "decided_by", _DECISION),
    _renamed(SUBSCRIPTIONS, "first_by", _DECISION),
    _changed(
        PROPOSALS, is_change_of_account, "a change of the person's account, decided by two",
        subject_id=_PSEUDONYM, subject_name=_PSEUDONYM,
    ),
    _renamed(PROPOSALS, "asked_by", _DECISION),
    _renamed(PROPOSALS, "decided_by", _DECISION),
    _renamed(BROWNOUTS, "created_by", _DECISION),
)  # fmt: skip
"""All but the account: it goes last, and what a request under way wrote behind it goes by these again."""
ACCOUNT = _removed(USERS, lambda: USERS.c.id == _PERSON, "the account: name, addresses, password digest, roles")


def like(text: str) -> str:
    """A pattern that finds the text anywhere, whatever characters it contains."""
    for letter in "/%_":
        text = text.replace(letter, f"/{letter}")
    return f"%{text}%"


def params_of(person: str, pseudonym: str, addresses: Sequence[str], account: str) -> Mapping[str, Any]:
    """`account` is the digest under which failed sign-ins are counted."""
    named = [*addresses[:ADDRESSES], *[""] * (ADDRESSES - len(addresses))]
    return {
        "person": person, "pseudonym": pseudonym, "account": account, "in_terms": like(f'"user_id":"{person}"'),
        **{f"address{slot}": address for slot, address in enumerate(named)},
    }  # fmt: skip


async def count_parts(db: Reader, params: Mapping[str, Any]) -> list[tuple[Part, int]]:
    """Those that have rows."""
    counts = [(part, await db.one(part.count, params) or 0) for part in (ACCOUNT, *TRACES)]
    return [(part, count) for part, count in counts if count]


async def erase_traces(tx: Writer, params: Mapping[str, Any]) -> None:
    for part in TRACES:
        await tx.run(part.run, params)


async def erase_account(tx: Writer, params: Mapping[str, Any]) -> None:
    await erase_traces(tx, params)
    await tx.run(ACCOUNT.run, params)
