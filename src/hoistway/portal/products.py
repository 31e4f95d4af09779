"""The catalogue of products: what each opens, how often, under which terms; and the form that subscribes to one."""

from msgspec import Struct
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.changing import Moved, changing
from hoistway.portal.limit_words import key_words, limit_words
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.products.subscribing import LONGEST_NAME, NotOffered, TooMany, is_usable, subscribe
from hoistway.protocol.ids import ClientId, ProductId
from hoistway.protocol.text import read_name
from hoistway.store.apis import Api
from hoistway.store.client_lists import find_client_of
from hoistway.store.clients import clients_of_customer
from hoistway.store.products import Product, find_product
from hoistway.store.subscriptions import count_subscriptions
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment

FIELDS = ("name", "application", "terms_accepted")


class Offer(Struct, frozen=True):
    """A product as pages show it; `apis` are the enabled ones that it includes, `mine` the number of the customer's
    subscriptions."""

    product: Product
    apis: tuple[Api, ...]
    rate: str
    quota: str
    key: str
    key_text: str
    mine: int = 0

    @property
    def is_full(self) -> bool:
        limit = self.product.subscriptions_limit
        return limit is not None and self.mine >= limit


async def offer_of(engine: Engine, visit: Visit, product: Product) -> Offer:
    living = (await engine.directory.apis(engine.now())).by_id
    apis = tuple(living[api] for api in product.apis if api in living)
    mine = 0
    if visit.reader is not None:
        mine = await count_subscriptions(engine.db, product.id, visit.reader.customer_id, engine.now())
    lang, now = visit.lang, engine.now()
    return Offer(
        product, apis, limit_words(lang, product.rate), limit_words(lang, product.quota), key_words(lang, product, now),
        key_words(lang, product, now, "product_key_text"), mine,
    )  # fmt: skip


async def list_offers(engine: Engine, visit: Visit) -> Response:
    """GET /portal/products"""
    plans = (await engine.directory.offers(engine.now())).plans.values()
    offers = [await offer_of(engine, visit, plan.product) for plan in plans]
    return engine.pages.portal("portal/products.html", visit.frame, offers=offers)


async def _found(engine: Engine, visit: Visit) -> Product:
    product_id = visit.request.path_params["id"]
    product = None if len(product_id) > 200 else await find_product(engine.db, ProductId(product_id))
    if product is None or product.disabled_at is not None:
        raise NotFound
    return product


async def show_offer(engine: Engine, visit: Visit) -> Response:
    """GET /portal/products/{id}"""
    return await _page(engine, visit, await _found(engine, visit), dict.fromkeys(FIELDS, ""), None)


async def _page(
    engine: Engine, visit: Visit, product: Product, typed: dict[str, str], problems: Problems | None
) -> Response:
    applications = []
    if visit.reader is not None and visit.reader.may_manage:
        applications = [
            (client.id, client.name)
            for client in await clients_of_customer(engine.db, visit.reader.customer_id)
            if client.disabled_at is None
        ]
    t = PORTAL_WORDS[visit.lang]
    return engine.pages.portal(
        "portal/product.html",
        visit.showing(product),
        422 if problems else 200,
        offer=await offer_of(engine, visit, product),
        applications=[("", t["subscription_no_application"]), *applications],
        typed=typed,
        problems=problems,
        base_url=engine.settings.base_url,
        crumbs=(Crumb(t["frame_products"], "/portal/products"),),
    )


async def subscribe_to(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """POST /portal/products/{id}/subscriptions: `name`, `application` (which may be empty), and `terms_accepted` where
    there are terms."""
    product = await _found(engine, visit)
    visit.check_shown(product)
    typed = {name: read_name(visit.form.get(name), 0, LONGEST_NAME)[0] for name in FIELDS}
    problems = await _check(engine, visit, reader, product, typed)
    if problems:
        return await _page(engine, visit, product, typed, problems)
    client_id, now = ClientId(typed["application"]) if typed["application"] else None, engine.now()
    try:
        async with changing(engine, visit, reader) as change:
            done = await subscribe(
                change.tx, product, reader.customer_id, name=typed["name"], by=reader.user.id, now=now,
                client_id=client_id,
            )  # fmt: skip
            address = f"/portal/subscriptions/{segment(done.subscription.id)}"
            await change.leads_to(address)
            await change.record(
                "subscription.added", client_id=client_id, id=done.subscription.id, product=product.id,
                state=done.subscription.state, terms_accepted=bool(product.terms), lang=visit.lang,
            )  # fmt: skip
    except NotOffered as error:
        raise Moved(log="the product or the application changed") from error
    except TooMany:
        problems.add("name", PORTAL_WORDS[visit.lang]["subscription_too_many"])
        return await _page(engine, visit, product, typed, problems)
    if not done.keys:
        return see_other(address, "notice_subscription_submitted")
    return engine.pages.portal(
        "portal/subscription_keys.html", visit.frame, subscription=done.subscription, keys=done.keys, address=address,
        fresh=True, base_url=engine.settings.base_url, old_until=None,
    )  # fmt: skip


async def _check(engine: Engine, visit: Visit, reader: Reader, product: Product, typed: dict[str, str]) -> Problems:
    t, problems = PORTAL_WORDS[visit.lang], Problems()
    if not read_name(typed["name"], 1, LONGEST_NAME)[1]:
        problems.add("name", t["subscription_no_name"])
    if typed["application"]:
        found = await find_client_of(engine.db, reader.customer_id, ClientId(typed["application"]))
        if not is_usable(found):
            problems.add("application", t["subscription_wrong_application"])
    if product.terms and typed["terms_accepted"] != "yes":
        problems.add("terms", t["subscription_no_terms"])
    return problems
