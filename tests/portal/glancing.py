"""A world in which there is something to see at a glance: for two customers the same, and a third that begins."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from hoistway.protocol.ids import CustomerId, RequestId, SubscriptionId, UserId
from hoistway.protocol.latency import BINS
from hoistway.settings import DAY
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.clients import add_client, set_client_disabled
from hoistway.store.customers import Customer, add_customer
from hoistway.store.db import Writer
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.products import add_product
from hoistway.store.requests import Request, add_request
from hoistway.store.subscription_keys import SubscriptionKey, add_key
from hoistway.store.subscriptions import Subscription, add_subscription
from hoistway.store.usage_days import DAYS
from hoistway.store.users import add_user
from tests.engines import EngineName, drop_database, fresh_database
from tests.limits.selling import product
from tests.server import Clock, Served, change, populate, serving
from tests.world import A, B, client, user

EMPTY = CustomerId("c-empty")
NO_BINS = [0] * BINS


def request(row_id: str, customer: CustomerId, by: str, name: str, now: int, state: Any) -> Request:
    return Request(
        RequestId(row_id), customer, UserId(by), "application", name, "single-page", ("https://new.example/cb",), "Why",
        ("code",), "", "production", state, None, now - 60, now - 60,
    )  # fmt: skip


async def furnish(tx: Writer, letter: str, customer: CustomerId, member: str, now: int) -> None:
    """The same for two customers; every name says whose it is."""
    app, bare, off = (
        client(f"{word}-{letter}", "web", customer_id=customer) for word in ("ending", "bare", "switched-off")
    )
    for row in (app, bare, off):
        await add_client(tx, replace(row, name=f"{row.id} app"))
    for row_id, holder, at in (("soon", app, 10), ("late", app, 40), ("off", off, 5)):
        secret = ClientSecret(f"{row_id}-{letter}", holder.id, f"{row_id}{letter}".encode(), f"hws_{row_id}", now)
        await add_secret(tx, replace(secret, expires_at=now + at * DAY, last_used_at=now - DAY))
    await set_client_disabled(tx, off.id, now)
    await add_request(tx, request(f"r-mine-{letter}", customer, f"u-{member}", f"mine {letter}", now, "submitted"))
    await add_request(tx, request(f"r-asked-{letter}", customer, f"u-{member}", f"asked {letter}", now, "asked"))
    await add_request(tx, request(f"r-other-{letter}", customer, "u-other", f"theirs {letter}", now, "submitted"))
    await add_request(tx, request(f"r-gone-{letter}", customer, f"u-{member}", f"gone {letter}", now, "withdrawn"))
    for word, state, ends in (("waits", "submitted", None), ("runs", "active", 20), ("over", "active", -1)):
        await add_subscription(
            tx,
            Subscription(
                SubscriptionId(f"s-{word}-{letter}"), customer, None, product("sold").id, None, f"{word} {letter}", state,
                "", f"u-{member}", None, now, now, ends_at=None if ends is None else now + ends * DAY,
            ),
        )  # fmt: skip
    runs = SubscriptionId(f"s-runs-{letter}")
    key = SubscriptionKey(f"k-{letter}", runs, "primary", letter.encode(), f"hwk_{letter}", now, now + 3 * DAY)
    await add_key(tx, key)
    today = now - now % DAY
    refused, failed = ("api", "listUnits", 403, "scope-missing"), ("token", "password", 503, "busy")
    calls = {
        (customer, today, app.id, "", *refused): [1_407, *NO_BINS],
        (customer, today, app.id, "", "api", "listUnits", 200, ""): [90_000, *NO_BINS],
        (customer, today - DAY, bare.id, "", *refused): [5, *NO_BINS],
        (customer, today, "", "", *failed): [2, *NO_BINS],
    }
    await DAYS.add(tx, calls.items())


def serving_glanced(engine: EngineName) -> Iterator[Served]:
    url, clock = fresh_database(engine, populate), Clock()
    # Not in the last minute of a day: what is of today stays of today.
    clock.at -= clock.at % DAY - 12 * 3600

    async def work(tx: Writer) -> None:
        await add_customer(tx, Customer(EMPTY, "Empty", clock.at))
        for person in (user("other", None), user("out", None), user("eve", EMPTY), user("audra", None, "auditor")):
            await add_user(tx, person)
        await put_membership(tx, Membership(UserId("u-eve"), EMPTY, "member", "all", clock.at))
        await add_product(tx, product("sold"))
        await furnish(tx, "a", A, "ann", clock.at)
        await furnish(tx, "b", B, "bob", clock.at)

    change(url, work)
    with serving(url, now=clock) as server:
        yield server
    drop_database(url)
