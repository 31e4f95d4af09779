"""Accepting an invitation: with a new account, or with the one that is signed in (docs/adr/0028-links.md)."""

import uuid
from collections.abc import Sequence

from msgspec import Struct

from hoistway.accounts.factors import add_key
from hoistway.accounts.inviting import By, Invitation, judge_invitation, program_of
from hoistway.accounts.places import give_place
from hoistway.authn.links import BadLink, Invited
from hoistway.engine import Engine
from hoistway.protocol.ids import CustomerId, UserId
from hoistway.store.clients import lock_client
from hoistway.store.customers import lock_customer
from hoistway.store.db import Conflict, Reader, Writer
from hoistway.store.links import Link, lock_link, use_link
from hoistway.store.memberships import Membership, lock_membership
from hoistway.store.passkeys import Passkey
from hoistway.store.sessions import Session, choose_session_customer, lock_session
from hoistway.store.users import User, add_user, find_user_by_name, hold_user, lock_user
from hoistway.web.words import Lang


class NameTaken(Exception):
    """There is an account with the invited address: its owner signs in, and joins with it."""


async def _judged(
    engine: Engine, tx: Writer, link_id: str, customer_id: CustomerId, joins: UserId | None = None
) -> tuple[Invited, User | None]:
    """Locks customer, link, program and inviter, and the account that joins, which it returns. The two people in the order of their ids:
    they may invite each other, or be one. Raises BadLink."""
    customer = await lock_customer(tx, customer_id)
    link = await lock_link(tx, link_id)
    named = program_of(engine, link)
    program = None if named is None else await lock_client(tx, named)
    made_by = None if link is None else link.made_by
    people: dict[UserId, User | None] = {}
    for one in sorted({one for one in (made_by, joins) if one is not None}):
        people[one] = await (lock_user if one == joins else hold_user)(tx, one)
    inviter = None if made_by is None else people[made_by]
    place = None if made_by is None else await lock_membership(tx, made_by, customer_id)
    given = judge_invitation(engine, link, customer, By(inviter, place, program))
    return given, None if joins is None else people[joins]


async def has_account(db: Reader, address: str) -> bool:
    """Told only to whoever has the link, who reads the mails of that address."""
    return await find_user_by_name(db, address) is not None


class Newcomer(Struct, frozen=True):
    """`key` is a passkey in the place of a password, of the account with the id that `newcomer_id` gives."""

    name: str
    digest: str
    lang: Lang
    key: Passkey | None = None


def newcomer_id(link: Link) -> UserId:
    """Of the account that the invitation makes: it stands in a passkey before there is the account."""
    return UserId(str(uuid.uuid5(uuid.NAMESPACE_OID, link.id)))


async def accept_anew(engine: Engine, invitation: Invitation, new: Newcomer, correlation_id: str) -> Sequence[str]:
    """Makes the account, whose user name is the invited address. Returns recovery codes for one with a passkey. Raises BadLink,
    NameTaken."""
    now, customer_id = engine.now(), invitation.customer.id
    try:
        async with engine.db.write() as tx:
            given, _ = await _judged(engine, tx, invitation.link.id, customer_id)
            if await has_account(tx, given.address):
                raise NameTaken
            user = User(
                newcomer_id(invitation.link), given.address, new.name, (given.address,), (), new.lang, new.digest,
                customer_id, now, now,
            )  # fmt: skip
            await add_user(tx, user)
            await _join(engine, tx, invitation, given, user.id, correlation_id)
            return () if new.key is None else await add_key(engine, tx, user, new.key)
    except Conflict as error:
        # Somebody took the name in this moment, or a site or unit that the invitation opens is gone.
        raise BadLink(f"conflict: {error}") from error


async def accept_joining(engine: Engine, invitation: Invitation, session: Session, correlation_id: str) -> None:
    """With the account that is signed in. A place that it has already stays as it is. Raises BadLink."""
    now, customer_id = engine.now(), invitation.customer.id
    try:
        async with engine.db.write() as tx:
            given, user = await _judged(engine, tx, invitation.link.id, customer_id, session.user_id)
            signed_in = await lock_session(tx, session.session_digest, now)
            if (
                user is None
                or signed_in is None
                or user.disabled_at is not None
                or user.has_ended_since(signed_in.auth_time)
                or signed_in.worth != session.worth
            ):
                raise BadLink("the sign-in ended")
            await _join(engine, tx, invitation, given, user.id, correlation_id)
            await choose_session_customer(tx, signed_in.session_digest, customer_id)
    except Conflict as error:
        raise BadLink(f"conflict: {error}") from error


async def _join(
    engine: Engine, tx: Writer, invitation: Invitation, given: Invited, user_id: UserId, correlation_id: str
) -> None:
    now, customer_id = engine.now(), invitation.customer.id
    if await lock_membership(tx, user_id, customer_id) is None:
        row = Membership(user_id, customer_id, given.role, given.reach, now)
        await give_place(tx, row, given.sites, given.units, now=now)
    await use_link(tx, invitation.link.id, now)
    await engine.record(
        tx, "invitation.accepted", actor=user_id, customer_id=customer_id, correlation_id=correlation_id, user=user_id,
        invitation=invitation.link.id, role=given.role,
    )  # fmt: skip
