"""What a subscription key looks like, and where it travels (https://learn.microsoft.com/azure/api-management/api-management-subscriptions)."""

import re

HEADER = "Ocp-Apim-Subscription-Key"
QUERY = "subscription-key"
PREFIX = "hwk_"  # so that scanners for leaked secrets know it
SHOWN = 10  # characters that tell keys apart, safe to show for ever
_KEY = re.compile(r"hwk_[A-Za-z0-9_-]{43}")


def is_well_formed(key: str) -> bool:
    """256 bits in base64url behind the prefix; anything else was never made here, so nobody looks for it."""
    return _KEY.fullmatch(key) is not None
