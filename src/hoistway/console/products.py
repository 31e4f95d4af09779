"""Products: adding, changing, disabling and enabling them; what customers may call, how often, under which terms."""

from collections.abc import Mapping

from msgspec.structs import replace
from starlette.responses import Response

from hoistway.approving.kinds import product_values
from hoistway.approving.proposing import give
from hoistway.approving.refusals import REFUSALS, key_of
from hoistway.authn.offers import MOST_PRODUCTS
from hoistway.console.product_form import FIELDS, check_product, typed_of
from hoistway.console.two import cut_words, hand_of
from hoistway.engine import Engine
from hoistway.portal.changing import Change, Moved, operating
from hoistway.portal.limit_words import key_words, limit_words, period_words
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.products.beginning import CutsOff, check_change, look_for_keyless
from hoistway.products.making import TooManyProducts, make_product
from hoistway.products.texts import LONGEST_NAME
from hoistway.protocol.ids import ProductId
from hoistway.protocol.limits import LONGEST_PERIOD, Limit
from hoistway.protocol.manage_scopes import MANAGE
from hoistway.protocol.numbers import read_whole
from hoistway.protocol.text import read_name
from hoistway.store.apis import list_apis
from hoistway.store.audit import short
from hoistway.store.db import Conflict
from hoistway.store.keyless_uses import Keyless
from hoistway.store.managed_things import find_managed
from hoistway.store.products import (
    Product,
    find_product,
    list_products,
    lock_product,
    put_product,
)
from hoistway.store.proposals import Proposal, proposal_about
from hoistway.store.users import User
from hoistway.web.figures import Figures
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment

PAGE = 50
RATE_PERIODS = (1, 10, 60, 300, 900, 3600)
QUOTA_PERIODS = (3600, 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400)


async def list_all(engine: Engine, visit: Visit, _operator: User) -> Response:
    """GET /console/products, ordered by id; `after` selects the page."""
    after = (visit.query.get("after") or "")[:200]
    rows = await list_products(engine.db, after, PAGE + 1)
    lang, now = visit.lang, engine.now()
    lines = [
        (row, limit_words(lang, row.rate), limit_words(lang, row.quota), key_words(lang, row, now))
        for row in rows[:PAGE]
    ]
    more = f"{visit.path}?after={rows[PAGE - 1].id}" if len(rows) > PAGE else None
    return engine.pages.portal(
        "console/products.html", visit.frame, lines=lines, more=more, first=visit.path if after else None
    )


def _form(visit: Visit) -> dict[str, str]:
    typed = {name: visit.form.get(name) or "" for name in FIELDS}
    typed |= {name: read_name(typed[name], 0, LONGEST_NAME)[0] for name in ("name", "name_de")}
    return typed | {name: value for name, value in visit.form.items() if name.startswith("apis_")}


async def new_product(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/products/new"""
    if not visit.posted:
        typed = typed_of(Product(ProductId(""), "", "", (), Limit(1000, 60), Limit(1_000_000, 30 * 86_400)))
        return await _page(engine, visit, None, typed, None)
    typed = _form(visit)
    product, problems = check_product(visit.lang, typed, await _apis(engine), engine.now())
    cut: Keyless | None = None
    if product is not None:
        keyless = await _keyless(engine, visit)
        try:
            async with operating(engine, visit, operator) as change:
                waits = await _add(change, replace(product, created_at=engine.now()), keyless)
                await change.leads_to(f"/console/products/{segment(product.id)}")
        except TooManyProducts:
            problems.add(
                "id", PORTAL_WORDS[visit.lang]["product_too_many"].format(most=Figures(visit.lang).count(MOST_PRODUCTS))
            )
        except Conflict:
            problems.add("id", PORTAL_WORDS[visit.lang]["product_id_taken"])
        except REFUSALS as refusal:
            problems.add("approval", PORTAL_WORDS[visit.lang][key_of(refusal)])
        except CutsOff as cuts:
            cut = cuts.keyless
        else:
            return _onward(f"/console/products/{segment(product.id)}", waits, "notice_product_added")
    return await _page(engine, visit, None, typed, problems, cut)


async def _keyless(engine: Engine, visit: Visit) -> Keyless:
    return await look_for_keyless(engine.db, engine.now(), at_once=visit.form.get("keys_now") == "yes")


def _first(product: Product) -> Product:
    """How a product begins that two must approve: closed. If it would require no key, it also starts without APIs,
    because programs that send no key would otherwise be refused."""
    opened = product.key_use == "optional"
    return replace(product, approval="asked", key_use="required", apis=() if opened else product.apis)


async def _add(change: Change, product: Product, keyless: Keyless) -> Proposal | None:
    """Raises Conflict, TooManyProducts, CutsOff and REFUSALS."""
    await check_change(change.tx, product, keyless, change.engine.now())
    first = _first(product) if change.engine.settings.four_eyes else product
    await make_product(change.tx, first)
    await change.record("product.added", id=product.id, after=_shortened(typed_of(first)))
    return await give(hand_of(change), "product", product.id, product_values(product))


def _shortened(typed: Mapping[str, str]) -> dict[str, str]:
    return {name: short(value) for name, value in typed.items()}


def _onward(path: str, waits: Proposal | None, notice: str) -> Response:
    if waits is not None:
        return see_other(f"/console/changes/{waits.id}", "notice_two_proposed")
    return see_other(path, notice)


async def product_page(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/products/{id}: `do` is change, disable or enable."""
    product_id = visit.request.path_params["id"]
    product = None if len(product_id) > 200 else await find_product(engine.db, ProductId(product_id))
    if product is None:
        raise NotFound
    if not visit.posted:
        return await _page(engine, visit, product, typed_of(product), None)
    visit.check_shown(product)
    act = visit.form.need("do")
    if act == "change":
        return await _change(engine, visit, operator, product)
    if act not in {"disable", "enable"}:
        raise NotFound
    if act == "disable" and (visit.form.get("confirm") or "").strip() != product.name_in(visit.lang):
        problems = Problems({"confirm": PORTAL_WORDS[visit.lang]["thing_confirm_wrong"]})
        return await _page(engine, visit, product, typed_of(product), problems)
    return await _switch(engine, visit, operator, product, act)


async def _switch(engine: Engine, visit: Visit, operator: User, product: Product, act: str) -> Response:
    keyless, at = await _keyless(engine, visit), engine.now() if act == "disable" else None
    try:
        async with operating(engine, visit, operator) as change:
            await _lock(change, product)
            await check_change(change.tx, replace(product, disabled_at=at), keyless, engine.now())
            waits = await give(
                hand_of(change), "product", product.id, {"disabled": "yes" if act == "disable" else "no"}
            )
    except REFUSALS as refusal:
        problems = Problems({"confirm": PORTAL_WORDS[visit.lang][key_of(refusal)]})
        return await _page(engine, visit, product, typed_of(product), problems)
    except CutsOff as cuts:
        return await _page(engine, visit, product, typed_of(product), Problems(), cuts.keyless, "disable")
    return _onward(visit.path, waits, f"notice_{act}d")


async def _change(engine: Engine, visit: Visit, operator: User, product: Product) -> Response:
    typed = {**_form(visit), "id": product.id}
    changed, problems = check_product(visit.lang, typed, await _apis(engine), engine.now(), product)
    if changed is None:
        return await _page(engine, visit, product, typed, problems)
    keyless = await _keyless(engine, visit)
    try:
        async with operating(engine, visit, operator) as change:
            await _lock(change, product)
            await check_change(change.tx, changed, keyless, engine.now())
            waits = await _write(change, changed)
    except REFUSALS as refusal:
        problems.add("approval", PORTAL_WORDS[visit.lang][key_of(refusal)])
        return await _page(engine, visit, product, typed, problems)
    except CutsOff as cuts:
        return await _page(engine, visit, product, typed, problems, cuts.keyless)
    return _onward(visit.path, waits, "notice_changed")


async def _write(change: Change, wanted: Product) -> Proposal | None:
    """What opens the product follows the rule of two operators; everything else is written at once. Raises REFUSALS."""
    waits = await give(hand_of(change), "product", wanted.id, product_values(wanted))
    found = await find_product(change.tx, wanted.id)
    if found is None:
        raise NotFound
    row = replace(
        wanted, approval=found.approval, key_use=found.key_use, apis=found.apis, created_at=found.created_at,
        disabled_at=found.disabled_at, keys_from=found.keys_from, before_keys=found.before_keys,
    )  # fmt: skip
    before, after = typed_of(found), typed_of(row)
    names = sorted(name for name, value in after.items() if before.get(name) != value)
    if names:
        await put_product(change.tx, row)
        await change.record(
            "product.changed", id=row.id, before=_shortened({name: before.get(name, "") for name in names}),
            after=_shortened({name: after[name] for name in names}),
        )  # fmt: skip
    return waits


async def _lock(change: Change, before: Product) -> None:
    """Raises Moved where another operator changed it."""
    found = await lock_product(change.tx, before.id)
    if found != before:
        raise Moved(log="the product changed")
    change.check_shown(found)


async def _apis(engine: Engine) -> Mapping[str, str]:
    return {api.id: api.name for api in await list_apis(engine.db) if api.id != MANAGE}


async def _page(
    engine: Engine, visit: Visit, product: Product | None, typed: dict[str, str], problems: Problems | None,
    cut: Keyless | None = None, cut_at: str = "change",
) -> Response:  # fmt: skip
    """`cut` are the programs that the form `cut_at` would cut off at once."""
    t, lang = PORTAL_WORDS[visit.lang], visit.lang
    crumbs = (Crumb(t["frame_operate"], "/console"), Crumb(t["frame_products"], "/console/products"))

    if cut is not None and problems is not None:
        problems.add("keys", cut_words(lang, cut))

    def periods(usual: tuple[int, ...], own: str) -> list[tuple[str, str]]:
        seconds = sorted({*usual, *([chosen] if (chosen := read_whole(own, 1, LONGEST_PERIOD)) else [])})
        return [(str(one), period_words(lang, one)) for one in seconds]

    return engine.pages.portal(
        "console/product.html", visit.showing(product) if product else visit.frame,
        422 if problems else 200, product=product, typed=typed, problems=problems,
        apis=[(api, name, None) for api, name in (await _apis(engine)).items()],
        rate_periods=periods(RATE_PERIODS, typed["rate_period"]),
        quota_periods=periods(QUOTA_PERIODS, typed["quota_period"]), crumbs=crumbs, two=engine.settings.four_eyes,
        waiting=None if product is None else await proposal_about(engine.db, "product", product.id), cut=cut,
        cut_at=cut_at, managed=None if product is None else await find_managed(engine.db, "products", product.id),
    )  # fmt: skip
