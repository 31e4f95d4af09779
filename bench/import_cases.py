"""What bench.imports moves in: people of Azure AD B2C, of a list and of Keycloak, and subscriptions of API Management with their keys."""

import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple, replace

from bench.import_files import CUSTOMERS, write_list, write_realm
from hoistway.imports.accounts import TABLES
from hoistway.imports.apim_files import files_of
from hoistway.imports.apim_subscribing import TABLES as APIM_TABLES
from hoistway.imports.sources import Source, sources_of
from hoistway.protocol.ids import ApiId, CustomerId, UserId
from hoistway.store.apis import Api, ApiScope, add_api
from hoistway.store.customers import Customer
from hoistway.store.db import Writer
from hoistway.store.filling import fill_tables
from hoistway.store.memberships import Membership
from hoistway.store.users import User, user_row
from tests.imports import arm, graph

PAGE, OWNERS = 999, 5_000
NOW = 1_700_000_000
RATE = '<policies><inbound><base /><rate-limit calls="600" renewal-period="60" /></inbound></policies>'
PRODUCTS = ("starter", "standard", "unlimited")


class Case(Struct, frozen=True):
    """`tables` are those whose rows are compared, `ready` fills what has to be there before."""

    kind: str
    what: str
    tables: Sequence[str]
    mapping: str
    write: Callable[[Path, int], Path]
    sources: Callable[[Path], Sequence[Source]]
    ready: Callable[[Writer], Awaitable[None]] | None = None


def person(number: int) -> dict[str, Any]:
    names = [graph.local(f"person{number}@example.com")]
    names += [graph.local(f"P-{number}", "userName")] if number % 3 == 0 else []
    names += [graph.federated("https://idp.example", f"s-{number}")] if number % 10 == 0 else []
    attributes = {"CustomerNumber": f"customer-{number % CUSTOMERS}", "Level": number % 7}
    return graph.user(number, *names, displayName=f"Anna Müller {number}", attributes=attributes)


def write_people(folder: Path, people: int) -> Path:
    folder.mkdir()
    pages = range(0, people, PAGE)
    for number, first in enumerate(pages):
        records = [person(one) for one in range(first, min(people, first + PAGE))]
        (folder / f"users-{number}.json").write_bytes(graph.page(records, more=first + PAGE < people))
    return folder


def subscription(number: int) -> dict[str, Any]:
    scope = ("/products/starter", "/products/standard", "/products/unlimited", "/apis/units", "/apis")[number % 5]
    return arm.subscription(f"sub-{number}", scope, f"user-{number % OWNERS}")


def write_subscriptions(folder: Path, number: int) -> Path:
    users = [arm.user(f"user-{one}", graph.oid(one)) for one in range(OWNERS)]
    files: dict[str, bytes | str] = {
        "products-1.json": arm.page([arm.product(name) for name in PRODUCTS]),
        "apis-1.json": arm.page([arm.api("units"), arm.api("trips")]),
        "links-1.json": arm.page([arm.resource(f"products/{name}/apis/units") for name in PRODUCTS]),
        "policies-1.json": arm.page([arm.policy(f"products/{name}", RATE) for name in PRODUCTS]),
    }
    for kind, records in (("users", users), ("subscriptions", [subscription(one) for one in range(number)])):
        pages = range(0, len(records), PAGE)
        for place, first in enumerate(pages, 1):
            more = first + PAGE < len(records)
            files[f"{kind}-{place}.json"] = arm.page(records[first : first + PAGE], more=more)
    arm.written(folder, files)
    with (folder / "secrets.ndjson").open("w") as file:
        file.writelines(json.dumps(arm.pair(f"sub-{one}")) + "\n" for one in range(number))
    return folder


async def with_owners(tx: Writer) -> None:
    """The customers, their people, and the API."""
    scopes = (ApiScope("units.read", "May read units"),)
    await add_api(
        tx,
        Api(
            ApiId("customer-api"), "API", "https://api.example", "https://api.example", scopes, 3600, "ES256", None, NOW
        ),
    )
    customers = [CustomerId(f"customer-{number}") for number in range(CUSTOMERS)]
    people = [
        User(
            UserId(graph.oid(one)),
            f"p{one}@example.com",
            f"Person {one}",
            (),
            (),
            None,
            "",
            customers[one % CUSTOMERS],
            NOW,
            NOW,
        )
        for one in range(OWNERS)
    ]
    places = [
        astuple(Membership(one.id, customers[number % CUSTOMERS], "member", "all", NOW))
        for number, one in enumerate(people)
    ]
    rows = {
        "customers": [astuple(Customer(one, one, NOW)) for one in customers],
        "users": [tuple(user_row(one).values()) for one in people], "memberships": places,
    }  # fmt: skip
    await fill_tables(tx, rows)


PEOPLE = Case(
    "b2c", "people", ("customers", "tenants", *TABLES),
    graph.MAPPING.partition("people:")[0] + "people:\n  customer: {attribute: CustomerNumber}\n  make_customers: true\n",
    write_people, lambda folder: sources_of([folder]),
)  # fmt: skip
SUBSCRIPTIONS = Case(
    "apim",
    "subscriptions",
    ("products", *APIM_TABLES),
    "apis: {all: customer-api}\n",
    write_subscriptions,
    files_of,
    with_owners,
)
CASES = {
    "b2c": PEOPLE,
    "csv": replace(PEOPLE, kind="csv", mapping="people: {make_customers: true}\n", write=write_list),
    "keycloak": replace(
        PEOPLE,
        kind="keycloak",
        mapping="people:\n  customer: {attribute: number}\n  make_customers: true\n",
        write=write_realm,
    ),
    "apim": SUBSCRIPTIONS,
}
