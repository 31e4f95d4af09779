"""The only way in which pages of portal and console write: a transaction in which it is judged again who may (docs/adr/0011-changes.md)."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from msgspec import Struct

from hoistway.endpoints.browser import SignedIn, confined_to
from hoistway.engine import Engine
from hoistway.portal.not_now import Forbidden, NotNow, Repeated, TooOften
from hoistway.portal.not_now import Moved as Moved
from hoistway.portal.typed import plain_page
from hoistway.portal.visit import NotFound, Reader, Visit
from hoistway.protocol.ids import CustomerId, ProviderId, UserId
from hoistway.store.client_lists import lock_client_of
from hoistway.store.client_secrets import ClientSecret, secrets_of
from hoistway.store.clients import Client
from hoistway.store.customers import Customer, lock_customer
from hoistway.store.db import Writer
from hoistway.store.kept_forms import remove_kept_form
from hoistway.store.memberships import Membership, lock_membership
from hoistway.store.providers import hold_provider
from hoistway.store.sessions import Session, lock_session
from hoistway.store.turns import take_turn
from hoistway.store.used_forms import add_used_form, count_used_forms, find_used_form, lead_used_form
from hoistway.store.users import User, hold_user, lock_user
from hoistway.web.replies import correlation_id
from hoistway.web.sealed import browser_digest

MOST_FORMS = 2_000
"""That a person may have carried out as long as forms are known (two days): whatever they make, they make no more of it than that."""


class Overtaken(Forbidden):
    """The person was allowed to do this when the request came, but is not any more; nothing was written."""

    public = "Your sign-in, your role or the customer changed meanwhile, and nothing was written: open the page again."


class Change(Struct, frozen=True):
    """A transaction in which the person, and the customer for whom they act, are locked and were judged. `customer_id`
    is None for an operator at the console."""

    engine: Engine
    tx: Writer
    visit: Visit
    by: UserId
    customer_id: CustomerId | None

    def check_shown(self, *rows: object) -> None:
        """Raises Moved unless the page with the form showed these rows (`Visit.showing`) as they are now, under the
        lock."""
        self.visit.check_shown(*rows)

    async def leads_to(self, address: str) -> None:
        """Where the same form leads if it is sent again: to what it made."""
        if self.visit.shown is not None:
            await lead_used_form(self.tx, self.visit.shown.number, address)

    async def record(self, event: str, **facts: object) -> None:
        """Writes to the audit trail like `Engine.record`; who did it, for which customer and in which request are
        filled in."""
        known = {
            "actor": self.by,
            "customer_id": self.customer_id,
            "correlation_id": correlation_id(self.visit.request),
        }
        await self.engine.record(self.tx, event, **(known | facts))


@asynccontextmanager
async def changing(
    engine: Engine, visit: Visit, reader: Reader, *others: CustomerId, to: CustomerId | None = None
) -> AsyncIterator[Change]:
    """For a page of the portal. `others` are further customers whose things change, for example the one that is given
    an application; the person must administer them. `to` is the one for which they look from now on; they must have a
    place there. Raises Overtaken, NotFound."""
    async with engine.db.write() as tx:
        # Always in the same order, so that two changes that lock the same customers take turns.
        wanted = sorted({reader.customer_id, *others, to or reader.customer_id})
        customers = {customer_id: await lock_customer(tx, customer_id) for customer_id in wanted}
        user, session = await _person(tx, visit, engine.now())
        check_reader(reader, user, session)
        only = None if session is None else await confined_to(tx, session)
        for customer_id in wanted:
            if only not in {None, customer_id} and not reader.acting:
                raise NotFound
            membership = await lock_membership(tx, reader.user.id, customer_id)
            if customer_id == to:
                check_own(customers[customer_id], membership)
            if customer_id == reader.customer_id:
                check_place(reader, customers[customer_id], membership)
            elif customer_id in others:
                check_administrator(customers[customer_id], membership)
        change = Change(engine, tx, visit, reader.user.id, reader.customer_id)
        await _use(change)
        yield change


@asynccontextmanager
async def operating(engine: Engine, visit: Visit, operator: User, *customers: CustomerId) -> AsyncIterator[Change]:
    """For a page of the console. `customers` are those whose things change. Raises Overtaken."""
    async with engine.db.write() as tx:
        await take_turn(tx)
        for customer_id in sorted(set(customers)):
            await lock_customer(tx, customer_id)
        user, session = await _person(tx, visit, engine.now())
        check_person(operator, user, session)
        change = Change(engine, tx, visit, operator.id, None)
        await _use(change)
        yield change


@asynccontextmanager
async def owning(
    engine: Engine, visit: Visit, person: SignedIn, *, to_change: bool = False, provider: ProviderId | None = None
) -> AsyncIterator[Change]:
    """For a page of the account, about what is the person's own whatever their place in a customer; `to_change` where the
    account itself is changed. A `provider` is held, before the person as everywhere. Raises Overtaken."""
    async with engine.db.write() as tx:
        if provider is not None:
            await hold_provider(tx, provider)
        if to_change:
            # Not shared first: two who hold it so would wait for each other.
            await lock_user(tx, person.user.id)
        user, session = await _person(tx, visit, engine.now())
        check_person(person.user, user, session)
        change = Change(engine, tx, visit, person.user.id, None)
        await _use(change)
        yield change


async def _use(change: Change) -> None:
    """Uses up the form's number. If a form is sent twice at once, the locks taken before put one after the other.
    Raises Repeated, TooOften."""
    visit = change.visit
    if not visit.posted:
        return
    if visit.shown is None:
        raise NotNow("nobody")
    before = await find_used_form(change.tx, visit.shown.number)
    if before is not None:
        raise Repeated(before)
    if await count_used_forms(change.tx, change.by) >= MOST_FORMS:
        raise TooOften
    page = plain_page(visit.shown.page) or ("/portal" if change.customer_id else "/console")
    await add_used_form(change.tx, visit.shown.number, change.by, page, change.engine.now())
    await remove_kept_form(change.tx, change.by, browser_digest(visit.browser.id))


async def _person(tx: Writer, visit: Visit, now: int) -> tuple[User | None, Session | None]:
    """Raises Overtaken."""
    if visit.person is None:
        return None, None
    before = visit.person.session
    user, session = await hold_user(tx, visit.person.user.id), await lock_session(tx, before.session_digest, now)
    if session is not None and session.worth != before.worth:
        # What the page allowed was judged by what the person had proved (account/fresh).
        raise Overtaken(log="what the sign-in is worth changed")
    return user, session


def check_person(before: User, user: User | None, session: Session | None) -> None:
    """Raises Overtaken unless the account is still what it was and the session still exists."""
    if user is None or user.disabled_at is not None or user.flags != before.flags:
        raise Overtaken(log="the account was disabled, or its flags changed")
    if session is None or session.user_id != user.id or user.has_ended_since(session.auth_time):
        raise Overtaken(log="the session ended")


def check_reader(reader: Reader, user: User | None, session: Session | None) -> None:
    """Like `check_person`; whoever acts for the customer must still do so. Raises Overtaken."""
    check_person(reader.user, user, session)
    if reader.acting and (session is None or session.acting_for != reader.customer_id):
        raise Overtaken(log="the operator acts for another customer now")


def check_place(reader: Reader, customer: Customer | None, membership: Membership | None) -> None:
    """Raises Overtaken unless the role in this customer is still what it was."""
    if customer is None or customer.disabled_at is not None:
        raise Overtaken(log="the customer was disabled")
    if not reader.acting and (membership is None or reader.role != membership.role):
        raise Overtaken(log="the role changed")


def check_own(customer: Customer | None, membership: Membership | None) -> None:
    """Raises NotFound, also where the place was taken away a moment ago."""
    if membership is None or customer is None or customer.disabled_at is not None:
        raise NotFound(log="no place in that customer, or it is disabled")


def check_administrator(customer: Customer | None, membership: Membership | None) -> None:
    """Raises Overtaken."""
    if customer is None or customer.disabled_at is not None:
        raise Overtaken(log="the other customer was disabled")
    if membership is None or membership.role != "administrator":
        raise Overtaken(log="no administrator of the other customer any more")


async def lock_application(change: Change, reader: Reader, before: Client) -> Client:
    """The row as it is now, which nobody else can change until the transaction ends; whatever follows must be decided
    by it alone. Raises NotFound where it belongs to another owner by now, Moved where it is not as the form shows it."""
    client = await lock_client_of(change.tx, reader.customer_id, before.id)
    if client is None:
        raise NotFound
    if (client.type, client.environment, client.disabled_at) != (before.type, before.environment, before.disabled_at):
        raise Moved(log="the application was switched off or on, or is of another kind")
    change.check_shown(*shown_of(client, await secrets_of(change.tx, client.id)))
    return client


def shown_of(client: Client, secrets: Sequence[ClientSecret]) -> list[object]:
    """What the page of an application shows, except what changes by mere use."""
    return [client, *((secret.id, secret.expires_at) for secret in secrets)]
