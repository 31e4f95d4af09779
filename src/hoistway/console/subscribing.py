"""Operators subscribe a customer to a product, and make new keys of a subscription, as its administrators do in the portal. What an
operator has to approve there waits here, too, and where two decide, whoever asked is not one of them.
"""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from hoistway.console.subscriptions import found_subscription
from hoistway.console.two import hand_of
from hoistway.engine import Engine
from hoistway.portal.changing import Moved, operating
from hoistway.portal.products import offer_of
from hoistway.portal.subscriptions import overlaps_in, shown_of, slot_and_overlap, slots_of
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.products.ordering import Order, order, read_order, renew_key
from hoistway.products.subscribing import OVERLAP, NotLiving, NotOffered, TooMany, is_usable
from hoistway.protocol.ids import CustomerId, ProductId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.client_lists import find_client_of
from hoistway.store.clients import clients_of_customer
from hoistway.store.customers import Customer, find_customer
from hoistway.store.products import Product, find_product, lock_product
from hoistway.store.subscription_keys import SubscriptionKey, keys_of
from hoistway.store.subscriptions import Subscription, lock_subscription
from hoistway.store.users import User
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment

LIVING: Final = ("active", "suspended")


async def add(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/customers/{id}/subscriptions/new: `product`, which is chosen first, in the address; then `name`, and
    `application` and `api`, which may be empty."""
    customer = await find_customer(engine.db, CustomerId(visit.request.path_params["id"]))
    if customer is None or customer.id == SANDBOX:
        raise NotFound
    if customer.disabled_at is not None:
        return await _form(engine, visit, customer, None, None)
    if not visit.posted:
        return await _form(engine, visit, customer, await _offered(engine, visit.query.get("product")), None)
    product = await _offered(engine, visit.form.get("product"))
    visit.check_shown(customer, product)
    wanted, problems = await _read(engine, visit, customer, product)
    if wanted is None or product is None:
        return await _form(engine, visit, customer, product, problems)
    try:
        async with operating(engine, visit, operator, customer.id) as change:
            change.check_shown(await find_customer(change.tx, customer.id), await lock_product(change.tx, product.id))
            done = await order(hand_of(change), customer.id, product, wanted)
            row = done.subscription
            await change.leads_to(_address(row))
    except NotOffered as error:
        raise Moved(log="the product or the application changed") from error
    except TooMany:
        problems.add("product", PORTAL_WORDS[visit.lang]["subscription_too_many"])
        return await _form(engine, visit, customer, product, problems)
    if not done.keys:
        return see_other(_address(row), "notice_subscription_submitted")
    return _once(engine, visit, row, done.keys, fresh=True)


async def _offered(engine: Engine, product_id: str | None) -> Product | None:
    product = await find_product(engine.db, ProductId((product_id or "")[:200]))
    return None if product is None or product.disabled_at is not None else product


async def _read(
    engine: Engine, visit: Visit, customer: Customer, product: Product | None
) -> tuple[Order | None, Problems]:
    t = PORTAL_WORDS[visit.lang]
    wanted, wrong = read_order(product, {name: visit.form.get(name) or "" for name in ("name", "application", "api")})
    problems = Problems({name: t[key] for name, key in wrong.items()})
    if wanted.client_id is not None:
        client = await find_client_of(engine.db, customer.id, wanted.client_id)
        if not is_usable(client):
            problems.add("application", t["subscription_wrong_application"])
    return None if problems else wanted, problems


async def _form(
    engine: Engine, visit: Visit, customer: Customer, product: Product | None, problems: Problems | None
) -> Response:
    """First the choice of a product, then the form, which shows what it is."""
    t, directory = PORTAL_WORDS[visit.lang], engine.directory
    plans = (await directory.offers(engine.now())).plans.values()
    applications = [one for one in await clients_of_customer(engine.db, customer.id) if one.disabled_at is None]
    offer = None if product is None else await offer_of(engine, visit, product)
    return engine.pages.portal(
        "console/subscribe.html", visit.showing(customer, product), 422 if problems else 200, customer=customer,
        problems=problems, offer=offer, address=f"/console/customers/{segment(customer.id)}/subscriptions/new",
        products=[(plan.product.id, plan.product.name_in(visit.lang)) for plan in plans],
        applications=[("", t["subscription_no_application"]), *((one.id, one.name) for one in applications)],
        apis=[("", t["subscription_scope_product"]), *((one.id, one.name) for one in (offer.apis if offer else ()))],
        typed={name: visit.form.get(name) or "" for name in ("name", "application", "api")},
        crumbs=(
            Crumb(t["frame_operate"], "/console"), Crumb(t["things_customers"], "/console/customers"),
            Crumb(customer.name, f"/console/customers/{segment(customer.id)}"),
        ),
    )  # fmt: skip


async def keys_page(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/subscriptions/{id}/keys: `slot`, `overlap` in seconds."""
    row, now = (await found_subscription(engine, visit)).subscription, engine.now()
    keys = await keys_of(engine.db, row.id, now)
    if not visit.posted:
        return _keys(engine, visit, row, keys)
    visit.check_shown(*shown_of(row, keys))
    slot, overlap = slot_and_overlap(visit)
    try:
        async with operating(engine, visit, operator, row.customer_id) as change:
            if await lock_subscription(change.tx, row.id) != row:
                raise Moved(log="the subscription changed")
            change.check_shown(*shown_of(row, await keys_of(change.tx, row.id, now)))
            key = await renew_key(hand_of(change), row, slot, overlap=overlap)
            await change.leads_to(f"{_address(row)}/keys")
    except NotLiving:
        return see_other(_address(row), "notice_subscription_over")
    had = any(one.slot == slot for one in keys)
    return _once(engine, visit, row, {slot: key}, old_until=now + overlap if had else None)


def _keys(engine: Engine, visit: Visit, row: Subscription, keys: Sequence[SubscriptionKey]) -> Response:
    t = PORTAL_WORDS[visit.lang]
    return engine.pages.portal(
        "console/subscription_keys.html", visit.showing(*shown_of(row, keys)), row=row, slots=slots_of(keys),
        living=row.state_at(engine.now()) in LIVING, overlaps=overlaps_in(visit.lang), overlap=str(OVERLAP),
        crumbs=(
            Crumb(t["frame_operate"], "/console"), Crumb(t["console_subscriptions"], "/console/subscriptions"),
            Crumb(row.name, _address(row)),
        ),
    )  # fmt: skip


def _once(
    engine: Engine, visit: Visit, row: Subscription, keys: dict[str, str], *, fresh: bool = False, old_until: int | None = None
) -> Response:  # fmt: skip
    return engine.pages.portal(
        "portal/subscription_keys.html", visit.frame, subscription=row, keys=keys, address=_address(row), fresh=fresh,
        base_url=engine.settings.base_url, old_until=old_until,
    )  # fmt: skip


def _address(row: Subscription) -> str:
    return f"/console/subscriptions/{segment(row.id)}"
