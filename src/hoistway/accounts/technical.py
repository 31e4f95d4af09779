"""Technical accounts: what their customers' administrators, operators and the command line do with them
(docs/adr/0037-two-passwords.md).
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from hoistway.authn.passwords import generate_password
from hoistway.grants.new_password import add_password, end_password
from hoistway.protocol.addresses import read_ranges
from hoistway.protocol.two_passwords import BOTH, MARK, Which
from hoistway.store.account_passwords import set_service_account_addresses
from hoistway.store.customers import lock_customer
from hoistway.store.db import Writer
from hoistway.store.service_accounts import Secret, ServiceAccount, add_service_account, count_service_accounts_of

MOST_ACCOUNTS: Final = 200
MOST_RANGES: Final = 20
LIFETIMES: Final = (90, 180, 365, 0)
"""In days; 0 is a password without an end."""
OF_APPLICATION: Final = "app-"
"""How user names of accounts begin that came with an application: they are reached only through its secret."""
_DAY: Final = 86_400


class TooManyAccounts(Exception):
    """The customer has as many technical accounts as it may have, disabled ones included; nothing was written."""


class OfApplication(ValueError):
    """User names of this beginning belong to accounts that come with an application. Nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            f"user names that begin with {OF_APPLICATION} belong to accounts of applications: choose another"
        )


class TwoPasswords(Exception):
    """The account has two passwords: one must end before there is another. Nothing was written."""


class NoSuchPassword(Exception):
    """That password ended already, or never existed. Nothing was written."""


class BadRanges(ValueError):
    """`entry` is what can't be read, None where there are too many."""

    def __init__(self, entry: str | None) -> None:
        self.entry = entry
        super().__init__(entry or "too many")


class Fresh(Struct, frozen=True):
    """A password before it is written: to be hashed outside the transaction. `which` depends on what the account had."""

    which: Which
    password: str


async def make_account(tx: Writer, row: ServiceAccount) -> None:
    """Raises TooManyAccounts, Conflict. Of several made at once, one is counted after the other."""
    await lock_customer(tx, row.customer_id)
    if await count_service_accounts_of(tx, row.customer_id) >= MOST_ACCOUNTS:
        raise TooManyAccounts
    await add_named_account(tx, row)


async def add_named_account(tx: Writer, row: ServiceAccount) -> None:
    """One whose user name somebody chose. Raises OfApplication, Conflict."""
    if row.username_key.startswith(OF_APPLICATION):
        raise OfApplication
    await add_service_account(tx, row)


def has_password(row: ServiceAccount) -> bool:
    return not row.username.startswith(OF_APPLICATION)


def passwords_of(row: ServiceAccount, now: int) -> list[Secret]:
    """Those that work."""
    if not has_password(row):
        return []
    found = [row.secret(which) for which in BOTH]
    return [one for which, one in zip(BOTH, found, strict=True) if one.which == which and not one.is_over(now)]


def _free(row: ServiceAccount, now: int) -> Which | None:
    taken = {one.which for one in passwords_of(row, now)}
    return next((which for which in BOTH if which not in taken), None)


def fresh_password(row: ServiceAccount, now: int) -> Fresh:
    """Raises TwoPasswords."""
    which = _free(row, now)
    if which is None:
        raise TwoPasswords
    return Fresh(which, (MARK if which == "second" else "") + generate_password())


def end_after(days: int, now: int) -> int | None:
    return now + days * _DAY if days else None


async def give_password(
    tx: Writer, row: ServiceAccount, which: Which, digest: str, now: int, expires_at: int | None
) -> None:
    """`row` is locked. Raises TwoPasswords where that place is taken meanwhile."""
    if any(one.which == which for one in passwords_of(row, now)):
        raise TwoPasswords
    await add_password(tx, row, which, digest, now, expires_at)


async def take_password(tx: Writer, row: ServiceAccount, which: Which, now: int) -> int:
    """`row` is locked. Returns how many families of refresh tokens ended. Raises NoSuchPassword."""
    if not any(one.which == which for one in passwords_of(row, now)):
        raise NoSuchPassword
    return await end_password(tx, row, which, now)


def read_addresses(text: str) -> Sequence[str]:
    """Raises BadRanges."""
    try:
        found = read_ranges(text)
    except ValueError as error:
        raise BadRanges(str(error)) from error
    if len(found) > MOST_RANGES:
        raise BadRanges(None)
    return found


async def limit_account(tx: Writer, row: ServiceAccount, addresses: Sequence[str]) -> None:
    """`row` is locked. Tokens may be requested for it from these networks only; from everywhere without any."""
    await set_service_account_addresses(tx, row.id, " ".join(addresses) or None)
