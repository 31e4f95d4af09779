"""Who it is that a provider sends: a known account, one that is linked, or one that is made (docs/adr/0032-providers.md).

All of it happens under locks, in the transaction that begins the session; customers are locked before providers, and these before people.
"""

import uuid
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from hoistway.accounts.places import give_place
from hoistway.authn.passwords import random_digest
from hoistway.engine import Engine
from hoistway.federation.redeeming import Answered
from hoistway.federation.refusing import NotSignedIn
from hoistway.protocol.email_domain import domain_of
from hoistway.protocol.ids import UserId
from hoistway.protocol.provider_token import texts_of
from hoistway.protocol.text import BadText, cleaned, one_line, read_line
from hoistway.store.customers import find_customer, lock_customer
from hoistway.store.db import Writer
from hoistway.store.former_identities import find_former_identity
from hoistway.store.identities import Identity, add_identity, find_identity, identity_at
from hoistway.store.members import limits_of, lock_administrators
from hoistway.store.memberships import Membership, has_place_beside, lock_membership
from hoistway.store.provider_domains import find_domain
from hoistway.store.providers import Provider, hold_provider
from hoistway.store.sessions import lock_sessions_of
from hoistway.store.users import User, add_user, find_user_by_name, hold_user, lock_user

LONGEST_ADDRESS = 254
LONGEST_NAME = 200


class Arrival(Struct, frozen=True):
    """One person's answer of a provider, on the way to an account."""

    engine: Engine
    tx: Writer
    provider: Provider
    answered: Answered
    correlation_id: str

    async def record(self, event: str, user_id: UserId, **facts: object) -> None:
        await self.engine.record(
            self.tx, event, actor=user_id, customer_id=self.provider.customer_id, correlation_id=self.correlation_id,
            provider=self.provider.id, **facts,
        )  # fmt: skip


def role_of(provider: Provider, claims: Mapping[str, Any]) -> str | None:
    """ "administrator" or "member" by the provider's rules; None where it has none. Raises NotSignedIn."""
    if provider.role_claim is None:
        return None
    elsewhere = claims.get("_claim_names")
    if isinstance(elsewhere, dict) and provider.role_claim in elsewhere:
        raise NotSignedIn("wrong", f"the person has too many {provider.role_claim} for a token: send roles instead")
    values = set(texts_of(claims, provider.role_claim))
    if values & set(provider.administrators):
        return "administrator"
    if provider.members and not values & set(provider.members):
        raise NotSignedIn("not_allowed", f"no value of {provider.role_claim} lets the person in")
    return "member"


def address_of(provider: Provider, claims: Mapping[str, Any]) -> tuple[str, str]:
    """(address, its domain), where the provider vouches for it. Raises NotSignedIn."""
    trusted, verified = provider.addresses == "trusted", claims.get("email_verified")
    address = claims.get("email") or (claims.get("preferred_username") if trusted else None)
    address = _seen(address) if isinstance(address, str) and len(address) <= LONGEST_ADDRESS else ""
    domain = domain_of(address)
    if domain is None:
        raise NotSignedIn("unverified", "it names no e-mail address: send the claim email")
    if verified not in {True, "true"} if isinstance(verified, bool | str) else not trusted:
        raise NotSignedIn("unverified", "it does not call the e-mail address verified (email_verified)")
    return address, domain


def _seen(text: str) -> str:
    """ "" where it holds what nobody can see, by which a name would look like another one."""
    try:
        return read_line(text)
    except BadText:
        return ""


class Arrived(Struct, frozen=True):
    """The account, locked or held. `by_proof` where its owner linked it. `asks` where the provider's word alone begins nothing,
    because another customer relies on the account; it is `unlinked` then, or its mail is not the company's."""

    user: User
    by_proof: bool = False
    asks: bool = False
    unlinked: bool = False


async def find_arrival(arrival: Arrival) -> Arrived:
    """The account, with its place and role as the rules say. Raises NotSignedIn; Conflict where another way made an
    account of the same name at this moment."""
    tx, before, answered = arrival.tx, arrival.provider, arrival.answered
    role = role_of(before, answered.claims)
    known = await find_identity(tx, before.id, answered.subject)
    look = find_customer if known is not None and role is None else lock_customer
    customer = await look(tx, before.customer_id)
    provider = await hold_provider(tx, before.id)
    if customer is None or customer.disabled_at is not None or provider is None or provider != before:
        raise NotSignedIn("disabled", "the provider or its customer was changed or disabled meanwhile")
    if provider.disabled_at is not None:
        raise NotSignedIn("disabled", "the provider is disabled")
    known = await find_identity(tx, before.id, answered.subject)
    if known is None:
        return await _new(arrival, role)
    user = check_person(await hold_user(tx, known.user_id))
    await lock_sessions_of(tx, user.id)
    place = await lock_membership(tx, user.id, provider.customer_id)
    if place is None:
        raise NotSignedIn("not_allowed", "the person's place in the customer was taken away")
    beside = await has_place_beside(tx, user.id, provider.customer_id)
    if beside and known.how == "proof":
        raise NotSignedIn("not_allowed", "the account that was linked by proof has a place in another customer by now")
    await _set_role(arrival, place, role)
    return Arrived(user, known.how == "proof", asks=beside and not await _is_mailed_there(tx, provider, user))


def check_person(user: User | None) -> User:
    """Raises NotSignedIn for staff too, whoever it is that asks: a customer must not speak for the operator's people."""
    if user is None or user.disabled_at is not None:
        raise NotSignedIn("not_allowed", "the account is disabled")
    if user.flags:
        raise NotSignedIn("not_allowed", "the account is that of the operator's staff, who sign in here")
    return user


async def _is_mailed_there(tx: Writer, provider: Provider, user: User) -> bool:
    """Whether a new password would be sent to the company. A user name is no mailbox: of an account whose mail goes elsewhere,
    the company gets to see nothing by its own word, once another customer relies on it."""
    domain = domain_of(user.emails[0]) if user.emails else None
    proved = None if domain is None else await find_domain(tx, provider.id, domain)
    return proved is not None and proved.proved_at is not None


async def _new(arrival: Arrival, role: str | None) -> Arrived:
    """Links the account with that user name, or makes one. One on which another customer relies is linked once its owner proved
    themselves here, because an address proves less than that one may demand."""
    tx, provider = arrival.tx, arrival.provider
    former = await find_former_identity(tx, provider.issuer, arrival.answered.subject)
    if former is not None and (known := await _former(arrival, former.user_id, role)) is not None:
        return known
    address, domain = address_of(provider, arrival.answered.claims)
    proved = await find_domain(tx, provider.id, domain)
    if proved is None or proved.proved_at is None:
        raise NotSignedIn("elsewhere", f"{domain} is no proved domain of this provider")
    found = await find_user_by_name(tx, address)
    if found is None:
        return Arrived(await _make(arrival, address, role or "member"))
    user = check_person(await lock_user(tx, found.id))
    await lock_sessions_of(tx, user.id)
    place = await lock_membership(tx, user.id, provider.customer_id)
    if place is None:
        raise NotSignedIn("taken", "an account with this user name is no member of the customer")
    if await identity_at(tx, user.id, provider.id) is not None:
        raise NotSignedIn("taken", "the account with this user name is another person of the same provider")
    if await has_place_beside(tx, user.id, provider.customer_id):
        return Arrived(user, asks=True, unlinked=True)
    await _remember(arrival, user.id, "address")
    await arrival.record("user.linked", user.id, id=user.id, how="address")
    await _set_role(arrival, place, role)
    return Arrived(user)


async def _former(arrival: Arrival, user_id: UserId, role: str | None) -> Arrived | None:
    """The account of which the old system knew that it is this person of this very provider. None where it has no place in the
    provider's customer, or is another person of the provider already: then it counts for nothing."""
    tx, provider = arrival.tx, arrival.provider
    user = await lock_user(tx, user_id)
    await lock_sessions_of(tx, user_id)
    place = None if user is None else await lock_membership(tx, user_id, provider.customer_id)
    if user is None or place is None or await identity_at(tx, user_id, provider.id) is not None:
        return None
    check_person(user)
    if await has_place_beside(tx, user.id, provider.customer_id):
        return Arrived(user, asks=True, unlinked=True)
    await _remember(arrival, user.id, "proof")
    await arrival.record("user.linked", user.id, id=user.id, how="former")
    await _set_role(arrival, place, role)
    return Arrived(user, by_proof=True)


async def _make(arrival: Arrival, address: str, role: str) -> User:
    """A member of exactly the provider's customer, with a password that nobody knows."""
    now, customer_id = arrival.engine.now(), arrival.provider.customer_id
    said, spoken = arrival.answered.claims.get("name"), arrival.answered.claims.get("locale")
    name = one_line(cleaned(said))[:LONGEST_NAME] if isinstance(said, str) else ""
    locale = spoken[:2].lower() if isinstance(spoken, str) else None
    user = User(
        UserId(str(uuid.uuid4())), address, name or address, (address,), (), locale if locale in {"de", "en"} else None,
        random_digest(), customer_id, now, now,
    )  # fmt: skip
    await add_user(arrival.tx, user)
    await give_place(arrival.tx, Membership(user.id, customer_id, role, "all", now), now=now)
    await _remember(arrival, user.id, "made")
    await arrival.record("user.added", user.id, id=user.id)
    await arrival.record("membership.changed", user.id, user=user.id, role=role, reach="all")
    return user


async def _remember(arrival: Arrival, user_id: UserId, how: Literal["made", "address", "proof"]) -> None:
    row = Identity(arrival.provider.id, arrival.answered.subject, user_id, how, arrival.engine.now())
    await add_identity(arrival.tx, row)


async def _set_role(arrival: Arrival, place: Membership, role: str | None) -> None:
    """The last administrator of a customer stays one. Sites and units stay as they are."""
    if role is None or role == place.role:
        return
    if place.role == "administrator" and await lock_administrators(arrival.tx, place.customer_id) == [place.user_id]:
        return
    sites, units = await limits_of(arrival.tx, place.customer_id, place.user_id)
    await give_place(arrival.tx, replace(place, role=role), sites, units, now=arrival.engine.now())
    await arrival.record("membership.changed", place.user_id, user=place.user_id, role=role, reach=place.reach)
