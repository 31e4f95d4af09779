"""Subscriptions of all customers: those that wait are approved or rejected, others suspended, resumed or ended."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.limit_words import limit_words, meters_of
from hoistway.portal.subscriptions import line_of
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.products.telling import tell
from hoistway.protocol.ids import UserId
from hoistway.store.products import find_product
from hoistway.store.subscription_lists import LAST, Listed, find_listed, list_subscriptions
from hoistway.store.subscriptions import MOVES, STATES, count_subscriptions, end_subscription, move_subscription
from hoistway.store.users import User, find_user
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.replies import correlation_id

PAGE = 50
LONGEST_MESSAGE = 2000


class Verb(NamedTuple):
    """What is said of it; one that ends or stops something needs a reason. It is offered where store/subscriptions.MOVES
    lets it be done, but for cancelling what waits: that is rejected."""

    event: str
    notice: str
    needs_reason: bool


VERBS = {
    "approve": Verb("approved", "notice_subscription_approved", False),
    "ask": Verb("asked", "notice_subscription_asked", True),
    "reject": Verb("rejected", "notice_subscription_rejected", True),
    "suspend": Verb("suspended", "notice_subscription_suspended", True),
    "resume": Verb("resumed", "notice_subscription_resumed", False),
    "cancel": Verb("cancelled", "notice_subscription_cancelled", True),
}


def offered(state: str) -> list[str]:
    words = [word for word in VERBS if state in MOVES[word][1]]
    return [word for word in words if word != "cancel" or state != "submitted"]


async def list_all(engine: Engine, visit: Visit, _operator: User) -> Response:
    """GET /console/subscriptions: `state` is one of them, "every", or without it those that wait; `before` pages."""
    asked = visit.query.get("state") or "submitted"
    state = asked if asked in STATES else None
    before = (visit.query.get("before") or LAST)[:100]
    rows = await list_subscriptions(engine.db, state, before, PAGE + 1)
    address = f"{visit.path}?state={state or 'every'}"
    return engine.pages.portal(
        "console/subscriptions.html",
        visit.frame,
        lines=[line_of(row, engine.now()) for row in rows[:PAGE]],
        state=state,
        states=STATES,
        more=f"{address}&before={rows[PAGE - 1].subscription.id}" if len(rows) > PAGE else None,
        first=address if before != LAST else None,
    )


async def _found(engine: Engine, visit: Visit) -> Listed:
    subscription_id = visit.request.path_params["id"]
    listed = None if len(subscription_id) > 100 else await find_listed(engine.db, subscription_id)
    if listed is None:
        raise NotFound
    return listed


async def decide(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/subscriptions/{id}: `do` is one of VERBS, with `message` and, to approve, `ends_on`."""
    listed = await _found(engine, visit)
    typed = {name: (visit.form.get(name) or "").strip() for name in ("message", "ends_on")}
    if not visit.posted:
        return await _page(engine, visit, listed, typed, None)
    word = visit.form.need("do")
    verb, row = VERBS.get(word), listed.subscription
    if verb is None:
        raise NotFound
    problems, ends_at = _check(engine, visit, word, typed)
    if problems:
        return await _page(engine, visit, listed, typed, problems)
    async with engine.db.write() as tx:
        moved = await move_subscription(tx, row.id, word, by=operator.id, now=engine.now(), message=typed["message"])
        if moved is not None:
            if ends_at is not None:
                await end_subscription(tx, row.id, ends_at)
            await engine.record(
                tx, f"subscription.{verb.event}", actor=operator.id,
                customer_id=row.customer_id, client_id=row.client_id, correlation_id=correlation_id(visit.request),
                id=row.id, message=typed["message"], ends_at=ends_at,
            )  # fmt: skip
            await tell(engine, tx, moved, verb.event)
    if moved is None:
        problems.add("message", PORTAL_WORDS[visit.lang]["requests_moved"])
        return await _page(engine, visit, await _found(engine, visit), typed, problems)
    return see_other(visit.path, verb.notice)


def _check(engine: Engine, visit: Visit, word: str, typed: dict[str, str]) -> tuple[Problems, int | None]:
    """(problems, the second after the last day)"""
    t, problems, ends_at = PORTAL_WORDS[visit.lang], Problems(), None
    if VERBS[word].needs_reason and not typed["message"]:
        problems.add("message", t["requests_no_message"])
    if len(typed["message"]) > LONGEST_MESSAGE:
        problems.add("message", t["requests_long_message"])
    if word == "approve" and typed["ends_on"]:
        try:
            after = date.fromisoformat(typed["ends_on"]) + timedelta(days=1)
            ends_at = int(datetime(after.year, after.month, after.day, tzinfo=UTC).timestamp())
        except (ValueError, OverflowError):
            ends_at = 0
        if ends_at <= engine.now():
            problems.add("ends_on", t["requests_no_date"])
    return problems, ends_at


async def _page(
    engine: Engine, visit: Visit, listed: Listed, typed: dict[str, str], problems: Problems | None
) -> Response:
    row, lang = listed.subscription, visit.lang
    line = line_of(listed, engine.now())
    product = await find_product(engine.db, row.product_id)
    if product is None:
        raise NotFound
    t = PORTAL_WORDS[lang]
    return engine.pages.portal(
        "console/subscription.html",
        visit.frame,
        422 if problems else 200,
        line=line,
        row=row,
        product=product,
        rate=limit_words(lang, product.rate),
        quota=limit_words(lang, product.quota),
        meters=await meters_of(engine, lang, product, row),
        asked_by=await find_user(engine.db, UserId(row.asked_by)),
        others=await count_subscriptions(engine.db, product.id, row.customer_id, engine.now()),
        verbs=offered(line.state),
        typed=typed,
        problems=problems,
        crumbs=(Crumb(t["frame_operate"], "/console"), Crumb(t["console_subscriptions"], "/console/subscriptions")),
    )
