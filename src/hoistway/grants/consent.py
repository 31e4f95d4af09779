"""Consent: given for a person, an application, a customer and scopes of an API, and taken back (docs/adr/0013-consent.md)."""

from collections.abc import Set

from msgspec import Struct

from hoistway.engine import Engine
from hoistway.protocol.errors import AccessDenied, ConsentRequired, InvalidGrant, LoginRequired
from hoistway.protocol.ids import ClientId, CustomerId, FamilyId, UserId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.protocol.scope import NO_API, OwnedScope
from hoistway.protocol.subject import Subject
from hoistway.store.clients import Client, lock_client
from hoistway.store.codes import end_codes
from hoistway.store.consents import add_consent, find_consent, lock_consent, remove_consent, remove_ended_consent
from hoistway.store.customers import Customer, lock_customer
from hoistway.store.db import Writer
from hoistway.store.families import revoke_families_for
from hoistway.store.memberships import Membership, lock_membership
from hoistway.store.revocations import add_revocations
from hoistway.store.sessions import Session, lock_session
from hoistway.store.users import User, hold_user
from hoistway.tokens.keyring import LONGEST_TOKEN

TAKEN_BACK = "the person took access back"


class TakenBack(Struct, frozen=True):
    """What ended: how many scopes and refresh tokens, and the families whose access tokens are now refused."""

    scopes: int
    refresh_tokens: int
    families: tuple[FamilyId, ...]


def is_kept(client: Client, user: User) -> bool:
    """True where a consent is stored and counts for later requests. An employee may open every customer, so an
    application of a third party never gets that because of an earlier answer."""
    return client.is_third_party and not user.is_employee


def check_person(user: User | None, session: Session | None, before: Session) -> User:
    """Reads the rows as they are now. Raises LoginRequired where the sign-in is no longer valid, or worth something else than
    `before`: a place in another customer takes from what a provider said."""
    if user is None or user.disabled_at is not None or session is None or session.user_id != user.id:
        raise LoginRequired(log="the account or the session ended meanwhile")
    if user.has_ended_since(session.auth_time):
        raise LoginRequired(log="the password was changed, or the account disabled, meanwhile")
    if session.worth != before.worth:
        raise LoginRequired(log="what the session is worth changed meanwhile")
    return user


def check_parties(
    user: User, client: Client | None, customer: Customer | None, membership: Membership | None
) -> Client:
    """Reads the rows as they are now. Raises AccessDenied where the person has no place in the customer, or something
    is disabled."""
    if client is None or client.disabled_at is not None:
        raise AccessDenied("The application is disabled.", log="disabled meanwhile", b2c="90092")
    belongs = membership is not None or user.is_employee
    if customer is None or customer.disabled_at is not None or not (belongs or customer.id == SANDBOX):
        raise AccessDenied("The account has no place in this customer any more.", log="subject gone", b2c="90128")
    return client


def last_end(user: User, client: Client, customer: Customer | None, membership: Membership | None) -> int:
    """Consents given up to and including this time have ended, with an earlier membership, or because something was
    disabled or given away since. -1 where none did."""
    ends = [row.ended_at for row in (user, client, customer) if row is not None and row.ended_at is not None]
    joined = [] if membership is None else [membership.created_at - 1]
    return max([*ends, *joined], default=-1)


async def give(
    engine: Engine,
    signed_in: Session,
    client_id: ClientId,
    customer_id: CustomerId,
    scopes: Set[OwnedScope],
    *,
    owner: str | None,
) -> None:
    """Stores what the person of this session allowed on the page, to the application of this `owner`, in addition to
    earlier consents; not for scopes that were taken away since the page was shown. Raises AccessDenied, ConsentRequired, LoginRequired."""
    now, user_id = engine.now(), signed_in.user_id
    apis = await engine.directory.apis(now)
    known = {(api.api_id, name) for api in apis.scopes for name in (*api.names, "offline_access")}
    scopes = frozenset(one for one in scopes if one[0] == NO_API or one in known)
    async with engine.db.write() as tx:
        customer = await lock_customer(tx, customer_id)
        # The person before the session, as everywhere.
        held, session = await hold_user(tx, user_id), await lock_session(tx, signed_in.session_digest, now)
        user = check_person(held, session, signed_in)
        membership = await lock_membership(tx, user_id, customer_id)
        client = check_parties(user, await lock_client(tx, client_id), customer, membership)
        if client.customer_id != owner:
            raise ConsentRequired(log="the application was given away meanwhile")
        if is_kept(client, user):
            ended_at = last_end(user, client, customer, membership)
            await remove_ended_consent(tx, user_id, client_id, customer_id, ended_at)
            # Always later than the end, even within the same second: these rows are locked.
            await add_consent(tx, user_id, client_id, customer_id, scopes, max(now, ended_at + 1))
        await engine.record(
            tx, "consent.given", actor=user_id, client_id=client_id, customer_id=customer_id, kept=is_kept(client, user),
            scope=[f"{api_id} {scope}".strip() for api_id, scope in sorted(scopes)],
        )  # fmt: skip


async def check_consent(
    tx: Writer, user_id: UserId, client_id: ClientId, customer_id: CustomerId, wanted: Set[OwnedScope]
) -> None:
    """Call it in the transaction that writes what follows from the consent, so that taking it back comes either before
    or after. Raises ConsentRequired."""
    if not wanted <= await lock_consent(tx, user_id, client_id, customer_id):
        raise ConsentRequired(log="taken back meanwhile")


async def check_before(engine: Engine, client: Client, subject: Subject) -> None:
    """For a code or family of the version before, which does not say what was granted, and may have been given without
    asking about its customer. Raises InvalidGrant where no consent for that customer is stored."""
    if not client.is_third_party or subject.kind != "user":
        return
    if not await find_consent(engine.db, UserId(subject.id), client.id, subject.customer_id):
        raise InvalidGrant(
            "The person is asked for each customer now: begin a new sign-in.", log="no consent kept", b2c="90129"
        )


async def take_back_own(engine: Engine, signed_in: Session, client_id: ClientId, customer_id: CustomerId) -> TakenBack:
    """Like `take_back`, by the person of this session. Raises LoginRequired."""
    now, user_id = engine.now(), signed_in.user_id
    async with engine.db.write() as tx:
        held, session = await hold_user(tx, user_id), await lock_session(tx, signed_in.session_digest, now)
        check_person(held, session, signed_in)
        ended = await take_back(tx, user_id, client_id, customer_id, now)
        if ended.scopes or ended.refresh_tokens:
            await engine.record(
                tx, "consent.taken_back", actor=user_id, client_id=client_id, customer_id=customer_id,
                scopes=ended.scopes, refresh_tokens=ended.refresh_tokens,
            )  # fmt: skip
    for family_id in ended.families:
        engine.revoked.add(family_id, now + LONGEST_TOKEN)
    return ended


async def take_back(tx: Writer, user_id: UserId, client_id: ClientId, customer_id: CustomerId, now: int) -> TakenBack:
    """Ends the consent and everything that it gave. The consent is removed first, because whoever gives out a code
    locks its rows."""
    scopes = await remove_consent(tx, user_id, client_id, customer_id)
    of_codes = await end_codes(tx, user_id, client_id, customer_id, now)
    revoked = await revoke_families_for(tx, user_id, client_id, customer_id, now, TAKEN_BACK)
    ended = tuple(dict.fromkeys((*of_codes, *revoked)))
    await add_revocations(tx, ended, now=now, expires_at=now + LONGEST_TOKEN)
    return TakenBack(scopes, len(revoked), ended)
