"""What counts of a customer's own provider that vouches for somebody (docs/adr/0032-providers.md)."""

from msgspec import Struct
from msgspec.structs import replace

from hoistway.authn.factors import Missing
from hoistway.store.db import Writer
from hoistway.store.factors import Factors
from hoistway.store.memberships import has_place_beside
from hoistway.store.providers import Provider
from hoistway.store.users import User
from hoistway.web.unfinished import Unfinished


class Vouched(Struct, frozen=True):
    """A customer's own provider vouches for the person; `sid` is its name of its session. An account that was linked `by_proof`
    is not the provider's: nobody adds a way in to it, or takes one away, before they prove themselves here. `asks` where nothing
    begins before that; `subject` is then whom that proof links, if they are not linked."""

    provider: Provider
    sid: str | None
    by_proof: bool = False
    asks: bool = False
    subject: str | None = None


async def speaks_for_all(tx: Writer, user: User, vouched: Vouched) -> bool:
    """False where another customer relies on the account, too. The provider does not speak for that one: what it says opens its
    own customer alone, and nothing that changes how the person signs in, until they prove themselves here."""
    return not vouched.asks and not await has_place_beside(tx, user.id, vouched.provider.customer_id)


def still_to_prove(standing: Factors, vouched: Vouched) -> Missing | None:
    """Of somebody on whom another customer relies. Nobody adds a first factor for whom only a provider speaks."""
    return "prove" if vouched.asks or (standing.has_any and not standing.remembered) else None


def begun_there(begun: Unfinished, vouched: Vouched) -> Unfinished:
    return replace(begun, provider=vouched.provider.id, sid=vouched.sid, own=True, least=1, subject=vouched.subject)
