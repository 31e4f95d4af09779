"""A customer's directory as it talks to the server, and what it needs there: a token, a provider with a proved domain."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx2

from hoistway import clock
from hoistway.authn.scim_token import new_token
from hoistway.protocol.ids import CustomerId, ProviderId
from hoistway.store.db import Database, Writer
from hoistway.store.open import open_database
from hoistway.store.provider_domains import ProviderDomain, add_domain
from hoistway.store.providers import Provider, add_provider
from hoistway.store.scim_tokens import add_scim_token
from tests.server import Served, change

T = TypeVar("T")
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def read(database: str, work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        db = await open_database(database)
        try:
            return await work(db)
        finally:
            await db.close()

    return asyncio.run(run())


def prove(database: str, customer: str, domain: str, *, proved: bool = True) -> None:
    """A provider of the customer with this domain."""

    async def work(tx: Writer) -> None:
        now, provider = clock.now(), ProviderId(f"p-{domain}")
        row = Provider(
            provider, CustomerId(customer), domain, f"https://{domain}", "x", "client_secret_basic", b"", "verified", None, (), (), "here", now,
        )  # fmt: skip
        await add_provider(tx, row)
        await add_domain(tx, ProviderDomain(provider, domain, "x", now, now if proved else None))

    change(database, work)


class Directory:
    def __init__(self, served: Served, customer: str, *, days: int = 30, now: int | None = None) -> None:
        self.customer, self.served = customer, served
        self.row, self.token = new_token(CustomerId(customer), clock.now() if now is None else now, days)
        change(served.database, lambda tx: add_scim_token(tx, self.row))
        self.base = f"{served.url}/scim/v2/{customer}"

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/scim+json"}
        headers |= more.pop("headers", {})
        return httpx2.request(
            method, f"{self.base}{path}", json=body, headers=headers, verify=False, timeout=30, **more
        )

    def find(self, name: str) -> list[dict[str, Any]]:
        found = self.call("GET", "/Users", params={"filter": f'userName eq "{name}"'})
        assert found.status_code == 200, found.text
        resources: list[dict[str, Any]] = found.json()["Resources"]
        return resources

    def push(self, user_name: str, /, **more: Any) -> dict[str, Any]:
        made = self.call("POST", "/Users", {"schemas": [USER], "userName": user_name, **more})
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    def patch(self, path: str, *operations: dict[str, Any]) -> httpx2.Response:
        return self.call("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})
