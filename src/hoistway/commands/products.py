"""hoistway product."""

from pathlib import Path
from typing import Annotated

import typer

from hoistway import clock
from hoistway.commands.context import USAGE, AsJson, fail
from hoistway.commands.nouns import Id, add_reading, add_switching, added, noun, verb, whole
from hoistway.protocol.ids import ApiId, ProductId
from hoistway.protocol.limits import LONGEST_PERIOD, MOST_CALLS, Limit
from hoistway.protocol.numbers import read_whole
from hoistway.store.apis import find_api
from hoistway.store.db import Writer
from hoistway.store.products import Product, add_product, find_product, list_products, set_product_disabled

PRODUCT = noun("Products: which APIs may be called how often, under which terms.")
COLUMNS = ("id", "name", "rate", "quota", "key_use", "approval", "disabled_at")
add_reading(PRODUCT, "product", COLUMNS, find_product, list_products)
add_switching(PRODUCT, "product", set_product_disabled, "its keys are refused within 2 seconds")


def read_limit(text: str | None, option: str) -> Limit | None:
    """CALLS/SECONDS; ends with code 2 where it is something else."""
    if text is None:
        return None
    calls, _, period = text.partition("/")
    numbers = [read_whole(part, 1, most) for part, most in ((calls, MOST_CALLS), (period, LONGEST_PERIOD))]
    if numbers[0] is None or numbers[1] is None:
        fail(f"{option} must be CALLS/SECONDS, for example 1000/60", USAGE)
    return Limit(numbers[0], numbers[1])


@verb(PRODUCT, "add", "Add a product.")
def add(
    product_id: Id,
    name: Annotated[str, typer.Option(help="As people know it.")],
    description: Annotated[str, typer.Option(help="One sentence for the catalogue.")],
    api: Annotated[list[str], typer.Option(help="Id of an API that it bundles; repeat it.")],
    rate: Annotated[str | None, typer.Option(help="CALLS/SECONDS, answered 429 beyond; no limit without it.")] = None,
    quota: Annotated[str | None, typer.Option(help="CALLS/SECONDS, answered 403 beyond; no limit without it.")] = None,
    terms: Annotated[Path | None, typer.Option(help="File with the terms.", exists=True, dir_okay=False)] = None,
    approval: Annotated[bool, typer.Option(help="An operator decides on each subscription.")] = False,
    key: Annotated[bool, typer.Option(help="Calls need a key; with --no-key a token alone will do.")] = True,
    most: Annotated[
        int | None,
        typer.Option(help="Subscriptions for each customer, 1 to 1000.", metavar="NUMBER", parser=whole(1, 1000)),
    ] = None,
    as_json: AsJson = False,
) -> None:
    row = Product(
        ProductId(product_id), name, description, tuple(ApiId(one) for one in api), read_limit(rate, "--rate"),
        read_limit(quota, "--quota"), terms.read_text(encoding="utf-8").strip() if terms else "",
        "asked" if approval else "automatic", "required" if key else "optional", most, clock.now(),
    )  # fmt: skip

    async def write(tx: Writer) -> None:
        for one in row.apis:
            if await find_api(tx, one) is None:
                fail(f"there is no API {one}")
        await add_product(tx, row)

    added(row, write, "product.added", as_json)
