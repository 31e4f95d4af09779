"""Inviting people to a customer by mail: sent, sent again, withdrawn, accepted (docs/adr/0028-links.md).

Functions that take a transaction run under the customer's lock; their callers record them."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from hoistway.accounts.letters import Words, write_letter
from hoistway.authn.acceptable import ALONE, BESIDE
from hoistway.authn.links import BadLink, Invited, digest_of
from hoistway.authn.rationing import Ration, is_left, take
from hoistway.engine import Engine, time_ordered_id
from hoistway.journal import LOG
from hoistway.mail.letter import without_addresses
from hoistway.mail.post import put_to_address
from hoistway.protocol.email_domain import is_address
from hoistway.protocol.ids import CustomerId, UserId
from hoistway.protocol.roles import may
from hoistway.store.customers import Customer, find_customer
from hoistway.store.db import Writer
from hoistway.store.links import (
    Link,
    add_link,
    count_invitations,
    end_invitations_to,
    find_link,
    renew_link,
)
from hoistway.store.memberships import Membership, find_membership
from hoistway.store.users import User, find_user
from hoistway.web.words import Lang

DAY: Final = 86_400
MOST_PENDING: Final = 500
"""Invitations of one customer that wait."""
BY_PERSON, BY_CUSTOMER, BY_ADDRESS, IN_ALL = 100, 200, 5, 5000
"""Letters of a day: by one who invites, for one customer, to one address for one customer, and in all."""
TO_ADDRESS: Final = 10
"""Letters of a day to one address, whichever customers it is invited to."""


class CanNotInvite(Exception):
    """Nothing was sent. `key` is that of the sentence that says why; `wait` in seconds, where waiting helps."""

    def __init__(self, key: str, wait: int | None = None) -> None:
        self.key, self.wait = key, wait
        super().__init__(key)


class Inviter(Struct, frozen=True):
    """Who invites; `id` is None at the command line, `name` what the letter says. `of_operator` where it is somebody of the
    operator's own people."""

    id: UserId | None
    name: str
    of_operator: bool = False

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


def judge_invitation(
    engine: Engine, link: Link | None, customer: Customer | None, inviter: User | None, place: Membership | None
) -> Invited:
    """By the locked rows, where something is written; `place` is the inviter's in the customer. Raises BadLink."""
    if link is None or link.kind != "invitation" or not link.is_open(engine.now()):
        raise BadLink("used, withdrawn, too old or unknown")
    if customer is None or customer.id != link.customer_id or customer.disabled_at is not None:
        raise BadLink("the customer is disabled or gone")
    if link.made_by is not None:
        if inviter is None or inviter.disabled_at is not None:
            raise BadLink("whoever invited is disabled or gone")
        if not may(inviter.flags, "change") and (place is None or place.role != "administrator"):
            raise BadLink("whoever invited may not invite any more")
    given = engine.links.open(link, Invited)
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
    given = judge_invitation(engine, link, customer, inviter, place)
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
