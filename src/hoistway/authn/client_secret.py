"""Secrets of applications: generated here, shown once, stored as digests (https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1)."""

import secrets
from collections.abc import Iterable
from typing import Final

from hoistway.authn.client import secret_digest
from hoistway.authn.passwords import generate_password
from hoistway.protocol.ids import ClientId
from hoistway.store.client_secrets import ClientSecret

MOST_SECRETS: Final = 2
LIFETIMES: Final = (90, 180, 365, 0)
"""In days; 0 is a secret that works until it is revoked."""
_DAY: Final = 86_400
MARK: Final = "hws_"
"""What every secret begins with, so that scanners of source code find one that was committed."""
_SHOWN = len(MARK) + 4


def new_secret(
    client_id: ClientId, now: int, *, expires_at: int | None = None, secret_id: str | None = None
) -> tuple[ClientSecret, str]:
    """The row, and the value, which is stored nowhere."""
    value = MARK + generate_password(40)
    row = ClientSecret(
        secret_id or secrets.token_hex(8), client_id, secret_digest(value), value[:_SHOWN], now, expires_at
    )
    return row, value


def ends_at(days: int, now: int) -> int | None:
    """None for a secret that works until it is revoked."""
    return now + days * _DAY if days else None


def living_secrets(rows: Iterable[ClientSecret], now: int) -> list[ClientSecret]:
    """Those that still work."""
    return [row for row in rows if row.expires_at is None or row.expires_at > now]
