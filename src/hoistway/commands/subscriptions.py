"""hoistway subscription."""

from typing import Annotated, Any

import typer
from msgspec.structs import asdict

from hoistway import clock
from hoistway.commands.context import USAGE, AsJson, fail, in_transaction, note, show_one, with_database
from hoistway.commands.nouns import Id, Most, noun, verb, whole
from hoistway.commands.tables import show
from hoistway.products.ordering import read_order
from hoistway.products.subscribing import OVERLAP, NotLiving, NotOffered, TooMany, regenerate, subscribe
from hoistway.protocol.ids import CustomerId, ProductId, SubscriptionId
from hoistway.store.db import Database, Writer
from hoistway.store.products import find_product
from hoistway.store.subscription_keys import SLOTS, keys_of
from hoistway.store.subscription_lists import LAST, Listed, find_listed, list_subscriptions
from hoistway.store.subscription_moves import move_subscription
from hoistway.store.subscriptions import STATES, find_subscription
from hoistway.web.portal_words import PORTAL_WORDS

SUBSCRIPTION = noun("Subscriptions: a customer's right to call a product's APIs, and its keys.")
BY = "cli"
YEAR = 366 * 86_400
Message = Annotated[str, typer.Option(help="What the customer reads on the subscription's page.")]


def _visible(listed: Listed) -> dict[str, Any]:
    row = listed.subscription
    names = {"product": listed.product, "customer": listed.customer, "application": listed.application}
    return asdict(row) | {"state": row.state_at(clock.now()), "scope": row.scope} | names


@verb(SUBSCRIPTION, "list", "List subscriptions, the newest first.")
def list_all(
    state: Annotated[str | None, typer.Option(help=f"One of {', '.join(STATES)}.")] = None,
    before: Annotated[str, typer.Option(help="Go on behind this id.")] = LAST,
    most: Most = 100,
    as_json: AsJson = False,
) -> None:
    if state is not None and state not in STATES:
        fail(f"--state must be one of {', '.join(STATES)}", USAGE)
    rows = with_database(lambda db: list_subscriptions(db, state, before, most))
    show([_visible(row) for row in rows], as_json, ("id", "name", "customer_id", "product_id", "state"))


@verb(SUBSCRIPTION, "show", "Show one subscription with the beginnings of its keys.")
def show_subscription(subscription_id: Id, as_json: AsJson = False) -> None:
    async def work(db: Database) -> dict[str, Any] | None:
        listed = await find_listed(db, subscription_id)
        if listed is None:
            return None
        keys = await keys_of(db, listed.subscription.id, clock.now())
        names = ("slot", "prefix", "created_at", "expires_at", "last_used_at")
        return _visible(listed) | {"keys": [{name: getattr(key, name) for name in names} for key in keys]}

    row = with_database(work)
    if row is None:
        fail(f"there is no subscription {subscription_id}")
    show_one(row, as_json)


@verb(SUBSCRIPTION, "add", "Subscribe a customer to a product; the keys are shown once.")
def add(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER_ID", help="Whose it will be.")],
    product: Annotated[str, typer.Argument(metavar="PRODUCT_ID", help="What it opens.")],
    name: Annotated[str, typer.Option(help="What the customer will know it by.")],
    application: Annotated[str | None, typer.Option(help="Id of the application whose use it is.")] = None,
    api: Annotated[str | None, typer.Option(help="Only this API of the product.")] = None,
    as_json: AsJson = False,
) -> None:
    async def work(tx: Writer) -> dict[str, Any]:
        found = await find_product(tx, ProductId(product))
        if found is None or found.disabled_at is not None:
            fail(f"there is no product {product}, or it is disabled")
        wanted, wrong = read_order(found, {"name": name, "application": application or "", "api": api or ""})
        for key in wrong.values():
            fail(PORTAL_WORDS["en"][key])
        try:
            done = await subscribe(
                tx, found, CustomerId(customer), name=wanted.name, by=BY, now=clock.now(), client_id=wanted.client_id,
                api_id=wanted.api_id,
            )  # fmt: skip
        except NotOffered:
            fail(f"the customer has no application {application}, or it is disabled")
        except TooMany:
            fail(f"the customer has as many subscriptions of {product} as it allows")
        await note(tx, "subscription.added", id=done.subscription.id, customer=customer, product=product)
        return asdict(done.subscription) | {f"{slot}_key": done.keys.get(slot) for slot in SLOTS}

    show_one(in_transaction(work), as_json)


@verb(SUBSCRIPTION, "regenerate", "Make a new key, shown once; the present one goes on working for a while.")
def new_key(
    subscription_id: Id,
    slot: Annotated[str, typer.Argument(metavar="SLOT", help="primary or secondary.")],
    overlap: Annotated[
        int,
        typer.Option(
            help="Seconds for which the present key still works, at most a year.",
            metavar="NUMBER",
            parser=whole(0, YEAR),
        ),
    ] = OVERLAP,
    as_json: AsJson = False,
) -> None:
    if slot not in SLOTS:
        fail("SLOT must be primary or secondary", USAGE)

    async def work(tx: Writer) -> dict[str, Any]:
        row = await find_subscription(tx, SubscriptionId(subscription_id))
        if row is None:
            fail(f"there is no subscription {subscription_id}")
        try:
            key = await regenerate(tx, row.id, row.customer_id, slot, overlap=overlap, now=clock.now())
        except NotLiving:
            fail(f"the subscription is {row.state_at(clock.now())}: it can have no new key")
        await note(tx, "subscription.key_regenerated", id=row.id, slot=slot, overlap=overlap)
        return {"id": row.id, f"{slot}_key": key}

    show_one(in_transaction(work), as_json)


def _move(subscription_id: str, act: str, done: str, message: str, as_json: bool) -> None:
    async def work(tx: Writer) -> dict[str, Any]:
        row_id = SubscriptionId(subscription_id)
        moved = await move_subscription(tx, row_id, act, by=BY, now=clock.now(), message=message)
        if moved is None:
            found = await find_subscription(tx, row_id)
            if found is None:
                fail(f"there is no subscription {subscription_id}")
            fail(f"the subscription is {found.state_at(clock.now())}: it can't be {done}")
        await note(tx, f"subscription.{done}", id=subscription_id, message=message)
        return {"id": moved.id, "state": moved.state}

    show_one(in_transaction(work), as_json)


@verb(SUBSCRIPTION, "approve", "Approve one that waits; the customer makes its keys in the portal.")
def approve(subscription_id: Id, message: Message = "", as_json: AsJson = False) -> None:
    _move(subscription_id, "approve", "approved", message, as_json)


@verb(SUBSCRIPTION, "reject", "Reject one that waits.")
def reject(subscription_id: Id, message: Message = "", as_json: AsJson = False) -> None:
    _move(subscription_id, "reject", "rejected", message, as_json)


@verb(SUBSCRIPTION, "suspend", "Suspend one: its keys are refused within 2 seconds.")
def suspend(subscription_id: Id, message: Message = "", as_json: AsJson = False) -> None:
    _move(subscription_id, "suspend", "suspended", message, as_json)


@verb(SUBSCRIPTION, "resume", "Resume one that is suspended.")
def resume(subscription_id: Id, message: Message = "", as_json: AsJson = False) -> None:
    _move(subscription_id, "resume", "resumed", message, as_json)


@verb(SUBSCRIPTION, "cancel", "Cancel one for good: its keys are refused within 2 seconds.")
def cancel(subscription_id: Id, message: Message = "", as_json: AsJson = False) -> None:
    _move(subscription_id, "cancel", "cancelled", message, as_json)
