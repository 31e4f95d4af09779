"""What counts of a customer's own provider that vouches for somebody (docs/adr/0032-providers.md)."""

from msgspec import Struct

from hoistway.protocol.authentication import level_of
from hoistway.store.db import Writer
from hoistway.store.memberships import has_place_beside
from hoistway.store.providers import Provider
from hoistway.store.users import User


class Vouched(Struct, frozen=True):
    """A customer's own provider vouches for the person; `sid` is its name of its session. An account that was linked `by_proof`
    is not the provider's: nobody adds a way in to it, or takes one away, before they prove themselves here."""

    provider: Provider
    sid: str | None
    by_proof: bool = False


async def is_judged(tx: Writer, user: User, amr: tuple[str, ...], vouched: Vouched | None) -> bool:
    """Whether it is asked for our own second factors. A provider has judged those of its customer's people. It does not
    speak for other customers: whoever has a place there proves to us what they would have to after a password."""
    if vouched is None:
        return level_of(amr) < 2
    return await has_place_beside(tx, user.id, vouched.provider.customer_id)
