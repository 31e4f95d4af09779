"""hoistway customer and hoistway site."""

from typing import Annotated

import typer

from hoistway import clock
from hoistway.commands.context import AsJson, in_transaction, note, show_one
from hoistway.commands.factors import add_second_factor
from hoistway.commands.nouns import Id, add_reading, add_switching, make_thing, noun, verb, visible
from hoistway.protocol.ids import SiteId
from hoistway.store.customers import find_customer, list_customers, set_customer_disabled
from hoistway.store.db import Writer
from hoistway.store.sites import Site, find_site, list_sites, put_sites, set_site_disabled
from hoistway.things import organisations as things

CUSTOMER = noun("Customers: the organisations that units belong to.")
SITE = noun("Sites: the buildings that units stand in.")
add_reading(CUSTOMER, "customer", ("id", "name", "disabled_at"), find_customer, list_customers)
add_switching(CUSTOMER, "customer", set_customer_disabled)
add_second_factor(CUSTOMER)
add_reading(
    SITE, "site", ("id", "name", "street", "postal_code", "city", "country", "disabled_at"), find_site, list_sites
)
add_switching(SITE, "site", set_site_disabled, "customers see neither it nor its units")


@verb(CUSTOMER, "add", "Add a customer.")
def add(
    customer_id: Id, name: Annotated[str, typer.Option(help="Name of the organisation.")], as_json: AsJson = False
) -> None:
    make_thing(things.CUSTOMER, {"id": customer_id, "name": name}, as_json)


@verb(SITE, "add", "Add a site, or change what is given of a known one.")
def add_site(
    site_id: Id,
    name: Annotated[str, typer.Option(help="Name of the building.")],
    street: Annotated[str | None, typer.Option(help="Street and number.")] = None,
    postal_code: Annotated[str | None, typer.Option(help="Postal code.")] = None,
    city: Annotated[str | None, typer.Option(help="City.")] = None,
    country: Annotated[str | None, typer.Option(help="Two letters (ISO 3166-1).")] = None,
    as_json: AsJson = False,
) -> None:
    said = {"name": name, "street": street, "postal_code": postal_code, "city": city, "country": country}
    given = frozenset(column for column, value in said.items() if value is not None)
    row = Site(SiteId(site_id), name, street or "", postal_code or "", city or "", country or "", clock.now())

    async def work(tx: Writer) -> Site | None:
        await put_sites(tx, [row], given)
        await note(tx, "site.changed", id=row.id)
        return await find_site(tx, row.id)

    show_one(visible(in_transaction(work)), as_json)
