"""Applications and APIs, as operators see them."""

from collections.abc import Sequence
from typing import Final

from hoistway.console.things.base import Fact, Page, Related, lines_of, nothing_related
from hoistway.protocol.flows import flows_of
from hoistway.protocol.subscription_key import KeyNames
from hoistway.store.apis import Api
from hoistway.store.clients import Client
from hoistway.store.customers import find_customer
from hoistway.store.db import Database
from hoistway.web.segments import segment
from hoistway.web.templates.filters import iso


async def _application_facts(db: Database, row: Client) -> Sequence[Fact]:
    customer = None if row.customer_id is None else await find_customer(db, row.customer_id)
    account = row.service_account_id
    return (
        Fact("thing_client_id", row.id, kind="code"),
        Fact("thing_type", row.type),
        Fact("thing_environment", row.environment),
        Fact(
            "thing_customer", "" if customer is None else customer.name,
            None if customer is None else f"/console/customers/{segment(customer.id)}",
        ),
        Fact("thing_redirect_uris", row.redirect_uris, kind="list"),
        Fact("thing_grants", flows_of(row.grants, row.response_types), kind="list"),
        Fact("thing_scopes", row.scopes, kind="list"),
        Fact("thing_exceptions", [f"{e.kind}, {iso(e.ends_at)[:10]}: {e.reason}" for e in row.exceptions], kind="list"),
        Fact("thing_account", account or "", None if account is None else f"/console/accounts/{segment(account)}", "code"),
        Fact("thing_created", row.created_at, kind="instant"),
    )  # fmt: skip


async def _application_related(db: Database, row: Client) -> Sequence[Related]:
    return [await lines_of(db, "secrets_of_application", row.id, None)]


async def _api_facts(_db: Database, row: Api) -> Sequence[Fact]:
    names = row.key_names or KeyNames()
    return (
        Fact("thing_id", row.id, kind="code"),
        Fact("thing_audience", row.audience, kind="code"),
        Fact("thing_uri", row.uri, kind="code"),
        Fact("thing_scopes", [f"{scope.name}: {scope.description}" for scope in row.scopes], kind="list"),
        Fact("thing_lifetime", f"{row.token_lifetime} s"),
        Fact("thing_alg", row.signing_alg),
        Fact("thing_key_names", (*names.header, *names.query), kind="list"),
        Fact("thing_created", row.created_at, kind="instant"),
    )


APPLICATIONS: Final = Page(_application_facts, _application_related)
APIS: Final = Page(_api_facts, nothing_related)
