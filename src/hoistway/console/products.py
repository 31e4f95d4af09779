"""Products: adding, changing, disabling and enabling them; what customers may call, how often, under which terms."""

from collections.abc import Mapping

from msgspec.structs import replace
from starlette.responses import Response

from hoistway.approving.refusals import REFUSALS, key_of
from hoistway.authn.offers import MOST_PRODUCTS
from hoistway.console.two import hand_of
from hoistway.engine import Engine
from hoistway.portal.changing import Change, Moved, operating
from hoistway.portal.limit_words import key_words, limit_words, period_words
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.products.beginning import CutsOff, cut_words, look_for_keyless
from hoistway.products.making import TooManyProducts
from hoistway.products.texts import LONGEST_NAME
from hoistway.protocol.ids import ProductId
from hoistway.protocol.limits import LONGEST_PERIOD, Limit
from hoistway.protocol.manage_scopes import MANAGE
from hoistway.protocol.numbers import read_whole
from hoistway.protocol.text import read_name
from hoistway.store.apis import list_apis
from hoistway.store.db import Conflict
from hoistway.store.keyless_uses import Keyless
from hoistway.store.managed_things import find_managed
from hoistway.store.products import (
    Product,
    find_product,
    list_products,
    lock_product,
)
from hoistway.store.proposals import Proposal, proposal_about
from hoistway.store.users import User
from hoistway.things.product_changes import add_checked, change_checked, switch_locked
from hoistway.things.product_form import FIELDS, check_product, typed_of
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
                waits = await add_checked(hand_of(change), replace(product, created_at=engine.now()), keyless)
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
    keyless = await _keyless(engine, visit)
    try:
        async with operating(engine, visit, operator) as change:
            await _lock(change, product)
            waits = await switch_locked(hand_of(change), product, keyless, off=act == "disable")
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
            waits = await change_checked(hand_of(change), changed, keyless)
    except REFUSALS as refusal:
        problems.add("approval", PORTAL_WORDS[visit.lang][key_of(refusal)])
        return await _page(engine, visit, product, typed, problems)
    except CutsOff as cuts:
        return await _page(engine, visit, product, typed, problems, cuts.keyless)
    return _onward(visit.path, waits, "notice_changed")


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
