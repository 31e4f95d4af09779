"""The technical account that a customer names for a daemon: one of its own, with a password of its own, which works. So the
daemon's tokens have the same `sub` as with that password before."""

from hoistway.accounts.technical import has_password
from hoistway.protocol.ids import CustomerId, ServiceAccountId
from hoistway.store.account_lists import find_account_of, lock_account_of, page_of_accounts
from hoistway.store.db import Reader, Writer
from hoistway.store.requests import Request
from hoistway.store.service_accounts import ServiceAccount

MOST = 200


class WrongAccount(Exception):
    """Nothing was written. `disabled` is said of an account of the customer; of anybody else's it is told that there is none."""

    def __init__(self, *, disabled: bool) -> None:
        self.disabled = disabled
        super().__init__("disabled" if disabled else "unknown")


async def accounts_to_name(db: Reader, customer_id: CustomerId) -> list[ServiceAccount]:
    rows = await page_of_accounts(db, customer_id, most=MOST)
    return [row for row in rows if row.disabled_at is None and has_password(row)]


async def find_named(db: Reader, request: Request) -> ServiceAccount | None:
    named = request.service_account_id
    return None if named is None else await find_account_of(db, request.customer_id, named)


async def lock_named(tx: Writer, customer_id: CustomerId, account_id: ServiceAccountId | None) -> None:
    """Nobody can disable it, or give it away, until the transaction ends. Raises WrongAccount."""
    if account_id is None:
        return
    row = await lock_account_of(tx, customer_id, account_id)
    if row is None or not has_password(row):
        raise WrongAccount(disabled=False)
    if row.disabled_at is not None:
        raise WrongAccount(disabled=True)
