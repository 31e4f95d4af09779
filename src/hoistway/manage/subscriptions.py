"""Subscriptions by programs: asked for, decided about, ended; and their keys. The rules are those of the console
(products/ordering.py, products/deciding.py).
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.etags import etag_of
from hoistway.api.paging import conditional, page_of, page_reply, read_page, write_cursor
from hoistway.api.reading import check_media_type, read_json
from hoistway.engine import Engine
from hoistway.manage import subscription_bodies as bodies
from hoistway.manage.bodies import optional_moment
from hoistway.manage.guard import Managed, Manager, managing
from hoistway.manage.nouns import row_id_of
from hoistway.manage.operations import Parameter
from hoistway.manage.problems import invalid, not_found, refused
from hoistway.manage.repeating import Answer, find_answer, keep_answer, read_attempt
from hoistway.manage.replies import PRIVATE, answer_of, check_filters, check_version, encoded, is_dry, reply_of
from hoistway.manage.values import line_of, text_of
from hoistway.manage.waiting import check_not_two
from hoistway.products.deciding import TooLate, decide, read_verdict
from hoistway.products.ordering import order, read_order, renew_key
from hoistway.products.subscribing import OVERLAP, OVERLAPS, NotLiving, NotOffered, TooMany, is_usable
from hoistway.protocol.ids import CustomerId, ProductId, SubscriptionId
from hoistway.protocol.manage_scopes import PATH
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.client_lists import find_client_of
from hoistway.store.customers import find_customer
from hoistway.store.managed_lists import managed_page
from hoistway.store.products import find_product
from hoistway.store.subscription_keys import keys_of
from hoistway.store.subscriptions import STATES, Subscription, find_subscription, lock_subscription
from hoistway.web.forms import read_body
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment

FILTERS = (
    Parameter("customer_id", "Subscriptions of one customer.", "c-1"), Parameter("product_id", "Subscriptions of one product.", "standard"),
    Parameter("state", "Those in one state.", "submitted", STATES),
)  # fmt: skip
_MEMBERS = {"application": "application_id", "api": "api_id", "product": "product_id"}
_WORDS = PORTAL_WORDS["en"]


async def list_all(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/subscriptions"""
    names = frozenset(one.name for one in FILTERS)
    params, limit, after = read_page(request, names)
    asked = check_filters(params, FILTERS)
    rows = await managed_page(engine.db, "subscriptions", asked, after=after, most=limit + 1)
    cursor = write_cursor(request, rows[limit - 1].id, params, names) if len(rows) > limit else None
    items = [bodies.subscription_body(row, engine.now()) for row in rows[:limit]]
    return page_reply(engine, request, page_of(bodies.SubscriptionPage(items, cursor), cursor), params)


async def _find(engine: Engine, request: Request) -> Subscription:
    row = await find_subscription(engine.db, SubscriptionId(row_id_of(request)))
    if row is None:
        raise not_found()
    return row


async def read_one(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/subscriptions/{id}"""
    body = bodies.subscription_body(await _find(engine, request), engine.now())
    return conditional(request, msgspec.json.encode(body), PRIVATE, compress=False)


async def make(engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/subscriptions"""
    check_media_type(request, ("application/json",))
    dry, sent = is_dry(request), await read_body(request)
    attempt = None if dry else read_attempt(request, sent)
    body = read_json(sent, bodies.NewSubscription)
    wanted = {name: line_of(name, getattr(body, name)) for name in body.__struct_fields__}
    async with managing(engine, request, manager, CustomerId(wanted["customer_id"]), dry=dry) as managed:
        answer = await find_answer(managed, attempt)
        if answer is None:
            answer = await _made(managed, wanted, dry=dry)
            await keep_answer(managed, attempt, answer)
    return reply_of(answer, dry=dry)


async def _made(managed: Managed, said: Mapping[str, str], *, dry: bool) -> Answer:
    """Raises Problem."""
    tx, customer_id = managed.tx, CustomerId(said["customer_id"])
    customer = await find_customer(tx, customer_id)
    if customer is None or customer.id == SANDBOX:
        raise invalid({"customer_id": _WORDS["make_no_customer"].format(id=customer_id[:100])})
    if customer.disabled_at is not None:
        raise refused("The customer is disabled: enable it first.")
    product = await find_product(tx, ProductId(said["product_id"]))
    typed = {"name": said["name"], "application": said["application_id"], "api": said["api_id"]}
    wanted, wrong = read_order(product, typed)
    if wanted.client_id is not None and not is_usable(await find_client_of(tx, customer_id, wanted.client_id)):
        wrong["application"] = "subscription_wrong_application"
    if wrong or product is None:
        raise invalid({_MEMBERS.get(name, name): _WORDS[key] for name, key in wrong.items()})
    try:
        done = await order(managed.hand, customer_id, product, wanted)
    except NotOffered as error:
        raise refused(_WORDS["subscription_no_product"]) from error
    except TooMany as error:
        raise refused(_WORDS["subscription_too_many"]) from error
    shown = bodies.subscription_body(done.subscription, managed.hand.now)
    keys = bodies.Keys(**done.keys) if done.keys and not dry else None
    address = f"{managed.engine.settings.base_url}{PATH}/subscriptions/{segment(shown.id)}"
    return answer_of(bodies.SubscriptionMade(shown, keys), 201, location=address, etag=etag_of(encoded(shown)))


async def _lock(managed: Managed, before: Subscription) -> Subscription:
    """Its customer is locked. Raises Problem where it became another one's."""
    row = await lock_subscription(managed.tx, before.id)
    if row is None or row.customer_id != before.customer_id:
        raise not_found()
    return row


async def decide_one(word: str, engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/subscriptions/{id}/approve and so on: `word` is one of products/deciding.VERBS."""
    check_media_type(request, ("application/json",))
    dry, sent, before = is_dry(request), await read_body(request), await _find(engine, request)
    kind: Any = {"approve": bodies.Approval, "resume": bodies.Message}.get(word, bodies.Reason)
    body = read_json(sent, kind)
    ends_on, message = getattr(body, "ends_on", UNSET), text_of("message", body.message)
    async with managing(engine, request, manager, before.customer_id, dry=dry) as managed:
        row = await find_subscription(managed.tx, before.id)
        if row is None or row.customer_id != before.customer_id:
            raise not_found()
        check_version(request, bodies.subscription_body(row, managed.hand.now))
        if word == "approve":
            check_not_two(managed, f"/console/subscriptions/{segment(row.id)}")
        verdict, wrong = read_verdict(word, message, "" if ends_on is UNSET else ends_on.isoformat(), managed.hand.now)
        if wrong:
            raise invalid({name: _WORDS[key] for name, key in wrong.items()})
        try:
            await decide(engine, managed.hand, row, verdict)
        except TooLate as error:
            raise refused(f"Its state is {row.state_at(managed.hand.now)}, which does not allow this.") from error
        after = await _lock(managed, row)
        answer = answer_of(bodies.subscription_body(after, managed.hand.now))
    return reply_of(answer, dry=dry)


async def list_keys(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/subscriptions/{id}/keys"""
    row = await _find(engine, request)
    page = bodies.SubscriptionKeyList([bodies.key_body(one) for one in await keys_of(engine.db, row.id, engine.now())])
    return conditional(request, msgspec.json.encode(page), PRIVATE, compress=False)


async def make_key(engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/subscriptions/{id}/keys"""
    check_media_type(request, ("application/json",))
    dry, sent, before = is_dry(request), await read_body(request), await _find(engine, request)
    attempt = None if dry else read_attempt(request, sent)
    body = read_json(sent, bodies.NewKey)
    overlap = OVERLAP if body.overlap_seconds is UNSET else body.overlap_seconds
    if overlap not in OVERLAPS:
        raise invalid({"overlap_seconds": f"Use {', '.join(map(str, OVERLAPS))}."})
    async with managing(engine, request, manager, before.customer_id, dry=dry) as managed:
        answer = await find_answer(managed, attempt)
        if answer is None:
            answer = await _made_key(managed, await _lock(managed, before), body.slot, overlap, dry=dry)
            await keep_answer(managed, attempt, answer)
    return reply_of(answer, dry=dry)


async def _made_key(managed: Managed, row: Subscription, slot: bodies.Slot, overlap: int, *, dry: bool) -> Answer:
    """Raises Problem."""
    now = managed.hand.now
    had = any(one.slot == slot for one in await keys_of(managed.tx, row.id, now))
    try:
        key = await renew_key(managed.hand, row, slot, overlap=overlap)
    except NotLiving as error:
        raise refused(f"Its state is {row.state_at(now)}: only an active or suspended one has keys.") from error
    until = optional_moment(now + overlap if had else None)
    return answer_of(bodies.KeyMade(slot, None if dry else key, until), 201)
