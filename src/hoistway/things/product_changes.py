"""Adds, changes, disables and enables a product: the same for a page of the console and for a program
(docs/adr/0042-management-api.md).

Call each function in the transaction in which whoever asks was judged. Who calls without a key was looked up before it.
"""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from hoistway.accounts.hand import Hand
from hoistway.approving.kind import Gone
from hoistway.approving.kinds import product_values
from hoistway.approving.proposing import give
from hoistway.products.beginning import check_change
from hoistway.products.making import make_product
from hoistway.store.audit import short
from hoistway.store.keyless_uses import Keyless
from hoistway.store.products import Product, find_product, put_product
from hoistway.store.proposals import Proposal
from hoistway.things.product_form import typed_of

KIND: Final = "product"


def _first(product: Product) -> Product:
    """How a product begins that two must approve: closed. If it would require no key, it also starts without APIs,
    because programs that send no key would otherwise be refused."""
    opened = product.key_use == "optional"
    return replace(product, approval="asked", key_use="required", apis=() if opened else product.apis)


def _shortened(typed: Mapping[str, str]) -> dict[str, str]:
    return {name: short(value) for name, value in typed.items()}


async def add_checked(hand: Hand, product: Product, keyless: Keyless) -> Proposal | None:
    """Returns what waits for a second operator. Raises Conflict, TooManyProducts, CutsOff and REFUSALS."""
    await check_change(hand.tx, product, keyless, hand.now)
    first = _first(product) if hand.two else product
    await make_product(hand.tx, first)
    await hand.record("product.added", id=product.id, after=_shortened(typed_of(first)))
    return await give(hand, KIND, product.id, product_values(product))


async def change_checked(hand: Hand, wanted: Product, keyless: Keyless) -> Proposal | None:
    """The row is locked. What opens the product follows the rule of two operators; everything else is written at once. Raises
    Gone, CutsOff and REFUSALS."""
    await check_change(hand.tx, wanted, keyless, hand.now)
    waits = await give(hand, KIND, wanted.id, product_values(wanted))
    found = await find_product(hand.tx, wanted.id)
    if found is None:
        raise Gone
    row = replace(
        wanted, approval=found.approval, key_use=found.key_use, apis=found.apis, created_at=found.created_at,
        disabled_at=found.disabled_at, keys_from=found.keys_from, before_keys=found.before_keys,
    )  # fmt: skip
    before, after = typed_of(found), typed_of(row)
    names = sorted(name for name, value in after.items() if before.get(name) != value)
    if names:
        await put_product(hand.tx, row)
        await hand.record(
            "product.changed", id=row.id, before=_shortened({name: before.get(name, "") for name in names}),
            after=_shortened({name: after[name] for name in names}),
        )  # fmt: skip
    return waits


async def switch_locked(hand: Hand, product: Product, keyless: Keyless, *, off: bool) -> Proposal | None:
    """Disables it, or enables it again. Raises CutsOff and REFUSALS."""
    await check_change(hand.tx, replace(product, disabled_at=hand.now if off else None), keyless, hand.now)
    return await give(hand, KIND, product.id, {"disabled": "yes" if off else "no"})
