"""hoistway app flows, and hoistway app give."""

from typing import Annotated

import typer
from msgspec.structs import replace

from hoistway import clock
from hoistway.applications.apis import PORTAL
from hoistway.applications.giving import give_application, sides
from hoistway.applications.granting import origins_of
from hoistway.authn.passwords import random_digest
from hoistway.commands.context import USAGE, AsJson, fail, in_transaction, note, show_one
from hoistway.commands.nouns import Id, verb, visible
from hoistway.protocol.flows import FLOWS, FlowRefused, check_flows, flows_of, stored_flows
from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.clients import Client, find_client, lock_client, put_client
from hoistway.store.customers import lock_customer
from hoistway.store.db import Writer


def flowing(client: Client, flows: tuple[str, ...]) -> Client:
    """Ends the command where an application of this type can't have these."""
    try:
        check_flows(client.type, flows)
    except FlowRefused as error:
        fail(str(error), USAGE)
    return replace(client, **stored_flows(client.grants, client.response_types, flows))


def add_flows(app: typer.Typer) -> None:
    @verb(
        app, "flows", "Say which flows an application is allowed; those that are left out are refused within 5 seconds."
    )
    def choose(
        client_id: Id,
        flow: Annotated[list[str], typer.Argument(metavar="FLOW", help=f"{', '.join(FLOWS)}.")],
        as_json: AsJson = False,
    ) -> None:
        async def work(tx: Writer) -> Client:
            client = await lock_client(tx, ClientId(client_id))
            if client is None:
                fail(f"there is no application {client_id}")
            changed = flowing(client, tuple(flow))
            await put_client(tx, changed, origins_of(changed))
            before, after = ({"flows": " ".join(flows_of(one.grants, one.response_types))} for one in (client, changed))
            await note(tx, "application.changed", id=client_id, before=before, after=after)
            return changed

        show_one(visible(in_transaction(work)), as_json)


def add_giving(app: typer.Typer) -> None:
    @verb(app, "give", "Give an application to another customer: its secrets, tokens, consents and exceptions end.")
    def give(
        client_id: Id,
        customer: Annotated[str, typer.Argument(metavar="CUSTOMER_ID", help="Who owns it from then on.")],
        as_json: AsJson = False,
    ) -> None:
        async def work(tx: Writer) -> Client | None:
            client = await _locked(tx, ClientId(client_id), CustomerId(customer))
            await give_application(tx, client, CustomerId(customer), random_digest(), clock.now())
            for owner, side in sides(client.customer_id, CustomerId(customer)):
                await note(tx, "application.transferred", id=client.id, customer=owner, **side)
            return await find_client(tx, client.id)

        show_one(visible(in_transaction(work)), as_json)


async def _locked(tx: Writer, client_id: ClientId, owner: CustomerId) -> Client:
    """Customers first, as everywhere. Ends the command where it can't be given to this one."""
    found = await find_client(tx, client_id)
    if found is None or found.id == PORTAL:
        fail(f"there is no application {client_id} that could be given away")
    if owner == SANDBOX:
        fail("the simulated customer owns no application")
    for one in sorted({owner, found.customer_id or owner}):
        if await lock_customer(tx, one) is None:
            fail(f"there is no customer {one}")
    client = await lock_client(tx, client_id)
    if client is None or client.customer_id != found.customer_id:
        fail(f"the application {client_id} was given away meanwhile: look at it again")
    if client.customer_id == owner:
        fail(f"the application {client_id} belongs to {owner} already")
    return client
