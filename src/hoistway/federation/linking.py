"""Links a person of a company's provider to an account that is there already, by proof of both: its owner is signed in here and
comes back from there (docs/adr/0032-providers.md). No address plays a part.
"""

from collections.abc import Iterable
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from hoistway.engine import Engine
from hoistway.federation.people import address_of
from hoistway.federation.redeeming import Answered
from hoistway.federation.refusing import NotSignedIn
from hoistway.grants.kinds import PEOPLE
from hoistway.protocol.ids import CustomerId, ProviderId
from hoistway.store.customers import find_customer
from hoistway.store.db import Reader, Writer
from hoistway.store.identities import Identity, add_identity, find_identity, identity_at, remove_identity
from hoistway.store.memberships import Membership, has_place_beside, lock_membership
from hoistway.store.provider_sessions import find_provider_session, spend_state, take_sessions_from
from hoistway.store.providers import Provider, find_provider
from hoistway.store.sessions import Session
from hoistway.store.users import User
from hoistway.web.tickets import AtProvider, Claimed


class NotLinked(Exception):
    """The text is a key of the words. Nothing was written."""


class Standing(Struct, frozen=True):
    """What is judged: the rows as they are in the transaction. `elsewhere` is True where the person has a place in another
    customer, too; `own` is what the account has at this provider, `known` whose the provider's person is already."""

    provider: Provider | None
    place: Membership | None
    elsewhere: bool
    own: Identity | None
    known: Identity | None


def check_linked(user: User, standing: Standing) -> Provider:
    """A customer's provider can sign in as everybody whom it is linked to. So it must be that of the person's only customer:
    another customer did not agree to it. Raises NotLinked."""
    provider = standing.provider
    if provider is None or provider.disabled_at is not None or standing.place is None:
        raise NotLinked("identity_gone")
    if user.flags:
        raise NotLinked("identity_staff")
    if standing.elsewhere:
        raise NotLinked("identity_elsewhere")
    if standing.own is not None:
        raise NotLinked("identity_has_one")
    if standing.known is not None:
        raise NotLinked("identity_taken")
    return provider


async def unfit_for(db: Reader, user: User, customers: Iterable[CustomerId]) -> str | None:
    """Why the person can't link the providers of these customers, if so: the key of the words."""
    if user.flags:
        return "identity_staff"
    several = set(customers)
    elsewhere = len(several) > 1 or any([await has_place_beside(db, user.id, one) for one in several])
    return "identity_elsewhere" if elsewhere else None


async def standing_at(tx: Writer, user: User, provider_id: ProviderId, subject: str) -> Standing:
    """The provider's row is held and the user's locked."""
    provider = await find_provider(tx, provider_id)
    customer = None if provider is None else await find_customer(tx, provider.customer_id)
    if provider is None or customer is None or customer.disabled_at is not None:
        return Standing(None, None, elsewhere=False, own=None, known=None)
    return Standing(
        provider, await lock_membership(tx, user.id, provider.customer_id),
        elsewhere=await has_place_beside(tx, user.id, provider.customer_id),
        own=await identity_at(tx, user.id, provider.id), known=await find_identity(tx, provider.id, subject),
    )  # fmt: skip


def _called(provider: Provider, answered: Answered) -> str:
    """How the person recognises who came back: by an address only where the provider vouches for it, because others may
    have typed any into their profile there."""
    try:
        return address_of(provider, answered.claims)[0]
    except NotSignedIn:
        return answered.subject


def claim_of(engine: Engine, user: User, provider: Provider, state: AtProvider, answered: Answered) -> Claimed:
    """What the person is asked to confirm; bound to their browser and session."""
    return Claimed(
        browser=state.browser, session=state.session, made_at=engine.now(), person=user.id,
        provider_id=state.provider_id, issuer=state.issuer, subject=answered.subject, shown=_called(provider, answered),
        nonce=state.nonce, spent_until=state.made_at + engine.settings.ticket_lifetime + 660,
    )  # fmt: skip


async def link(engine: Engine, tx: Writer, user: User, claimed: Claimed) -> Provider:
    """Raises NotLinked; Conflict where the same was linked at this moment."""
    standing = await standing_at(tx, user, ProviderId(claimed.provider_id), claimed.subject)
    provider = check_linked(user, standing)
    if provider.issuer != claimed.issuer or claimed.person != user.id:
        raise NotLinked("identity_gone")
    spent = sha256(b"state\x00" + claimed.nonce.encode("ascii")).digest()
    if not await spend_state(tx, spent, claimed.spent_until):
        raise NotLinked("identity_used")
    await add_identity(tx, Identity(provider.id, claimed.subject, user.id, "proof", engine.now()))
    return provider


async def link_arrived(
    engine: Engine, tx: Writer, user: User, provider_id: ProviderId, subject: str, correlation_id: str
) -> None:
    """Links whom the provider sent under the account's user name, once they proved themselves here: another customer relies on
    the account, too, so the name alone did not. The provider's row and the user's are held. Raises NotLinked, Conflict."""
    standing = await standing_at(tx, user, provider_id, subject)
    # The other customer has nothing to agree to: what begins at this provider does not open it.
    provider = check_linked(user, replace(standing, elsewhere=False))
    await add_identity(tx, Identity(provider.id, subject, user.id, "address", engine.now()))
    await engine.record(
        tx, "user.linked", actor=user.id, customer_id=provider.customer_id, correlation_id=correlation_id,
        provider=provider.id, id=user.id, how="address",
    )  # fmt: skip


async def unlink(
    tx: Writer, user: User, provider_id: ProviderId, session_digest: bytes
) -> tuple[Provider, list[Session]]:
    """What was linked by proof, for whoever surely has another way in: their names lead to no provider, and they did not come
    in by this one. Returns the sessions that began there, which have ended. Raises NotLinked."""
    provider, found = await find_provider(tx, provider_id), await identity_at(tx, user.id, provider_id)
    if provider is None or found is None:
        raise NotLinked("identity_gone")
    if found.how != "proof":
        raise NotLinked("identity_of_company")
    if await PEOPLE.led_away(tx, user, user.username):
        raise NotLinked("identity_only")
    began = await find_provider_session(tx, session_digest)
    if began is not None and began.provider_id == provider_id:
        raise NotLinked("identity_prove_here")
    await remove_identity(tx, user.id, provider_id)
    return provider, await take_sessions_from(tx, provider_id, user.id)
