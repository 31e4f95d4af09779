"""hoistway customer and hoistway site."""

from typing import Annotated

import typer

from hoistway import clock
from hoistway.commands.context import AsJson, fail, note, show_one, with_database
from hoistway.commands.things import add_reading, add_switching, visible
from hoistway.protocol.ids import CustomerId, SiteId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.customers import Customer, add_customer, find_customer, list_customers, set_customer_disabled
from hoistway.store.db import Database
from hoistway.store.sites import Site, find_site, list_sites, put_sites

CUSTOMER = typer.Typer(help="Customers: the organisations that units belong to.", no_args_is_help=True)
SITE = typer.Typer(help="Sites: the buildings that units stand in.", no_args_is_help=True)
add_reading(CUSTOMER, "customer", ("id", "name", "disabled_at"), find_customer, list_customers)
add_switching(CUSTOMER, "customer", set_customer_disabled)
add_reading(SITE, "site", ("id", "name", "street", "postal_code", "city", "country"), find_site, list_sites)


@CUSTOMER.command("add", help="Add a customer.")
def add(
    customer_id: Annotated[str, typer.Argument(metavar="ID")],
    name: Annotated[str, typer.Option()],
    as_json: AsJson = False,
) -> None:
    if customer_id == SANDBOX:
        fail("the id sandbox is that of the simulated customer: choose another", 2)
    row = Customer(CustomerId(customer_id), name, clock.now())

    async def work(db: Database) -> None:
        async with db.write() as tx:
            await add_customer(tx, row)
            await note(tx, "customer.added", id=row.id)

    with_database(work)
    show_one(visible(row), as_json)


@SITE.command("add", help="Add a site, or overwrite it.")
def add_one_site(
    site_id: Annotated[str, typer.Argument(metavar="ID")],
    name: Annotated[str, typer.Option()],
    street: str = "",
    postal_code: str = "",
    city: str = "",
    country: str = "",
    as_json: AsJson = False,
) -> None:
    row = Site(SiteId(site_id), name, street, postal_code, city, country, clock.now())

    async def work(db: Database) -> None:
        async with db.write() as tx:
            await put_sites(tx, [row])

    with_database(work)
    show_one(visible(row), as_json)
