"""People and technical accounts: what they are made of."""

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from hoistway.accounts.places import give_place
from hoistway.accounts.technical import OF_APPLICATION, OfApplication, add_named_account
from hoistway.protocol.email_domain import is_address, own_addresses
from hoistway.protocol.ids import CustomerId, ServiceAccountId, UserId
from hoistway.protocol.text import read_name, username_key
from hoistway.store.customers import Customer, lock_customer
from hoistway.store.db import Writer
from hoistway.store.handed_over import put_handed_over
from hoistway.store.memberships import Membership
from hoistway.store.service_accounts import ServiceAccount, find_service_account_by_name
from hoistway.store.users import User, add_user, find_user_by_name
from hoistway.things.making import Entry, Made, Making, Misfit, Unfit, words
from hoistway.things.organisations import NAME

MOST_EMAILS = 10


def check_emails(value: str) -> str:
    """One address on each line. Raises Misfit."""
    found = [read_name(email, 1, 320)[0] for email in value.split()]
    if len(found) > MOST_EMAILS or not all(is_address(email) and read_name(email, 1, 320)[1] for email in found):
        raise Misfit("make_emails", most=MOST_EMAILS)
    return "\n".join(found)


async def lock_named_customer(tx: Writer, customer_id: str, entry: str = "customer") -> Customer:
    """Raises Unfit where there is none."""
    row = await lock_customer(tx, CustomerId(customer_id))
    if row is None:
        raise Unfit(entry, "make_no_customer", id=customer_id)
    return row


async def make_person(
    tx: Writer,
    values: Mapping[str, Any],
    now: int,
    digest: str,
    *,
    flags: tuple[str, ...] = (),
    handed_over: bool = True,
) -> Made:
    """With a place in the home customer, where one is given. A password that was `handed_over` is replaced at the first
    sign-in. Raises Unfit, Conflict."""
    home = await lock_named_customer(tx, values["customer"]) if values["customer"] else None
    if await find_user_by_name(tx, values["username"]) is not None:
        raise Unfit("username", "make_taken")
    own = own_addresses(values["username"])
    row = User(
        UserId(str(uuid.uuid4())), values["username"], values["name"], tuple(values["emails"].split()) or own, flags, None,
        digest, None if home is None else home.id, now, now,
    )  # fmt: skip
    await add_user(tx, row)
    if home is not None:
        await give_place(tx, Membership(row.id, home.id, "member", "all", now), now=now)
    if handed_over:
        await put_handed_over(tx, row.id, now)
    return Made(row)


async def make_technical_account(
    tx: Writer, values: Mapping[str, Any], now: int, digest: str, *, has_password: bool = True
) -> Made:
    """Without a password both places are free, and whoever uses the account makes one. Raises Unfit, Conflict."""
    owner = await lock_named_customer(tx, values["customer"])
    username = values["username"]
    if await find_service_account_by_name(tx, username) is not None:
        raise Unfit("username", "make_taken")
    row = ServiceAccount(
        ServiceAccountId(str(uuid.uuid4())), username, username_key(username), values["name"] or username, owner.id,
        digest, now, now, password_expires_at=None if has_password else now,
    )  # fmt: skip
    try:
        await add_named_account(tx, row)
    except OfApplication as error:
        raise Unfit("username", "make_name_of_application", begins=OF_APPLICATION) from error
    return Made(row)


EMAILS: Final = Entry(
    "emails", "thing_emails", lambda row: "\n".join(row.emails), check_emails, kind="area", required=False
)
_USERNAME: Final = Entry("username", "thing_username", lambda row: row.username, words(), hint="make_username_hint")
PERSON: Final = Making(
    "user.added",
    (
        _USERNAME,
        NAME,
        Entry("emails", "thing_emails", check=check_emails, kind="area", hint="make_emails_hint", required=False),
        Entry("customer", "make_home", check=words(least=0), hint="make_home_hint", required=False),
    ),
    make_person,
    "username",
    has_password=True,
)
PERSON_OF_FILE: Final = Making(PERSON.event, PERSON.entries, partial(make_person, handed_over=False), PERSON.names)
"""Without a password, until the person chooses one by a link."""
TECHNICAL_ACCOUNT: Final = Making(
    "service_account.added",
    (
        _USERNAME,
        Entry("name", "thing_name", check=words(least=0), hint="make_account_name_hint", required=False),
        Entry("customer", "make_owner", check=words()),
    ),
    make_technical_account,
    "username",
    has_password=True,
)
ACCOUNT_OF_FILE: Final = Making(
    TECHNICAL_ACCOUNT.event,
    TECHNICAL_ACCOUNT.entries,
    partial(make_technical_account, has_password=False),
    TECHNICAL_ACCOUNT.names,
)
"""Without a password, until whoever uses the account makes one."""
