"""Subscriptions of all customers: waiting ones are approved or rejected, others suspended, resumed or ended."""

from msgspec.structs import replace
from starlette.responses import Response

from hoistway.accounts.eyes import shown_first
from hoistway.applications.risk import NEW_CUSTOMER, Note
from hoistway.console.two import hand_of
from hoistway.engine import Engine
from hoistway.portal.changing import operating
from hoistway.portal.chosen import chosen
from hoistway.portal.limit_words import limit_words, meters_of
from hoistway.portal.subscriptions import line_of
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.products.deciding import VERBS, TooLate, decide, offered, read_verdict
from hoistway.protocol.ids import UserId
from hoistway.store.customers import Customer, find_customer
from hoistway.store.products import find_product
from hoistway.store.subscription_lists import LAST, Listed, find_listed, list_subscriptions
from hoistway.store.subscriptions import STATES, Subscription, count_subscriptions
from hoistway.store.users import User, find_user
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS

PAGE = 50


async def list_all(engine: Engine, visit: Visit, _operator: User) -> Response:
    """GET /console/subscriptions: `state` is one of the states or "every"; without it, the waiting ones. `before`
    selects the page."""
    asked = chosen(visit.query, "state", (*STATES, "every"), "submitted")
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


async def found_subscription(engine: Engine, visit: Visit) -> Listed:
    """That of the address. Raises NotFound."""
    subscription_id = visit.request.path_params["id"]
    listed = None if len(subscription_id) > 100 else await find_listed(engine.db, subscription_id)
    if listed is None:
        raise NotFound
    return listed


async def subscription_page(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/subscriptions/{id}: `do` is one of VERBS, with `message` and, to approve, `ends_on`."""
    listed = await found_subscription(engine, visit)
    typed = {name: (visit.form.get(name) or "").strip() for name in ("message", "ends_on")}
    if not visit.posted:
        return await _page(engine, visit, operator, listed, typed, None)
    word = visit.form.need("do")
    row = listed.subscription
    visit.check_shown(row)
    if word not in VERBS:
        raise NotFound
    verdict, wrong = read_verdict(word, typed["message"], typed["ends_on"], engine.now())
    problems = Problems({name: PORTAL_WORDS[visit.lang][key] for name, key in wrong.items()})
    counted, _first = await _as_counted(engine, row)
    hindrance = _hindrance(engine, operator, counted)
    if word == "approve" and hindrance is not None:
        problems.add("message", PORTAL_WORDS[visit.lang][hindrance])
    if problems:
        return await _page(engine, visit, operator, listed, typed, problems)
    is_first = word == "approve" and engine.settings.four_eyes and counted.first_by is None
    try:
        async with operating(engine, visit, operator, row.customer_id) as change:
            await decide(engine, hand_of(change), row, replace(verdict, first=is_first))
    except TooLate:
        problems.add("message", PORTAL_WORDS[visit.lang]["requests_moved"])
        return await _page(engine, visit, operator, await found_subscription(engine, visit), typed, problems)
    return see_other(visit.path, "notice_queue_approved_first" if is_first else VERBS[word].notice)


async def _as_counted(engine: Engine, row: Subscription) -> tuple[Subscription, User | None]:
    """The subscription, and who approved it first, if that approval counts: that of a former operator does not."""
    first = await shown_first(engine.db, None if row.first_by is None else UserId(row.first_by))
    if first is not None or row.first_by is None or row.state != "submitted":
        return row, first
    return replace(row, first_by=None, ends_at=None), None


def _hindrance(engine: Engine, operator: User, row: Subscription) -> str | None:
    """Why this operator may not approve: a key of the words. One person can't be both operators."""
    if not engine.settings.four_eyes or row.state != "submitted":
        return None
    if row.asked_by == operator.id:
        return "queue_yours"
    return "queue_own" if row.first_by == operator.id else None


def _notes(engine: Engine, customer: Customer | None, others: int) -> list[Note]:
    """What to look at before approving."""
    notes = []
    if customer is not None and engine.now() - customer.created_at < NEW_CUSTOMER:
        notes.append(Note("customer_new", ""))
    if others > 1:
        notes.append(Note("more_of_product", str(others - 1)))
    return notes


async def _page(
    engine: Engine, visit: Visit, operator: User, listed: Listed, typed: dict[str, str], problems: Problems | None
) -> Response:
    row, lang = listed.subscription, visit.lang
    line = line_of(listed, engine.now())
    product = await find_product(engine.db, row.product_id)
    if product is None:
        raise NotFound
    t, customer = PORTAL_WORDS[lang], await find_customer(engine.db, row.customer_id)
    others = await count_subscriptions(engine.db, product.id, row.customer_id, engine.now())
    counted, first = await _as_counted(engine, row)
    hindrance = _hindrance(engine, operator, counted)
    return engine.pages.portal(
        "console/subscription.html",
        visit.showing(row),
        422 if problems else 200,
        line=line,
        row=counted,
        product=product,
        rate=limit_words(lang, product.rate),
        quota=limit_words(lang, product.quota),
        meters=await meters_of(engine, lang, product, row),
        asked_by=await find_user(engine.db, UserId(row.asked_by)),
        others=others,
        verbs=[word for word in offered(line.state) if word != "approve" or hindrance is None],
        hindrance=hindrance,
        first=first,
        four_eyes=engine.settings.four_eyes,
        notes=_notes(engine, customer, others) if line.state == "submitted" else [],
        typed=typed,
        problems=problems,
        crumbs=(Crumb(t["frame_operate"], "/console"), Crumb(t["console_subscriptions"], "/console/subscriptions")),
    )
