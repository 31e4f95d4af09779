"""Inviting people to a customer by mail: sent, sent again, withdrawn, accepted (docs/adr/0028-links.md).

Functions that take a transaction run under the customer's lock; their callers record them."""

from collections.abc import Awaitable, Sequence
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from hoistway.accounts.letters import Words, write_letter
from hoistway.authn.acceptable import ALONE, BESIDE
from hoistway.authn.links import BadLink, Invited, digest_of
from hoistway.authn.managing import still_invites
from hoistway.authn.rationing import Ration, is_left, take
from hoistway.engine import Engine, time_ordered_id
from hoistway.journal import LOG
from hoistway.mail.letter import without_addresses
from hoistway.mail.post import put_to_address
from hoistway.protocol.email_domain import is_address
from hoistway.protocol.ids import ClientId, CustomerId, UserId
from hoistway.protocol.roles import may
from hoistway.protocol.text import read_name
from hoistway.store.clients import Client, find_client
from hoistway.store.customers import Customer, find_customer, lock_customer
from hoistway.store.db import Writer
from hoistway.store.links import (
    Link,
    add_link,
    count_invitations,
    end_invitations_to,
    find_link,
    lock_link,
    renew_link,
    use_link,
)
from hoistway.store.memberships import Membership, find_membership
from hoistway.store.users import User, find_user
from hoistway.web.words import Lang

DAY: Final = 86_400
MOST_PENDING: Final = 500
"""Invitations of one customer that wait."""
BY_PERSON, BY_CUSTOMER, BY_ADDRESS, BY_PROGRAM, IN_ALL = 100, 200, 5, 2000, 5000
"""Letters of a day: by one who invites, for one customer, to one address for one customer, by one program, and in all."""
TO_ADDRESS: Final = 10
"""Letters of a day to one address, whichever customers it is invited to."""


class CanNotInvite(Exception):
    """Nothing was sent. `key` is that of the sentence that says why; `wait` in seconds, where waiting helps."""

    def __init__(self, key: str, wait: int | None = None) -> None:
        self.key, self.wait = key, wait
        super().__init__(key)


class Acting(Protocol):
    """In whose transaction, and trail."""

    @property
    def tx(self) -> Writer: ...

    def record(self, event: str, **facts: object) -> Awaitable[None]: ...


class Inviter(Struct, frozen=True):
    """Who invites; `id` is None at the command line and for a `program`, which is named by its id; `name` is what the
    letter says. `of_operator` where it is somebody of the
    operator's own people."""

    id: UserId | None
    name: str
    of_operator: bool = False
    program: str = ""

    @property
    def letter(self) -> str:
        """The kind of its words."""
        return "invited_by_operator" if self.id is None else "invited_by_staff" if self.of_operator else "invited"


class Invitation(Struct, frozen=True):
    """A link with what it gives."""

    link: Link
    given: Invited
    customer: Customer

    @property
    def least(self) -> int:
        """Characters of a newcomer's password: fewer where the customer demands a second factor of them."""
        of = self.customer.second_factor
        return BESIDE if of == "all" or (of == "administrators" and self.given.role == "administrator") else ALONE


async def invite(engine: Engine, tx: Writer, by: Inviter, customer: Customer, given: Invited) -> Link:
    """An earlier invitation of the same address to the customer ends. Raises CanNotInvite, RationSpent."""
    if not engine.settings.takes_mail:
        raise CanNotInvite("invite_no_mail")
    now, about = engine.now(), engine.links.about("invited", given.address)
    await end_invitations_to(tx, customer.id, about, now)
    if await count_invitations(tx, customer.id, now) >= MOST_PENDING:
        raise CanNotInvite("invite_too_many")
    fresh, link_id = engine.links.fresh(), time_ordered_id()
    given = replace(given, program=by.program)
    sealed = engine.links.seal(link_id, given)
    row = Link(
        link_id, fresh.digest, "invitation", None, customer.id, about, sealed, by.id, now, now + Invited.lifetime
    )
    await add_link(tx, row)
    await _send(engine, tx, by, Invitation(row, given, customer), fresh.secret)
    return row


async def send_again(engine: Engine, tx: Writer, by: Inviter, invitation: Invitation) -> None:
    """With another secret and seven more days; the link of the letter before ends. The row is locked. Raises CanNotInvite,
    RationSpent."""
    if not engine.settings.takes_mail:
        raise CanNotInvite("invite_no_mail")
    fresh = engine.links.fresh()
    await renew_link(tx, invitation.link.id, fresh.digest, engine.now() + Invited.lifetime)
    await _send(engine, tx, by, invitation, fresh.secret)


async def _send(engine: Engine, tx: Writer, by: Inviter, invitation: Invitation, secret: str) -> None:
    now, about, given, customer = engine.now(), engine.links.about, invitation.given, invitation.customer
    rations = [
        Ration(about("invitations"), IN_ALL, DAY, of_all=True),
        Ration(about("invitations of", customer.id), BY_CUSTOMER, DAY),
        Ration(about("invitations to", given.address, customer.id), BY_ADDRESS, DAY),
    ]
    if by.id is not None:
        rations.append(Ration(about("invitations by", by.id), BY_PERSON, DAY))
    if by.program:
        rations.append(Ration(about("invitations by program", by.program), BY_PROGRAM, DAY))
    await take(tx, rations, now)
    # Held back without a word: otherwise one customer would learn whom others invite.
    if not await is_left(tx, [Ration(about("invitation letters", given.address), TO_ADDRESS, DAY)], now):
        LOG.info(
            "mail not sent", kind="invitation", invitation=invitation.link.id, because="the address got several already"
        )
        return
    lang: Lang = "de" if given.lang == "de" else "en"
    named = {"inviter": without_addresses(by.name), "customer": without_addresses(customer.name)}
    letter = write_letter(engine, lang, Words(by.letter, f"/invitation?link={secret}", named), given.address)
    await put_to_address(engine.settings, tx, given.address, letter, now, engine.links)


async def invite_to(engine: Engine, hand: Acting, customer_id: CustomerId, by: Inviter, given: Invited) -> Invitation:
    """Whoever asks was judged in this transaction. Raises BadLink where there is no customer, CanNotInvite, RationSpent."""
    customer = await lock_customer(hand.tx, customer_id)
    if customer is None:
        raise BadLink("the customer is gone")
    link = await invite(engine, hand.tx, by, customer, given)
    facts = {"invitation": link.id, "role": given.role, "reach": given.reach}
    await hand.record("invitation.sent", customer_id=customer_id, **facts)
    return Invitation(link, given, customer)


async def lock_invitation(engine: Engine, tx: Writer, customer_id: CustomerId, link_id: str) -> Invitation:
    """One of the customer that can still be accepted. Raises BadLink."""
    customer, link = await lock_customer(tx, customer_id), await lock_link(tx, link_id)
    if link is None or customer is None or link.customer_id != customer_id or link.kind != "invitation":
        raise BadLink("unknown, or of another customer")
    if not link.is_open(engine.now()):
        raise BadLink("used, withdrawn or too old")
    return Invitation(link, engine.links.open(link, Invited), customer)


async def send_again_to(engine: Engine, hand: Acting, by: Inviter, found: Invitation) -> None:
    """It is locked. Raises CanNotInvite, RationSpent."""
    await send_again(engine, hand.tx, by, found)
    await hand.record("invitation.sent_again", customer_id=found.customer.id, **_facts(found))


async def withdraw_invitation(engine: Engine, hand: Acting, found: Invitation) -> None:
    """It is locked."""
    await use_link(hand.tx, found.link.id, engine.now())
    await hand.record("invitation.withdrawn", customer_id=found.customer.id, **_facts(found))


def _facts(found: Invitation) -> dict[str, str]:
    return {"invitation": found.link.id, "invited": found.given.address}


def read_address(typed: str | None) -> tuple[str, bool]:
    """(an e-mail address as it is stored, whether it may be one)"""
    address, good = read_name(typed, 3, 320)
    return address, good and is_address(address)


class By(Struct, frozen=True):
    """Who invited, as the rows are now: somebody, with their `place` in the customer; or a program; or the operator."""

    inviter: User | None
    place: Membership | None
    program: Client | None


def program_of(engine: Engine, link: Link | None) -> ClientId | None:
    """The application that invited, if it was one. Raises BadLink."""
    named = "" if link is None or link.kind != "invitation" else engine.links.open(link, Invited).program
    return ClientId(named) if named else None


def judge_invitation(engine: Engine, link: Link | None, customer: Customer | None, by: By) -> Invited:
    """By the locked rows, where something is written. Raises BadLink."""
    if link is None or link.kind != "invitation" or not link.is_open(engine.now()):
        raise BadLink("used, withdrawn, too old or unknown")
    if customer is None or customer.id != link.customer_id or customer.disabled_at is not None:
        raise BadLink("the customer is disabled or gone")
    if link.made_by is not None:
        if by.inviter is None or by.inviter.disabled_at is not None:
            raise BadLink("whoever invited is disabled or gone")
        if not may(by.inviter.flags, "change") and (by.place is None or by.place.role != "administrator"):
            raise BadLink("whoever invited may not invite any more")
    given = engine.links.open(link, Invited)
    if given.program and not still_invites(by.program, link.created_at):
        raise BadLink("the program that invited may not invite any more")
    if not is_address(given.address):
        raise BadLink("the address is spelled as none is taken any more")
    return given


async def look_at_invitation(engine: Engine, secret: str) -> tuple[Invitation, str]:
    """(the invitation, the name of whoever invited, "" for the operator), for a page. Raises BadLink."""
    link = await find_link(engine.db, "invitation", digest_of(secret))
    if link is None:
        raise BadLink("unknown")
    customer = await find_customer(engine.db, CustomerId(link.customer_id or ""))
    inviter = None if link.made_by is None else await find_user(engine.db, link.made_by)
    place = None if inviter is None or customer is None else await find_membership(engine.db, inviter.id, customer.id)
    named = program_of(engine, link)
    program = None if named is None else await find_client(engine.db, named)
    given = judge_invitation(engine, link, customer, By(inviter, place, program))
    if customer is None:
        raise BadLink("the customer is gone")
    return Invitation(link, given, customer), "" if inviter is None else inviter.name


async def shown_pending(engine: Engine, links: Sequence[Link], customer: Customer) -> list[Invitation]:
    """Those whose payload can be read."""
    found = []
    for link in links:
        try:
            found.append(Invitation(link, engine.links.open(link, Invited), customer))
        except BadLink as error:
            LOG.warning("an invitation can't be read", invitation=link.id, because=str(error))
    return found
