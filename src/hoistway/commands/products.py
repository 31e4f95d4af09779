"""hoistway product."""

from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import asdict, replace

from hoistway import clock
from hoistway.authn.offers import MOST_PRODUCTS
from hoistway.commands.context import USAGE, AsJson, fail, in_transaction, note, show_one, with_database
from hoistway.commands.nouns import Id, add_enabling, add_reading, added, noun, switched, verb, visible, whole
from hoistway.products.beginning import LOOK_BACK_DAYS, CutsOff, begun, check_change, look_for_keyless
from hoistway.products.making import TooManyProducts, make_product
from hoistway.products.texts import LONGEST_DESCRIPTION, LONGEST_NAME, LONGEST_TERMS, is_product_id, wrong_texts
from hoistway.protocol.ids import ApiId, ProductId
from hoistway.protocol.limits import LONGEST_PERIOD, MOST_CALLS, Limit
from hoistway.protocol.numbers import read_moment, read_whole
from hoistway.store.apis import find_api
from hoistway.store.audit import short
from hoistway.store.db import Writer
from hoistway.store.keyless_uses import Keyless
from hoistway.store.products import (
    Product,
    find_product,
    list_products,
    lock_product,
    put_product,
    set_product_disabled,
)
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.templates.filters import date

PRODUCT = noun("Products: which APIs may be called how often, under which terms.")
SAY_WHEN = "say from which day they need one, --keys-from 2027-01-31"
COLUMNS = ("id", "name", "rate", "quota", "key_use", "keys_from", "approval", "disabled_at")
add_reading(PRODUCT, "product", COLUMNS, find_product, list_products)
add_enabling(PRODUCT, "product", set_product_disabled)
NameDe = Annotated[str | None, typer.Option(help="For readers of German; without it they read --name.")]
DescriptionDe = Annotated[str | None, typer.Option(help="For readers of German; without it they read --description.")]
Terms = Annotated[Path | None, typer.Option(help="File with the terms.", exists=True, dir_okay=False)]
TermsDe = Annotated[Path | None, typer.Option(help="File with the terms in German.", exists=True, dir_okay=False)]
DaysFrom = Annotated[
    str | None,
    typer.Option(help="Calls need a key when this day begins (UTC), not before: 2027-01-31.", metavar="DATE"),
]
AtOnce = Annotated[bool, typer.Option("--now", help="At once, though programs call without a key.")]


def read_limit(text: str | None, option: str) -> Limit | None:
    """CALLS/SECONDS; exits with code 2 where it is something else."""
    if text is None:
        return None
    calls, _, period = text.partition("/")
    numbers = [read_whole(part, 1, most) for part, most in ((calls, MOST_CALLS), (period, LONGEST_PERIOD))]
    if numbers[0] is None or numbers[1] is None:
        fail(f"{option} must be CALLS/SECONDS, for example 1000/60", USAGE)
    return Limit(numbers[0], numbers[1])


def _read_begin(text: str | None, *, at_once: bool, key: bool) -> int | None:
    """Reads --keys-from; exits with code 2 where it is no day in the future, or contradicts the other options."""
    day = read_moment(text)
    if text is None:
        return None
    if day is None or "T" in text or day.timestamp() <= clock.now() or at_once or not key:
        fail("--keys-from is a day to come, as 2027-01-31, and goes with neither --now nor --no-key", USAGE)
    return int(day.timestamp())


def _read(file: Path | None) -> str | None:
    return None if file is None else file.read_text(encoding="utf-8").strip()


def _check_texts(row: Product) -> None:
    """Exits with code 2 where one of them is not allowed."""
    wrong = list(wrong_texts(asdict(row)))
    if wrong:
        fail(
            f"{', '.join(name.replace('_', '-') for name in wrong)}: a name has 1 to {LONGEST_NAME} printable characters, a description 1 to "
            f"{LONGEST_DESCRIPTION:,}, terms at most {LONGEST_TERMS:,}; German ones may be left out, German terms stand beside others",
            USAGE,
        )


def _keyless(at_once: bool) -> Keyless:
    """Read before the transaction, because it may have to scan."""
    return with_database(lambda db: look_for_keyless(db, clock.now(), at_once=at_once))


async def _check(tx: Writer, wanted: Product, keyless: Keyless, way: str) -> None:
    """Exits with code 1 where programs would be refused at once; `way` says how to avoid that."""
    try:
        await check_change(tx, wanted, keyless, clock.now())
    except CutsOff:
        lines = [
            f"  {one.name or one.client_id}: {one.calls} calls of {one.customers} customer(s), last on {date(one.last_day)}"
            for one in keyless.named
        ]
        if keyless.applications > len(lines):
            lines.append(f"  and {keyless.applications - len(lines)} more")
        fail(
            f"{keyless.applications} application(s) of {keyless.customers} customer(s) called without a key in the last "
            f"{LOOK_BACK_DAYS} days, and would be refused at once:\n" + "\n".join(lines) + f"\n{way}, or --now"
        )


@verb(PRODUCT, "disable", "Disable a product: its keys are refused within 2 seconds.")
def disable(product_id: Id, at_once: AtOnce = False, as_json: AsJson = False) -> None:
    keyless = _keyless(at_once)

    async def switch(tx: Writer, product: ProductId, at: int | None) -> bool:
        found = await lock_product(tx, product)
        if found is not None:
            way = "let calls need a key from a day on first, hoistway product set ID --keys-from DATE"
            await _check(tx, replace(found, disabled_at=at), keyless, way)
        return await set_product_disabled(tx, product, at)

    switched("product", switch, product_id, clock.now(), as_json)


@verb(PRODUCT, "add", "Add a product.")
def add(
    product_id: Id,
    name: Annotated[str, typer.Option(help="As people know it.")],
    description: Annotated[str, typer.Option(help="One sentence for the catalogue.")],
    api: Annotated[list[str], typer.Option(help="Id of an API that it bundles; repeat it.")],
    rate: Annotated[str | None, typer.Option(help="CALLS/SECONDS, answered 429 beyond; no limit without it.")] = None,
    quota: Annotated[str | None, typer.Option(help="CALLS/SECONDS, answered 403 beyond; no limit without it.")] = None,
    terms: Terms = None,
    approval: Annotated[bool, typer.Option(help="An operator decides on each subscription.")] = False,
    key: Annotated[bool, typer.Option(help="Calls need a key; with --no-key a token alone will do.")] = True,
    most: Annotated[
        int | None,
        typer.Option(help="Subscriptions for each customer, 1 to 1000.", metavar="NUMBER", parser=whole(1, 1000)),
    ] = None,
    keys_from: DaysFrom = None,
    at_once: AtOnce = False,
    name_de: NameDe = None,
    description_de: DescriptionDe = None,
    terms_de: TermsDe = None,
    as_json: AsJson = False,
) -> None:
    begins = _read_begin(keys_from, at_once=at_once, key=key)
    row = Product(
        ProductId(product_id), name, description, tuple(ApiId(one) for one in api), read_limit(rate, "--rate"),
        read_limit(quota, "--quota"), _read(terms) or "",
        "asked" if approval else "automatic", "required" if key else "optional", most, clock.now(),
        keys_from=begins, name_de=name_de or "", description_de=description_de or "", terms_de=_read(terms_de) or "",
    )  # fmt: skip
    _check_texts(row)
    if not is_product_id(row.id):
        fail(PORTAL_WORDS["en"]["product_no_id"], USAGE)
    keyless = _keyless(at_once)

    async def write(tx: Writer) -> None:
        for one in row.apis:
            if await find_api(tx, one) is None:
                fail(f"there is no API {one}")
        await _check(tx, row, keyless, SAY_WHEN)
        try:
            await make_product(tx, row)
        except TooManyProducts:
            fail(
                f"there are {MOST_PRODUCTS:,} products, and every call is judged by all of them: change one that nobody uses instead"
            )

    added(row, write, "product.added", as_json)


@verb(PRODUCT, "set", "Change a product; what is left out stays as it is.")
def change(
    product_id: Id,
    name: Annotated[str | None, typer.Option(help="As people know it.")] = None,
    description: Annotated[str | None, typer.Option(help="One sentence for the catalogue.")] = None,
    name_de: NameDe = None,
    description_de: DescriptionDe = None,
    terms: Terms = None,
    terms_de: TermsDe = None,
    key: Annotated[bool | None, typer.Option(help="Calls need a key; with --no-key a token alone will do.")] = None,
    keys_from: DaysFrom = None,
    at_once: AtOnce = False,
    as_json: AsJson = False,
) -> None:
    begins = _read_begin(keys_from, at_once=at_once, key=key is not False)
    texts = {
        "name": name, "description": description, "name_de": name_de, "description_de": description_de, "terms": _read(terms),
        "terms_de": _read(terms_de),
    }  # fmt: skip
    values: dict[str, object] = {column: value for column, value in texts.items() if value is not None}
    if key is not None or begins is not None:
        values |= {"key_use": "optional" if key is False else "required", "keys_from": begins}
    if not values:
        fail("nothing to change: name at least one option", USAGE)
    keyless = _keyless(at_once)

    async def work(tx: Writer) -> Product:
        found = await lock_product(tx, ProductId(product_id))
        if found is None:
            fail(f"there is no product {product_id}")
        row = begun(found, replace(found, **values), clock.now())
        _check_texts(row)
        await _check(tx, row, keyless, SAY_WHEN)
        await put_product(tx, row)
        await note(
            tx,
            "product.changed",
            id=row.id,
            **{name: short(value) if isinstance(value, str) else value for name, value in values.items()},
        )
        return row

    show_one(visible(in_transaction(work)), as_json)
