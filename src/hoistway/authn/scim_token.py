"""Tokens of customers' directories: generated here, shown once, stored as digests."""

import secrets
from typing import Final

from hoistway.authn.client import secret_digest
from hoistway.authn.passwords import generate_password
from hoistway.protocol.ids import CustomerId, UserId
from hoistway.store.scim_tokens import ScimToken

MARK: Final = "hwd_"
"""What every token begins with, so that scanners of source code find one that was committed."""
_SHOWN = len(MARK) + 4
DAY: Final = 86_400


def new_token(customer_id: CustomerId, now: int, days: int, made_by: UserId | None = None) -> tuple[ScimToken, str]:
    """The row, and the value, which is stored nowhere."""
    value = MARK + generate_password(40)
    row = ScimToken(
        secrets.token_hex(8), customer_id, secret_digest(value), value[:_SHOWN], now, now + days * DAY, made_by=made_by
    )
    return row, value
