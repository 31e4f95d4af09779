"""How long the pages of portal and console take, every one that links lead to, where an operator has much of everything."""

import asyncio
import statistics
import time
from collections import Counter
from typing import Final

from bench.server import Running
from bench.usage import fill
from bench.world import customer_id
from hoistway import clock
from hoistway.protocol.ids import ApiId, ClientId, CustomerId, ProductId, RequestId, ServiceAccountId, SubscriptionId
from hoistway.protocol.limits import Limit
from hoistway.store.audit import Entry, add_entry
from hoistway.store.clients import Client, add_client
from hoistway.store.customers import Customer, add_customer
from hoistway.store.db import Database, Writer
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.open import open_database
from hoistway.store.products import Product, add_product
from hoistway.store.recent_requests import RecentRequest, add_requests
from hoistway.store.requests import Request, add_request
from hoistway.store.service_accounts import ServiceAccount, add_service_account
from hoistway.store.subscriptions import Subscription, add_subscription
from hoistway.store.users import add_user
from tests.portal.links import kind, links
from tests.portal.signing_in import Visitor
from tests.world import user

CUSTOMERS: Final = 10_000
EVENTS = ("signed_in", "token.issued", "application.text_changed", "password_grant.used")
OF_A_KIND = 3
LOADS = 7
BATCH = 500
SEEDS: Final = {
    "page-reader": (
        "/portal", "/portal/search?q=refresh", "/portal/usage?period=24h", "/portal/usage?period=30d", "/portal/usage?period=90d",
    ),
    "page-operator": (
        "/console", "/console/units?q=US-0777777", "/console/units?after=US-0900000", "/console/customers?q=Customer+77",
        "/console/users?q=user-99", "/console/sites?q=site-07", "/console/applications?q=client-9",
        "/console/why?holder=u-page-reader&unit=US-0000000&customer=customer-000", "/console/audit?event=token.issued",
    ),
}  # fmt: skip


async def _customer(tx: Writer, number: int, now: int) -> None:
    """One of the many, with all that a customer has."""
    own, name = CustomerId(f"page-{number:05}"), f"{number:05}"
    await add_customer(tx, Customer(own, f"Customer {number}", now))
    person = user(f"user-{name}", own)
    await add_user(tx, person)
    await put_membership(tx, Membership(person.id, own, "administrator", "all", now))
    account = ServiceAccount(
        ServiceAccountId(f"sa-{name}"), f"sa-{name}", f"sa-{name}", f"Daemon {name}", own, "-", now, now
    )
    await add_service_account(tx, account)
    client = ClientId(f"client-{name}")
    await add_client(tx, Client(client, f"Program {name}", "daemon", grants=("client_credentials",), customer_id=own,
                                service_account_id=account.id, created_at=now))  # fmt: skip
    await _desk(tx, own, client, number, now)


async def _desk(tx: Writer, own: CustomerId, client: ClientId, number: int, now: int) -> None:
    person, name = user(f"user-{number:05}", own), f"{number:05}"
    open_too = number % 5 == 0
    await add_request(tx, Request(
        RequestId(f"r-{name}"), own, person.id, "application", f"Program {name}", "web", ("https://app.example/cb",),
        "Shows the lifts of one house.", ("code",), "", "production", "submitted" if open_too else "withdrawn",
        client, now - number, now - number,
    ))  # fmt: skip
    await add_subscription(tx, Subscription(
        SubscriptionId(f"s-{name}"), own, client, ProductId("p-0"), None, f"Key of {name}",
        "submitted" if open_too else "active", "", person.id, None, now, now, now, now,
    ))  # fmt: skip
    for turn in range(10):
        event = EVENTS[turn % len(EVENTS)]
        await add_entry(
            tx, Entry(f"e-{name}-{turn}", now - number * 60 - turn, event, person.id, client, own, "c" * 36)
        )


async def _own(db: Database, now: int) -> None:
    """What the two who look have themselves."""
    async with db.write() as tx:
        reader, operator, own = (
            user("page-reader", customer_id(0)),
            user("page-operator", None, "operator"),
            customer_id(0),
        )
        await add_user(tx, reader)
        await add_user(tx, operator)
        await put_membership(tx, Membership(reader.id, own, "administrator", "all", now))
        for number in range(3):
            await add_product(tx, Product(
                ProductId(f"p-{number}"), f"Product {number}", "Units and their state.", (ApiId("customer-api"),),
                Limit(10**6, 60), Limit(10**9, 86_400), key_use="optional", created_at=now,
            ))  # fmt: skip
        await add_client(tx, Client(ClientId("client-own"), "Own", "web", ("https://own.example/cb",), customer_id=own,
                                    grants=("authorization_code",), response_types=("code",), created_at=now))  # fmt: skip
        await _desk(tx, own, ClientId("client-own"), 99_995, now)
        rows = [RecentRequest(
            f"q-{number:07}", now - number, own, "client-own", "", "api", "list_units", 404 if number % 3 == 0 else 200,
            "not-found" if number % 3 == 0 else "", "", 3.5, f"{number:036}", int(number % 3 == 0),
        ) for number in range(20_000)]  # fmt: skip
        await add_requests(tx, rows)


def fill_pages(database: str, usage_rows: int) -> None:
    """10,000 customers with all that they have, 100,000 entries of audit; usage as bench/usage fills it."""
    fill(database, usage_rows)
    asyncio.run(_fill_customers(database, clock.now()))


async def _fill_customers(database: str, now: int) -> None:
    db = await open_database(database)
    await _own(db, now)
    for first in range(0, CUSTOMERS, BATCH):
        async with db.write() as tx:
            for number in range(first, first + BATCH):
                await _customer(tx, number, now)
    await db.close()


def walk(visitor: Visitor, seeds: tuple[str, ...]) -> dict[str, list[float]]:
    """Milliseconds of each load of each page below the first seed. Raises RuntimeError where a link leads nowhere."""
    waiting, seen, times = list(seeds), set(seeds), dict[str, list[float]]()
    kinds = Counter(kind(address) for address in seeds)
    while waiting:
        address = waiting.pop()
        took, reply = [], visitor.get(address)
        for _ in range(LOADS):
            begun = time.perf_counter()
            reply = visitor.get(address)
            took.append((time.perf_counter() - begun) * 1000)
        if reply.status_code == 303:
            continue
        if reply.status_code != 200:
            raise RuntimeError(f"{address} answers {reply.status_code}")
        times[address] = took
        for link in links(reply.text):
            if link.startswith(seeds[0]) and link not in seen and kinds[kind(link)] < OF_A_KIND:
                seen.add(link)
                kinds[kind(link)] += 1
                waiting.append(link)
    return times


def slowest_page(server: Running) -> float:
    """Milliseconds from asking to the whole page: the largest of the pages' medians. Prints the ten slowest."""
    times: dict[str, list[float]] = {}
    for name, seeds in SEEDS.items():
        visitor = Visitor(server.url).sign_in(name)
        times |= walk(visitor, seeds)
        visitor.close()
    medians = {address: statistics.median(took) for address, took in times.items()}
    print(f"  {len(medians)} pages; the slowest, in milliseconds:")
    for address, median in sorted(medians.items(), key=lambda pair: -pair[1])[:10]:
        print(f"  {address}: median {median:.0f}, slowest {max(times[address]):.0f}")
    return max(medians.values())
