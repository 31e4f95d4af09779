"""Makes subscription keys, which are shown once and stored as digests."""

import secrets
import uuid
from hashlib import sha256

from hoistway.protocol.ids import SubscriptionId
from hoistway.protocol.subscription_key import PREFIX, SHOWN
from hoistway.store.subscription_keys import SubscriptionKey


def key_digest(key: str) -> bytes:
    """Without salt or stretching, because nobody can guess 256 random bits."""
    return sha256(key.encode()).digest()


def make_key(subscription_id: SubscriptionId, slot: str, now: int) -> tuple[str, SubscriptionKey]:
    """(the key as it is shown once, its row)"""
    key = PREFIX + secrets.token_urlsafe(32)
    return key, SubscriptionKey(str(uuid.uuid4()), subscription_id, slot, key_digest(key), key[:SHOWN], now)
