"""Whether a customer has proved that it may speak for an e-mail address."""

from hoistway.protocol.email_domain import domain_of
from hoistway.protocol.ids import CustomerId
from hoistway.store.db import Reader
from hoistway.store.provider_domains import proved_by
from hoistway.store.providers import find_provider


async def is_proved(db: Reader, customer_id: CustomerId, address: str) -> bool:
    """True where the domain of the address is proved to be its own."""
    proved = None if (domain := domain_of(address)) is None else await proved_by(db, domain)
    provider = None if proved is None else await find_provider(db, proved)
    return provider is not None and provider.customer_id == customer_id
