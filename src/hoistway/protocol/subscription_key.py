"""The form of a subscription key, and where requests carry it
(https://learn.microsoft.com/azure/api-management/api-management-subscriptions).
"""

import re

HEADER = "Ocp-Apim-Subscription-Key"
QUERY = "subscription-key"
PREFIX = "hwk_"  # so that scanners for leaked secrets recognise it
SHOWN = 10  # characters by which people tell keys apart; they can always be shown
_KEY = re.compile(r"hwk_[A-Za-z0-9_-]{43}")


def is_well_formed(key: str) -> bool:
    """256 bits in base64url after the prefix. Any other text was never issued here, so the database is not asked for
    it."""
    return _KEY.fullmatch(key) is not None
