"""Products and branding, which have forms of their own at the console: their members as texts, checked and written by the same rules."""

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import asdict, replace

from hoistway.accounts.hand import Hand
from hoistway.files.document import BrandingFile, LimitFile, ProductFile, described
from hoistway.files.plan import Changed
from hoistway.files.texts import same
from hoistway.files.world import World
from hoistway.products.beginning import LOOK_BACK_DAYS, CutsOff, begun, check_change
from hoistway.products.making import TooManyProducts, make_product
from hoistway.products.texts import wrong_texts
from hoistway.protocol.ids import ApiId, ProductId
from hoistway.protocol.limits import LONGEST_PERIOD, MOST_CALLS, Limit
from hoistway.protocol.text import read_name
from hoistway.store.apis import find_api
from hoistway.store.branding import Branding, find_branding, put_branding
from hoistway.store.db import Writer
from hoistway.store.keyless_uses import Keyless
from hoistway.store.products import Product, lock_product, put_product, set_product_disabled
from hoistway.things.making import Unfit
from hoistway.web.templates.filters import help_href, safe_href

MOST_SUBSCRIPTIONS: Final = 1_000
_ACCENT: Final = re.compile(r"#[0-9a-fA-F]{6}")


def _limit(said: LimitFile | None) -> Limit | None:
    return None if said is None else Limit(said.calls, said.seconds)


def _limit_file(limit: Limit | None) -> LimitFile | None:
    return None if limit is None else LimitFile(limit.calls, limit.period)


def file_of_product(row: Product) -> ProductFile:
    return described(
        ProductFile, id=row.id, name=row.name, description=row.description, apis=list(row.apis), rate=_limit_file(row.rate),
        quota=_limit_file(row.quota), terms=row.terms, approval=row.approval, keys=row.key_use,
        subscriptions_limit=row.subscriptions_limit, name_de=row.name_de, description_de=row.description_de,
        terms_de=row.terms_de, disabled=row.disabled_at is not None,
    )  # fmt: skip


def product_texts(said: ProductFile) -> dict[str, str]:
    """By the names of the file's members."""
    limits = {name: getattr(said, name) for name in ("rate", "quota")}
    return {
        "name": said.name, "description": said.description, "apis": "\n".join(said.apis),
        **{name: "" if one is None else f"{one.calls}/{one.seconds}" for name, one in limits.items()},
        "terms": said.terms, "approval": said.approval, "keys": said.keys, "subscriptions_limit": str(said.subscriptions_limit or ""),
        "name_de": said.name_de, "description_de": said.description_de, "terms_de": said.terms_de,
    }  # fmt: skip


def _check(said: ProductFile) -> None:
    """Raises Unfit."""
    for limit in (said.rate, said.quota):
        if limit is not None and not (1 <= limit.calls <= MOST_CALLS and 1 <= limit.seconds <= LONGEST_PERIOD):
            raise Unfit("rate", "make_said", words=f"calls are 1 to {MOST_CALLS}, seconds 1 to {LONGEST_PERIOD}")
    if said.subscriptions_limit is not None and not 1 <= said.subscriptions_limit <= MOST_SUBSCRIPTIONS:
        raise Unfit("subscriptions_limit", "make_number", low=1, high=MOST_SUBSCRIPTIONS)
    wrong = list(wrong_texts(asdict(said)))
    if wrong:
        raise Unfit(wrong[0], "make_said", words="it is missing, too long, or holds characters that can't be seen")


async def write_product(tx: Writer, said: ProductFile, keyless: Keyless, now: int) -> tuple[Product | None, Product]:
    """The row before, None where it is new, and as it is now. Raises Unfit, Conflict."""
    _check(said)
    for one in said.apis:
        if await find_api(tx, ApiId(one)) is None:
            raise Unfit("apis", "make_said", words=f"there is no API {one}")
    found = await lock_product(tx, ProductId(said.id))
    new = Product(
        ProductId(said.id), said.name, said.description, tuple(map(ApiId, said.apis)), _limit(said.rate), _limit(said.quota),
        said.terms, said.approval, said.keys, said.subscriptions_limit, now, name_de=said.name_de,
        description_de=said.description_de, terms_de=said.terms_de,
    )  # fmt: skip
    if found is not None:
        # The day from which keys are asked for is set at the console or by a command, where programs are cut off by none.
        new = replace(new, created_at=found.created_at, disabled_at=found.disabled_at)
        if found.key_use == said.keys:
            new = replace(new, keys_from=found.keys_from, before_keys=found.before_keys)
    if new == found:
        return found, new
    row = begun(found, new, now)
    try:
        await check_change(tx, row, keyless, now)
        await (make_product(tx, row) if found is None else put_product(tx, row))
    except CutsOff as error:
        words = (
            f"{error.keyless.applications} applications called without a key in the last {LOOK_BACK_DAYS} days, and would be refused at "
            "once: set a day first, hoistway product set ID --keys-from DATE"
        )
        raise Unfit("keys", "make_said", words=words) from error
    except TooManyProducts as error:
        raise Unfit("id", "make_said", words="there are as many products as can be") from error
    return found, row


def file_of_branding(row: Branding) -> BrandingFile:
    return BrandingFile(row.name, row.accent, row.support or "", row.terms or "")


def branding_texts(said: BrandingFile) -> Mapping[str, str]:
    return asdict(said)


async def write_branding(tx: Writer, said: BrandingFile, now: int) -> tuple[Branding | None, Branding]:
    """The logo stays. Raises Unfit."""
    if not read_name(said.name, 1, 60)[1]:
        raise Unfit("name", "brand_no_name")
    if not _ACCENT.fullmatch(said.accent):
        raise Unfit("accent", "brand_no_accent")
    if said.support and help_href(said.support) is None:
        raise Unfit("support", "brand_no_support")
    if said.terms and (safe_href(said.terms) is None or not said.terms.startswith(("https://", "http://", "/"))):
        raise Unfit("terms", "brand_no_terms")
    found = await find_branding(tx)
    logo: dict[str, Any] = {"logo": None, "logo_type": None}
    if found is not None:
        logo = {"logo": found.logo, "logo_type": found.logo_type}
    row = Branding(said.name, said.accent, said.support or None, said.terms or None, changed_at=now, **logo)
    if found is not None and file_of_branding(found) == said:
        return found, found
    await put_branding(tx, row)
    return found, row


async def product_step(world: World, said: ProductFile) -> tuple[bool, list[Changed], str]:
    """Whether it is new, what changed, and the act of switching it. Raises Unfit, Conflict."""
    before, after = await write_product(world.hand.tx, said, world.keyless, world.hand.now)
    old = {} if before is None else product_texts(file_of_product(before))
    changes = _compared(old, product_texts(said))
    if before is None:
        await world.hand.record("product.added", id=after.id)
    elif changes:
        await world.noted("product.changed", after.id, changes)
    return before is None, changes, await switch_product(world.hand, after, off=said.disabled)


async def switch_product(hand: Hand, row: Product, *, off: bool) -> str:
    """The act, "" where nothing was to do."""
    if (row.disabled_at is not None) is off:
        return ""
    await set_product_disabled(hand.tx, row.id, hand.now if off else None)
    await hand.record("product.disabled" if off else "product.enabled", id=row.id)
    return "disable" if off else "enable"


async def branding_step(world: World, said: BrandingFile) -> tuple[bool, list[Changed]]:
    """Whether it is new, and what changed. Raises Unfit."""
    before, after = await write_branding(world.hand.tx, said, world.hand.now)
    if before is not None and before == after:
        return False, []
    changes = _compared({} if before is None else branding_texts(file_of_branding(before)), branding_texts(said))
    await world.noted("branding.changed", "", changes)
    return before is None, changes


def _compared(old: Mapping[str, str], new: Mapping[str, str]) -> list[Changed]:
    return [
        Changed(name, old.get(name, ""), text) for name, text in new.items() if not same(name, old.get(name, ""), text)
    ]
