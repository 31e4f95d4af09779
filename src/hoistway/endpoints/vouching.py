"""What counts of a customer's own provider that vouches for somebody (docs/adr/0032-providers.md)."""

from msgspec import Struct

from hoistway.grants.kinds import PEOPLE
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


async def may_replace(tx: Writer, user: User, vouched: Vouched | None) -> bool:
    """Whether a password that was handed over is replaced first. Whoever handed it over knows it, so it is, whichever way its owner
    came. Not where it opens nothing, because a provider signs them in; nor for a provider whose account it is not, which would
    choose a way in to it. Then the mark stays, and counts when the password does."""
    if vouched is None:
        return True
    return not vouched.by_proof and not await PEOPLE.led_away(tx, user, user.username)


async def is_judged(tx: Writer, user: User, amr: tuple[str, ...], vouched: Vouched | None) -> bool:
    """Whether it is asked for our own second factors. A provider has judged those of its customer's people. It does not
    speak for other customers: whoever has a place there proves to us what they would have to after a password."""
    if vouched is None:
        return level_of(amr) < 2
    return await has_place_beside(tx, user.id, vouched.provider.customer_id)
