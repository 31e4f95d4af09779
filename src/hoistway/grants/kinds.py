"""The two kinds of account that prove a password: people, who do it on pages, and technical accounts, which daemons use."""

from collections.abc import Awaitable, Callable
from typing import ClassVar, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from hoistway.authn.remembered import Outcome, Remembered
from hoistway.discreet import Discreet
from hoistway.protocol.addresses import is_within
from hoistway.protocol.email_domain import domain_of
from hoistway.protocol.ids import UserId
from hoistway.protocol.two_passwords import which_of
from hoistway.store.account_passwords import rehash_service_account
from hoistway.store.db import Database, Reader, Writer
from hoistway.store.known_browsers import known_since
from hoistway.store.provider_domains import is_led_away
from hoistway.store.service_accounts import (
    Secret,
    ServiceAccount,
    hold_service_account,
    look_up_service_account,
)
from hoistway.store.users import User, find_user_by_name, hold_user, rehash_user

A = TypeVar("A", User, ServiceAccount)


async def _never(_db: Reader, _account: object, _said: object) -> bool:
    return False


async def _unknown(_db: Reader, _account: object, _said: object) -> None:
    return None


async def _led_away(db: Reader, user: User | None, username: str) -> bool:
    """True for people of a customer that has a provider for their address, whichever name they type. The same is asked
    for a name that does not exist. Staff signs in here."""
    names = (username,) if user is None else (username, user.username, *user.emails)
    domains = (domain for name in names if (domain := domain_of(name)) is not None)
    found = await is_led_away(db, UserId("") if user is None else user.id, domains)
    return found and user is not None and not user.flags


class Said(Discreet, frozen=True):
    """The name and password that somebody sent; `browser` is the digest of a cookie that a known browser has, where there is one."""

    hidden: ClassVar[frozenset[str]] = frozenset({"password", "browser"})
    username: str
    password: str
    address: str
    now: int
    correlation_id: str
    client_id: str | None = None
    browser: bytes | None = None


async def _knows(db: Reader, user: User | None, said: Said) -> int | None:
    """The same is asked for a name that does not exist."""
    if said.browser is None:
        return None
    user_id, changed_at = (UserId(""), 0) if user is None else (user.id, user.password_changed_at)
    return await known_since(db, said.browser, user_id, changed_at)


class Accounts(Struct, Generic[A], frozen=True):
    """One kind of account; `event` is the name of a failure in the audit trail, `counted` that of the kind in metrics.
    `carry` puts the digest of a password that was proven elsewhere in the place of nobody's.
    `digest` is that with which this password is compared, `barred` why even a right one opens nothing. `compare` and `keep` are
    for passwords proven a moment ago, which are remembered of technical accounts only. `led_away` says of whom no password counts,
    because a company's provider signs them in, `knows` since when they sign in in this browser. Whoever owns an account
    hears what was tried, if it has an `owner`."""

    kind: str
    counted: str
    event: str
    find: Callable[[Database, str], Awaitable[A | None]]
    hold: Callable[[Writer, A], Awaitable[A | None]]
    rehash: Callable[[Writer, A, str, str], Awaitable[bool]]
    carry: Callable[[Writer, A, str], Awaitable[bool]]
    digest: Callable[[A, str], str]
    barred: Callable[[A, Said], str | None]
    owner: Callable[[A], str | None] = lambda _: None
    compare: Callable[[Remembered, A, str, str, int], Outcome] = lambda *_: "nothing"
    keep: Callable[[Remembered, A, str, int], None] = lambda *_: None
    led_away: Callable[[Reader, A | None, str], Awaitable[bool]] = _never
    knows: Callable[[Reader, A | None, Said], Awaitable[int | None]] = _unknown


def _secret(account: ServiceAccount, password: str) -> Secret:
    return account.secret(which_of(password))


def _barred_account(account: ServiceAccount, said: Said) -> str | None:
    if account.disabled_at is not None:
        return "disabled"
    if _secret(account, said.password).is_over(said.now):
        return "expired"
    return None if is_within(said.address, account.addresses or "") else "address"


PEOPLE = Accounts(
    "user",
    "person",
    "sign_in.failed",
    find_user_by_name,
    lambda tx, row: hold_user(tx, row.id),
    lambda tx, row, _, renewed: rehash_user(tx, row.id, row.password_digest, renewed),
    lambda tx, row, carried: rehash_user(tx, row.id, row.password_digest, carried),
    lambda row, _: row.password_digest,
    lambda row, _: None if row.disabled_at is None else "disabled",
    led_away=_led_away,
    knows=_knows,
)
OWNERS = replace(PEOPLE, led_away=_never)
"""People whom a company's provider signed in a moment ago: their password opens nothing by itself, and proves more beside that."""
TECHNICAL = Accounts(
    "service_account",
    "technical_account",
    "password_grant.failed",
    look_up_service_account,
    lambda tx, row: hold_service_account(tx, row.id),
    lambda tx, row, word, renewed: rehash_service_account(
        tx, row.id, _secret(row, word).digest, renewed, which_of(word)
    ),
    lambda tx, row, carried: rehash_service_account(tx, row.id, row.password_digest, carried),
    lambda row, word: _secret(row, word).digest,
    _barred_account,
    lambda row: row.customer_id,
    Remembered.compare,
    Remembered.keep,
)
