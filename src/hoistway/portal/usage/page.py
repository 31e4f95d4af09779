"""My usage: calls, refusals by cause and response times of the current customer, with the last requests (docs/operating.md)."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.usage.causes import because
from hoistway.portal.usage.charts import calls_chart, latency_chart, step_words
from hoistway.portal.usage.filters import HOUR, PERIODS, SURFACES, Filters, read_filters
from hoistway.portal.usage.left import allowances
from hoistway.portal.usage.sums import Sum, causes, grouped, steps_of, whole
from hoistway.portal.visit import Reader, Visit
from hoistway.store.recent_requests import Wanted, list_requests
from hoistway.store.subscription_lists import subscriptions_of
from hoistway.store.usage_losses import lost_of
from hoistway.store.usage_shape import Asked, Kind
from hoistway.web.figures import Figures
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.words import Lang

PATH = "/portal/usage"
LATEST = 8


class Choice(Struct, frozen=True):
    """One option of a filter."""

    id: str
    name: str


def choices(ids: Iterable[str], names: Mapping[str, str], chosen: str) -> list[Choice]:
    """What was used in that time, by name; the current choice is included even if it was not used."""
    known = [Choice(known_id, names.get(known_id) or known_id) for known_id in {*ids, chosen} if known_id]
    return sorted(known, key=lambda choice: (choice.name.casefold(), choice.id))


def chosen(kinds: list[Kind], filters: Filters) -> list[Kind]:
    """The rows that the filters leave."""
    return [
        kind
        for kind in kinds
        if kind.surface == filters.surface
        and filters.application in {"", kind.client_id}
        and filters.subscription in {"", kind.subscription_id}
        and filters.operation in {"", kind.operation}
    ]


def client_names(kinds: list[Kind]) -> dict[str, str]:
    return {kind.client_id: kind.client_name for kind in kinds}


async def seen(
    engine: Engine, lang: Lang, customer_id: str, filters: Filters, path: str, names: Mapping[str, str]
) -> dict[str, Any]:
    """What a page of usage shows about a customer, or about everybody: two statements, whatever the filters. `names`
    are those of subscriptions."""
    now, t, figures = engine.now(), PORTAL_WORDS[lang], Figures(lang)
    span, asked = filters.span(now), filters.asked(customer_id, now)
    every = await span.rows.kinds(engine.db, Asked(customer_id, asked.since, asked.until))
    kinds = chosen(every, filters)
    steps = steps_of(await span.rows.moments(engine.db, asked) if kinds else [], span.steps)
    same = [kind for kind in every if kind.surface == filters.surface]
    return {
        "fig": figures, "filters": filters, "without": replace(filters, day=None), "path": path, "periods": tuple(PERIODS),
        "total": whole(kinds), "steps": list(reversed(steps)), "step_word": step_words(figures, span),
        "hourly": span.step == HOUR, "every": every,
        "applications": choices((k.client_id for k in same), client_names(same), filters.application),
        "subscriptions": choices((k.subscription_id for k in same), names, filters.subscription),
        "operations": choices((k.operation for k in same), {}, filters.operation),
        "calls": calls_chart(t, figures, span, steps, t["usage_calls"]),
        "latency": latency_chart(t, figures, span, steps, kinds, t["usage_latency"]),
        "causes": [(row, because(t, row.cause)) for row in causes(kinds)],
        "by_operation": grouped(kinds, lambda kind: (kind.operation, kind.operation)),
        "by_application": grouped(kinds, _application), "by_subscription": _subscriptions(kinds, names),
    }  # fmt: skip


async def usage(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET /portal/usage: filters in the address."""
    now, t = engine.now(), PORTAL_WORDS[visit.lang]
    filters = read_filters(visit.query, now, engine.settings.keep_hourly_use)
    latest = await list_requests(
        engine.db, Wanted(reader.customer_id, filters.application, surface=filters.surface), LATEST
    )
    subscriptions = await subscriptions_of(engine.db, reader.customer_id)
    names: dict[str, str] = {
        row.subscription.id: row.subscription.name or row.product_in(visit.lang) for row in subscriptions
    }
    return engine.pages.portal(
        "portal/usage.html", visit.frame, **await seen(engine, visit.lang, reader.customer_id, filters, PATH, names),
        allowances=await allowances(engine, visit.lang, reader.customer_id, subscriptions), now=now,
        surfaces=SURFACES, latest=[(named, because(t, named.request.cause)) for named in latest],
        lost=await lost_of(engine.db, reader.customer_id, filters.span(now).since),
        kept=engine.settings.keep_requests // (24 * HOUR),
    )  # fmt: skip


def _application(kind: Kind) -> tuple[str, str]:
    return kind.client_id, kind.client_name or kind.client_id


def _subscriptions(kinds: list[Kind], names: Mapping[str, str]) -> list[Sum]:
    """None where no call came with a key."""
    found = grouped(kinds, lambda kind: (kind.subscription_id, names.get(kind.subscription_id) or kind.subscription_id))
    return found if any(group.id for group in found) else []
