"""Which provider a user name leads to, and what is written when a person comes back from there."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import TypeVar

from hoistway.engine import Engine
from hoistway.federation.people import Arrival, Arrived, find_arrival
from hoistway.federation.redeeming import Answered
from hoistway.federation.refusing import NotSignedIn
from hoistway.protocol.email_domain import domain_of
from hoistway.protocol.ids import ProviderId
from hoistway.store.customers import find_customer
from hoistway.store.db import Conflict, Writer
from hoistway.store.provider_domains import home_of
from hoistway.store.provider_sessions import spend_state
from hoistway.store.providers import Provider, find_provider
from hoistway.web.tickets import AtProvider

T = TypeVar("T")


async def home_provider(engine: Engine, username: str) -> Provider | None:
    """Home-realm discovery, by the domain of what was typed alone: whether there is such an account makes no
    difference, and a name without a domain is asked for in the same way."""
    return await home_of(engine.db, domain_of(username) or "")


async def living_provider(engine: Engine, provider_id: ProviderId) -> Provider | None:
    provider = await find_provider(engine.db, provider_id)
    if provider is None or provider.disabled_at is not None:
        return None
    customer = await find_customer(engine.db, provider.customer_id)
    return None if customer is None or customer.disabled_at is not None else provider


async def arrive(
    engine: Engine,
    provider: Provider,
    state: AtProvider,
    answered: Answered,
    correlation_id: str,
    begin: Callable[[Writer, Arrived], Awaitable[T]],
) -> T:
    """In one transaction: the state is spent, the account found or made, and its session begun. Returns what `begin`
    returns. Raises NotSignedIn; nothing is written then."""
    digest = sha256(b"state\x00" + state.nonce.encode("ascii")).digest()
    ends_at = state.made_at + engine.settings.ticket_lifetime + 60
    try:
        async with engine.db.write() as tx:
            arrived = await find_arrival(Arrival(engine, tx, provider, answered, correlation_id))
            if not await spend_state(tx, digest, ends_at):
                raise NotSignedIn("expired", "the answer was used before")
            return await begin(tx, arrived)
    except Conflict:
        raise NotSignedIn("taken", "another account of the same name was made at this moment") from None
