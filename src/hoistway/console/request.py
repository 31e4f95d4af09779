"""One request as an operator sees it: who asks for what, what to look at, the conversation, and the decision."""

from msgspec.structs import replace
from starlette.responses import Response

from hoistway.accounts.eyes import shown_first
from hoistway.applications.deciding import DECISIONS, TooLate, Verdict, decide, read_verdict
from hoistway.applications.granting import DAY, prepare
from hoistway.applications.looks import logo_of
from hoistway.applications.named_account import WrongAccount, find_named
from hoistway.applications.risk import Facts, Note, risk_notes
from hoistway.applications.threads import LONGEST_MESSAGE, MOST_MESSAGES, TooManyMessages
from hoistway.console.two import hand_of
from hoistway.engine import Engine
from hoistway.portal.applications.conversation import read_thread
from hoistway.portal.applications.listed import NEWEST, read_place
from hoistway.portal.changing import operating
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.protocol.ids import RequestId, UserId
from hoistway.store.client_lists import names_alike, registered_addresses
from hoistway.store.clients import find_client
from hoistway.store.customers import Customer, find_customer
from hoistway.store.request_looks import RequestLook, find_look
from hoistway.store.requests import Request, count_open_requests, find_request
from hoistway.store.users import User, find_user
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.templates.filters import date

USUAL_DAYS = 90
Typed = dict[str, str]


def usual_day(now: int) -> str:
    return date(now + USUAL_DAYS * DAY)


async def request_page(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/requests/{request_id}: `decision` is approve, ask or reject; `text`; `until` a day."""
    found = await find_request(engine.db, RequestId(visit.request.path_params["request_id"]))
    if found is None:
        raise NotFound
    if not visit.posted:
        return await _show(engine, visit, operator, found, None, {"until": usual_day(engine.now())})
    return await _decide(engine, visit, operator, found)


async def notes_on(engine: Engine, request: Request, customer: Customer, look: RequestLook | None) -> list[Note]:
    facts = Facts(
        request,
        await registered_addresses(engine.db, request.customer_id),
        await names_alike(engine.db, request.customer_id, request.name),
        engine.pages.brand.name,
        customer.created_at,
        await count_open_requests(engine.db, request.customer_id),
        engine.now(),
        "" if look is None else look.consent_text or "",
    )
    return risk_notes(facts)


def _hindrance(engine: Engine, operator: User, request: Request) -> str | None:
    """Why this operator may not approve: a key of the words. One person can't be both operators."""
    if not engine.settings.four_eyes:
        return None
    if request.requested_by == operator.id:
        return "queue_yours"
    return "queue_own" if request.decided_by == operator.id and request.is_open else None


async def _as_counted(engine: Engine, request: Request) -> tuple[Request, User | None]:
    """The request, and who approved it first, if that approval counts: that of a former operator does not."""
    first = await shown_first(engine.db, request.decided_by)
    if first is not None or not request.is_open:
        return request, first
    return replace(request, decided_by=None, decided_at=None, legacy_until=None), None


async def _show(
    engine: Engine, visit: Visit, operator: User, found: Request, problems: Problems | None, typed: Typed
) -> Response:
    request, first = await _as_counted(engine, found)
    customer = await find_customer(engine.db, request.customer_id)
    if customer is None:
        raise NotFound
    words, look = PORTAL_WORDS[visit.lang], await find_look(engine.db, request.id)
    return engine.pages.portal(
        "console/request.html",
        visit.showing(found),
        422 if problems else 200,
        request=request,
        customer=customer,
        requester=await find_user(engine.db, UserId(request.requested_by)),
        notes=await notes_on(engine, request, customer, look) if request.is_open else [],
        look=look,
        account=await find_named(engine.db, request),
        look_logo=logo_of(look),
        app=None if request.client_id is None else await find_client(engine.db, request.client_id),
        thread=await read_thread(engine.db, request.id, visit.path, read_place(visit.query, "before", NEWEST)),
        hindrance=_hindrance(engine, operator, request),
        four_eyes=engine.settings.four_eyes,
        sets_end=_sets_end(engine, request),
        first=first,
        problems=problems,
        typed=typed,
        now=engine.now(),
        crumbs=(Crumb(words["frame_operate"], "/console"), Crumb(words["queue_title"], "/console/requests")),
    )


def _sets_end(engine: Engine, request: Request) -> bool:
    """Whose approval sets the end of legacy flows: the first one."""
    return bool(request.legacy_flows) and not (engine.settings.four_eyes and request.decided_by is not None)


def _read(engine: Engine, visit: Visit, operator: User, request: Request) -> tuple[Verdict, Problems, Typed]:
    words = PORTAL_WORDS[visit.lang]
    typed = {name: visit.form.get(name) or "" for name in ("decision", "text", "until")}
    decision = next((one for one in DECISIONS if one == typed["decision"]), None)
    sets_end = decision == "approve" and _sets_end(engine, request)
    verdict, wrong = read_verdict(
        decision or "approve", typed["text"], engine.now(), until=typed["until"] if sets_end else None
    )
    problems = Problems({name: words[key].format(most=LONGEST_MESSAGE) for name, key in wrong.items()})
    if decision is None:
        problems.add("decision", words["queue_no_decision"])
    hindrance = _hindrance(engine, operator, request) if decision == "approve" else None
    if hindrance is not None:
        problems.add("decision", words[hindrance])
    is_first = decision == "approve" and engine.settings.four_eyes and request.decided_by is None
    return replace(verdict, first=is_first), problems, typed


async def _decide(engine: Engine, visit: Visit, operator: User, request: Request) -> Response:
    visit.check_shown(request)
    counted, _first = await _as_counted(engine, request)
    verdict, problems, typed = _read(engine, visit, operator, counted)
    if problems:
        return await _show(engine, visit, operator, request, problems, typed)
    approving = verdict.decision == "approve" and not verdict.first
    prepared = await prepare(engine) if approving else None
    try:
        async with operating(engine, visit, operator, request.customer_id) as change:
            event = await decide(engine, hand_of(change), request, verdict, prepared)
    except TooManyMessages:
        problems.add("text", PORTAL_WORDS[visit.lang]["queue_too_many"].format(most=MOST_MESSAGES))
        return await _show(engine, visit, operator, request, problems, typed)
    except WrongAccount as wrong:
        which = "disabled" if wrong.disabled else "gone"
        problems.add("decision", PORTAL_WORDS[visit.lang][f"queue_account_{which}"])
        return await _show(engine, visit, operator, request, problems, typed)
    except TooLate:
        problems.add("decision", PORTAL_WORDS[visit.lang]["queue_late"])
        again = await find_request(engine.db, request.id) or request
        return await _show(engine, visit, operator, again, problems, typed)
    return see_other(visit.path, f"notice_queue_{event}")
