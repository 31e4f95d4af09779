"""Tokens of customers' directories are made and ended: the same rules for every way in (docs/adr/0033-scim.md).

Functions take a transaction in which the customer is locked; the caller records.
"""

from hoistway.protocol.ids import CustomerId
from hoistway.store.db import Writer
from hoistway.store.scim_tokens import (
    MOST,
    ScimToken,
    add_scim_token,
    remove_ended_tokens,
    remove_scim_token,
    scim_tokens_of,
)


class TooManyTokens(Exception):
    """The customer has as many as it may; nothing was changed."""

    most = MOST


async def add_token(tx: Writer, row: ScimToken) -> None:
    """Those that are over make room. Raises TooManyTokens."""
    await remove_ended_tokens(tx, row.customer_id, row.created_at)
    if len(await scim_tokens_of(tx, row.customer_id)) >= MOST:
        raise TooManyTokens
    await add_scim_token(tx, row)


async def end_token(tx: Writer, customer_id: CustomerId, token_id: str) -> bool:
    """It is refused from now on. False where the customer has none of this id."""
    return await remove_scim_token(tx, customer_id, token_id)
