"""Technical accounts that customers make for themselves."""

from hoistway.store.customers import lock_customer
from hoistway.store.db import Writer
from hoistway.store.service_accounts import ServiceAccount, add_service_account, count_service_accounts_of

MOST_ACCOUNTS = 200


class TooManyAccounts(Exception):
    """The customer has as many technical accounts as it may have, disabled ones included; nothing was written."""


async def make_account(tx: Writer, row: ServiceAccount) -> None:
    """Raises TooManyAccounts, Conflict. Of several made at once, one is counted after the other."""
    await lock_customer(tx, row.customer_id)
    if await count_service_accounts_of(tx, row.customer_id) >= MOST_ACCOUNTS:
        raise TooManyAccounts
    await add_service_account(tx, row)
