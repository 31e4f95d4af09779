"""Products and subscriptions for tests, and calls with a key."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count

import httpx2
from msgspec.structs import replace

from hoistway.authn.subscription_key import make_key
from hoistway.protocol.ids import ApiId, CustomerId, ProductId, SubscriptionId
from hoistway.protocol.limits import Limit
from hoistway.store.db import Writer
from hoistway.store.products import Product, add_product, put_product
from hoistway.store.subscription_keys import add_key
from hoistway.store.subscriptions import Subscription, add_subscription
from tests.attacks.asking import daemon_token
from tests.server import Clock, Served, change
from tests.world import A

CUSTOMER_API = ApiId("customer-api")
UNITS = "/api/v1/units?limit=1"
_numbers = count(1)


def product(name: str, /, *, rate: Limit | None = None, quota: Limit | None = None, **changes: object) -> Product:
    row = Product(ProductId(name), name.title(), f"About {name}.", (CUSTOMER_API,), rate, quota, created_at=1)
    return replace(row, **changes)


@dataclass
class Shop:
    """A server with a clock, and what is sold there."""

    served: Served
    clock: Clock
    tokens: dict[str, tuple[str, int]] = field(default_factory=dict)
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=30))

    def write(self, work: Callable[[Writer], Awaitable[None]]) -> None:
        """As another process would; the server knows after two seconds."""
        change(self.served.database, work)
        self.clock.turn(2)

    def offer(self, row: Product) -> Product:
        async def work(tx: Writer) -> None:
            await add_product(tx, row)

        self.write(work)
        return row

    def alter(self, row: Product, **changes: object) -> None:
        async def work(tx: Writer) -> None:
            await put_product(tx, replace(row, **changes))

        self.write(work)

    def subscribe(
        self, row: Product, customer: CustomerId = A, **changes: object
    ) -> tuple[SubscriptionId, dict[str, str]]:
        """(id, keys by slot); active from now on."""
        now = self.clock() + 2  # when the server hears of it
        subscription_id = SubscriptionId(f"sub-{next(_numbers)}")
        subscription = Subscription(
            subscription_id, customer, None, row.id, None, "Mine", "active", "", "tests", None, now, now, now, now
        )
        made = {slot: make_key(subscription_id, slot, now) for slot in ("primary", "secondary")}

        async def work(tx: Writer) -> None:
            await add_subscription(tx, replace(subscription, **changes))
            for _key, stored in made.values():
                await add_key(tx, stored)

        self.write(work)
        return subscription_id, {slot: key for slot, (key, _stored) in made.items()}

    def token(self, customer: CustomerId = A) -> str:
        """Got anew where the clock went on for long."""
        token, got_at = self.tokens.get(customer, ("", 0))
        if got_at < self.clock() - 3000:
            token = daemon_token(self.served, "daemon" if customer == A else "daemon-b")
            self.tokens[customer] = token, self.clock()
        return token

    def call(
        self, key: str | None = None, path: str = UNITS, customer: CustomerId = A, **headers: str
    ) -> httpx2.Response:
        sent = {"authorization": f"Bearer {self.token(customer)}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= {} if key is None else {"Ocp-Apim-Subscription-Key": key}
        return self.http.get(f"{self.served.url}{path}", headers=sent)

    def statuses(self, count: int, key: str | None = None, path: str = UNITS) -> list[int]:
        return [self.call(key, path).status_code for _ in range(count)]
