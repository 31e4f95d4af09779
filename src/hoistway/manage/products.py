"""Products by programs: made, changed, disabled, enabled. The rules are those of the console (things/product_form.py,
things/product_changes.py).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from msgspec import UNSET
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.etags import etag_of
from hoistway.api.reading import check_media_type, read_json
from hoistway.authn.offers import MOST_PRODUCTS
from hoistway.engine import Engine
from hoistway.manage import product_bodies as bodies
from hoistway.manage.bodies import waiting_body
from hoistway.manage.guard import Managed, Manager, managing
from hoistway.manage.nouns import Noun, as_problems, row_id_of
from hoistway.manage.operations import DISABLED, Parameter
from hoistway.manage.problems import invalid, not_found, refused, taken
from hoistway.manage.repeating import Answer, find_answer, keep_answer, read_attempt
from hoistway.manage.replies import answer_of, check_version, encoded, is_dry, is_true, reply_of
from hoistway.products.beginning import CutsOff, cut_words, look_for_keyless
from hoistway.products.making import TooManyProducts
from hoistway.protocol.ids import ProductId
from hoistway.protocol.manage_scopes import MANAGE, PATH
from hoistway.store.apis import list_apis
from hoistway.store.db import Conflict, Reader
from hoistway.store.keyless_uses import Keyless
from hoistway.store.products import Product, find_product, lock_product
from hoistway.store.proposals import Proposal
from hoistway.things.product_changes import add_checked, change_checked, switch_locked
from hoistway.things.product_form import check_product, typed_of
from hoistway.things.thing import Thing
from hoistway.web.forms import read_body
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment

AT_ONCE: Final = Parameter(
    "at_once", "Even where programs called without a key in the last days, which are refused from then on.", "false",
    ("true", "false"),
)  # fmt: skip
_MEMBERS: Final = {f"{name}_{part}": name for name in ("rate", "quota") for part in ("calls", "period")}
NOUN: Final = Noun(
    Thing("products", "product", find_product, lambda row: row.name), "Product", bodies.product_body, bodies.Product,
    bodies.ProductPage, bodies.NewProduct, bodies.ProductChange, (DISABLED,),
)  # fmt: skip


@asynccontextmanager
async def _problems() -> AsyncIterator[None]:
    words = PORTAL_WORDS["en"]
    try:
        async with as_problems({}):
            yield
    except CutsOff as cuts:
        raise refused(f"{cut_words('en', cuts.keyless)} {AT_ONCE.name}=true does it all the same.") from cuts
    except TooManyProducts as error:
        raise refused(words["product_too_many"].format(most=MOST_PRODUCTS)) from error


async def _wanted(
    db: Reader, body: bodies.NewProduct | bodies.ProductChange, base: Product, now: int, found: Product | None
) -> Product:
    """Raises Problem."""
    sent, wrong = bodies.typed_members(body)
    known: dict[str, str] = {api.id: api.name for api in await list_apis(db) if api.id != MANAGE}
    typed = typed_of(base) | sent
    if body.apis is not UNSET:
        typed = {name: text for name, text in typed.items() if not name.startswith("apis_")}
        typed |= {f"apis_{one}": "yes" for one in body.apis}
        unknown = [one for one in body.apis if one not in known]
        if unknown:
            wrong["apis"] = f"There is no API {unknown[0][:100]}: add it first, or correct what you wrote."
    product, problems = check_product("en", typed, known, now, found)
    wrong |= {_MEMBERS.get(name, name): text for name, text in problems.by_field.items() if name not in wrong}
    if product is None or wrong:
        raise invalid(wrong)
    return product


async def make(engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/products"""
    check_media_type(request, ("application/json",))
    dry, sent, keyless = is_dry(request, AT_ONCE), await read_body(request), await _keyless(engine, request)
    attempt = None if dry else read_attempt(request, sent)
    body = read_json(sent, bodies.NewProduct)
    async with _problems(), managing(engine, request, manager, dry=dry) as managed:
        answer = await find_answer(managed, attempt)
        if answer is None:
            answer = await _made(managed, body, keyless)
            await keep_answer(managed, attempt, answer)
    return reply_of(answer, dry=dry)


async def _keyless(engine: Engine, request: Request) -> Keyless:
    """Looked up before the transaction, because it may have to scan."""
    return await look_for_keyless(engine.db, engine.now(), at_once=is_true(request, AT_ONCE))


async def _made(managed: Managed, body: bodies.NewProduct, keyless: Keyless) -> Answer:
    """Raises Problem."""
    hand = managed.hand
    wanted = await _wanted(hand.tx, body, Product(ProductId(""), "", "", ()), hand.now, None)
    try:
        waits = await add_checked(hand, replace(wanted, created_at=hand.now), keyless)
    except Conflict as error:
        raise taken("id", PORTAL_WORDS["en"]["product_id_taken"]) from error
    row = await find_product(hand.tx, wanted.id)
    if row is None:
        raise not_found()
    shown = bodies.product_body(row)
    address = f"{managed.engine.settings.base_url}{PATH}/products/{segment(row.id)}"
    made = bodies.ProductMade(shown, None if waits is None else waiting_body(waits))
    return answer_of(made, 201, location=address, etag=etag_of(encoded(shown)))


async def _lock(managed: Managed, request: Request, row_id: str) -> Product:
    """Where it is in the version that If-Match names. Raises Problem."""
    row = await lock_product(managed.tx, ProductId(row_id))
    if row is None:
        raise not_found()
    check_version(request, bodies.product_body(row))
    return row


async def _changed(managed: Managed, product_id: ProductId, waits: Proposal | None) -> Answer:
    row = await find_product(managed.tx, product_id)
    if row is None:
        raise not_found()
    return answer_of(bodies.product_body(row)) if waits is None else answer_of(waiting_body(waits), 202)


async def change(engine: Engine, request: Request, manager: Manager) -> Response:
    """PATCH /manage/v1/products/{id}, a merge patch (RFC 7396)"""
    row_id, dry = row_id_of(request), is_dry(request, AT_ONCE)
    check_media_type(request)
    body, keyless = read_json(await read_body(request), bodies.ProductChange), await _keyless(engine, request)
    async with _problems(), managing(engine, request, manager, dry=dry) as managed:
        found = await _lock(managed, request, row_id)
        wanted = await _wanted(managed.tx, body, found, managed.hand.now, found)
        waits = await change_checked(managed.hand, wanted, keyless)
        answer = await _changed(managed, found.id, waits)
    return reply_of(answer, dry=dry)


async def switch(off: bool, engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/products/{id}/disable or /enable"""
    row_id, dry, keyless = row_id_of(request), is_dry(request, AT_ONCE), await _keyless(engine, request)
    async with _problems(), managing(engine, request, manager, dry=dry) as managed:
        found = await _lock(managed, request, row_id)
        waits = await switch_locked(managed.hand, found, keyless, off=off)
        answer = await _changed(managed, found.id, waits)
    return reply_of(answer, dry=dry)
