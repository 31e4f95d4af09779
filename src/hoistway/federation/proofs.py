"""Looks up the TXT record by which a customer proves that an e-mail domain is its own (https://www.rfc-editor.org/rfc/rfc1464)."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from typing import Any, Final

LABEL: Final = "_hoistway"
WITHIN: Final = 5.0
"""Seconds for one look-up."""
MOST_RECORDS: Final = 100

Texts = Callable[[str], Awaitable[Sequence[str]]]


class NoAnswer(Exception):
    """The text says why nothing could be found out."""


def new_proof() -> str:
    """What the record must say: random, so that nobody can put it there in advance."""
    return f"hoistway-domain={secrets.token_urlsafe(24)}"


def record_of(domain: str) -> str:
    """The name at which the record stands. Beside the domain itself, because programs read all TXT records of that."""
    return f"{LABEL}.{domain}"


def look_up(servers: Sequence[str] = (), port: int = 53) -> Texts:
    """The TXT records of a name, from these name servers, or those of the system. dnspython is imported by name at the
    first use: a server that connects no providers does without it."""

    async def texts(name: str) -> Sequence[str]:
        module: Any = import_module("dns.asyncresolver")
        errors: Any = import_module("dns.resolver")
        failed: Any = import_module("dns.exception")
        resolver = module.Resolver(configure=not servers)
        if servers:
            resolver.nameservers, resolver.port = list(servers), port
        resolver.cache = None
        try:
            found = await resolver.resolve(name + ".", "TXT", lifetime=WITHIN, search=False)
        except (errors.NXDOMAIN, errors.NoAnswer):
            return ()
        except failed.DNSException as error:
            raise NoAnswer(f"the name servers did not answer: {type(error).__name__}") from None
        records = list(found)[:MOST_RECORDS]
        return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in records)

    return texts


async def is_proved(texts: Texts, domain: str, proof: str) -> bool:
    """Raises NoAnswer."""
    return any(secrets.compare_digest(text.strip().encode(), proof.encode()) for text in await texts(record_of(domain)))
