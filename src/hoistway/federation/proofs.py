"""The TXT record by which a customer proves that an e-mail domain is its own."""

import secrets
from typing import Final

from hoistway.outbound.names import Texts

LABEL: Final = "_hoistway"


def new_proof() -> str:
    """What the record must say: random, so that nobody can put it there in advance."""
    return f"hoistway-domain={secrets.token_urlsafe(24)}"


def record_of(domain: str) -> str:
    """The name at which the record stands. Beside the domain itself, because programs read all TXT records of that."""
    return f"{LABEL}.{domain}"


async def is_proved(texts: Texts, domain: str, proof: str) -> bool:
    """Raises NoAnswer."""
    return any(secrets.compare_digest(text.strip().encode(), proof.encode()) for text in await texts(record_of(domain)))
