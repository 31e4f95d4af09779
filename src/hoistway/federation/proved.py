"""Whether a provider is known to be a company's: it proved a domain. Anybody who administers a customer can connect one, and name it as they
like, so until then pages of ours lead nobody there by themselves, and call it by its host."""

from urllib.parse import urlsplit

from hoistway.store.db import Reader
from hoistway.store.provider_domains import domains_of
from hoistway.store.providers import Provider


async def has_proved_domain(db: Reader, provider: Provider) -> bool:
    return any(row.proved_at is not None for row in await domains_of(db, provider.id))


def host_of(url: str) -> str:
    """Of a URL that the fetcher may ask."""
    return urlsplit(url).hostname or ""


async def shown_name(db: Reader, provider: Provider) -> str:
    """For pages that anybody can see."""
    return provider.name if await has_proved_domain(db, provider) else host_of(provider.issuer)
