"""A customer's subscriptions: what is left of each, its keys, its name and its end."""

from collections.abc import Sequence

from msgspec import Struct
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.changing import Change, Moved, changing
from hoistway.portal.limit_words import limit_words, meters_of
from hoistway.portal.not_now import Forbidden
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.products.subscribing import LONGEST_NAME, OVERLAP, OVERLAPS, NotLiving, regenerate
from hoistway.protocol.numbers import read_whole
from hoistway.protocol.text import read_name
from hoistway.store.products import find_product
from hoistway.store.subscription_keys import SLOTS, SubscriptionKey, keys_of
from hoistway.store.subscription_lists import LAST, Listed, find_listed_of, subscriptions_of
from hoistway.store.subscription_moves import move_subscription
from hoistway.store.subscriptions import Subscription, answer_question, lock_subscription, rename_subscription
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.words import Lang

PAGE = 50
LONGEST_ANSWER = 2000
KINDS = {"active": "ok", "submitted": "wait", "suspended": "stop", "rejected": "stop"}


class Line(Struct, frozen=True):
    """`state` is the current one, `kind` the style of its badge."""

    listed: Listed
    state: str
    kind: str


def line_of(listed: Listed, now: int) -> Line:
    state = listed.subscription.state_at(now)
    return Line(listed, state, KINDS.get(state, "off"))


async def list_own(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET /portal/subscriptions, newest first; `before` selects the page."""
    before = (visit.query.get("before") or LAST)[:100]
    rows = await subscriptions_of(engine.db, reader.customer_id, before, PAGE + 1)
    lines = [line_of(row, engine.now()) for row in rows[:PAGE]]
    more = f"{visit.path}?before={rows[PAGE - 1].subscription.id}" if len(rows) > PAGE else None
    first = visit.path if before != LAST else None
    return engine.pages.portal("portal/subscriptions.html", visit.frame, lines=lines, more=more, first=first)


async def _own(engine: Engine, visit: Visit, reader: Reader) -> Listed:
    subscription_id = visit.request.path_params["id"]
    listed = None
    if len(subscription_id) <= 100:
        listed = await find_listed_of(engine.db, subscription_id, reader.customer_id)
    if listed is None:
        raise NotFound
    return listed


async def show_own(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET /portal/subscriptions/{id}"""
    return await _page(engine, visit, await _own(engine, visit, reader))


async def _page(
    engine: Engine, visit: Visit, listed: Listed, problems: Problems | None = None, **typed: str
) -> Response:
    row, t, lang = listed.subscription, PORTAL_WORDS[visit.lang], visit.lang
    line = line_of(listed, engine.now())
    product = await find_product(engine.db, row.product_id)
    if product is None:
        raise NotFound
    keys = await keys_of(engine.db, row.id, engine.now())
    return engine.pages.portal(
        "portal/subscription.html",
        visit.showing(*shown_of(row, keys)),
        422 if problems else 200,
        line=line,
        row=row,
        product=product,
        living=line.state in {"active", "suspended"},
        rate=limit_words(lang, product.rate),
        quota=limit_words(lang, product.quota),
        meters=await meters_of(engine, lang, product, row),
        slots=slots_of(keys),
        overlaps=overlaps_in(lang),
        overlap=str(OVERLAP),
        problems=problems,
        may_answer=visit.reader is not None and _may_answer(visit.reader, row),
        typed=typed,
        crumbs=(Crumb(t["subscriptions"], "/portal/subscriptions"),),
    )


def _may_answer(reader: Reader, row: Subscription) -> bool:
    """Administrators, and whoever asked for it."""
    return reader.may_manage or (row.asked_by == reader.user.id and not reader.only_looks)


def slots_of(keys: Sequence[SubscriptionKey]) -> list[tuple[str, list[SubscriptionKey]]]:
    return [(slot, [key for key in keys if key.slot == slot]) for slot in SLOTS]


def overlaps_in(lang: Lang) -> list[tuple[str, str]]:
    """For how long the present key may go on working: seconds and their words."""
    return [(str(seconds), PORTAL_WORDS[lang][f"subscription_overlap_{seconds}"]) for seconds in OVERLAPS]


def slot_and_overlap(visit: Visit) -> tuple[str, int]:
    """Of the form that makes a key. Raises NotFound."""
    slot, overlap = visit.form.need("slot"), read_whole(visit.form.get("overlap") or str(OVERLAP), 0, max(OVERLAPS))
    if slot not in SLOTS or overlap not in OVERLAPS:
        raise NotFound
    return slot, overlap


async def new_key(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """POST /portal/subscriptions/{id}/keys: `slot`, `overlap` in seconds."""
    listed = await _own(engine, visit, reader)
    row, (slot, overlap), now = listed.subscription, slot_and_overlap(visit), engine.now()
    had = [key for key in await keys_of(engine.db, row.id, now) if key.slot == slot]
    try:
        async with changing(engine, visit, reader) as change:
            await _lock(change, reader, row)
            key = await regenerate(change.tx, row.id, reader.customer_id, slot, overlap=overlap, now=now)
            await change.record("subscription.key_regenerated", id=row.id, slot=slot, overlap=overlap)
    except NotLiving:
        return see_other(f"/portal/subscriptions/{row.id}", "notice_subscription_over")
    return engine.pages.portal(
        "portal/subscription_keys.html",
        visit.frame,
        subscription=row,
        keys={slot: key},
        address=f"/portal/subscriptions/{row.id}",
        fresh=False,
        base_url=engine.settings.base_url,
        old_until=now + overlap if had else None,
    )


async def rename(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """POST /portal/subscriptions/{id}/name: `name`."""
    listed = await _own(engine, visit, reader)
    name, good = read_name(visit.form.get("name"), 1, LONGEST_NAME)
    if not good:
        problems = Problems({"name": PORTAL_WORDS[visit.lang]["subscription_no_name"]})
        return await _page(engine, visit, listed, problems, name=name)
    row = listed.subscription
    async with changing(engine, visit, reader) as change:
        await _lock(change, reader, row)
        await rename_subscription(change.tx, row.id, reader.customer_id, name, engine.now())
        await change.record("subscription.renamed", id=row.id, name=name)
    return see_other(f"/portal/subscriptions/{row.id}", "notice_changed")


async def answer(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """POST /portal/subscriptions/{id}/answer: `answer`, to the operator's question. Whoever asked for the subscription
    gets the question by mail, and may therefore answer, administrator or not."""
    listed = await _own(engine, visit, reader)
    if not _may_answer(reader, listed.subscription):
        raise Forbidden
    row, text = listed.subscription, (visit.form.get("answer") or "").strip()
    if not 1 <= len(text) <= LONGEST_ANSWER:
        problems = Problems({"answer": PORTAL_WORDS[visit.lang]["subscription_no_answer"]})
        return await _page(engine, visit, listed, problems, answer=text)
    async with changing(engine, visit, reader) as change:
        await _lock(change, reader, row)
        done = await answer_question(change.tx, row.id, reader.customer_id, text, engine.now())
        if done:
            await change.record("subscription.answered", id=row.id, answer=text)
    notice = "notice_subscription_answered" if done else "notice_subscription_decided"
    return see_other(f"/portal/subscriptions/{row.id}", notice)


async def cancel(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """POST /portal/subscriptions/{id}/cancel: `confirm` is its name, because it can't be undone."""
    listed = await _own(engine, visit, reader)
    row = listed.subscription
    if (visit.form.get("confirm") or "").strip() != row.name:
        problems = Problems({"confirm": PORTAL_WORDS[visit.lang]["subscription_wrong_confirm"]})
        return await _page(engine, visit, listed, problems)
    async with changing(engine, visit, reader) as change:
        await _lock(change, reader, row)
        moved = await move_subscription(change.tx, row.id, "cancel", by=reader.user.id, now=engine.now())
        if moved is not None:
            await change.record("subscription.cancelled", id=row.id)
    notice = "notice_subscription_cancelled" if moved is not None else "notice_subscription_over"
    return see_other(f"/portal/subscriptions/{row.id}", notice)


async def _lock(change: Change, reader: Reader, before: Subscription) -> None:
    """Raises NotFound where it belongs to another customer, Moved where its state, name or message has changed."""
    row = await lock_subscription(change.tx, before.id)
    if row is None or row.customer_id != reader.customer_id:
        raise NotFound
    if row != before:
        raise Moved(log="the subscription changed")
    change.check_shown(*shown_of(row, await keys_of(change.tx, row.id, change.engine.now())))


def shown_of(row: Subscription, keys: Sequence[SubscriptionKey]) -> list[object]:
    """What the page of a subscription shows, except what changes by mere use."""
    return [row, *((key.id, key.expires_at) for key in keys)]
