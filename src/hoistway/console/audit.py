"""The audit trail: search and export."""

from collections.abc import Sequence
from urllib.parse import urlencode

from msgspec import Struct
from starlette.responses import Response

from hoistway.console.audit_chain import chain_state
from hoistway.console.audit_names import meant
from hoistway.engine import Engine
from hoistway.portal.changing import operating
from hoistway.portal.chosen import chosen, day_of
from hoistway.portal.entry_facts import Said, said_of
from hoistway.portal.visit import Visit
from hoistway.store.audit import WrittenEntry
from hoistway.store.audit_search import FILTERS, SLOTS, kinds_of_events, search_audit
from hoistway.store.db import Reader
from hoistway.store.names import names_of
from hoistway.store.users import User
from hoistway.web.spreadsheet import cell_of_time, csv_reply
from hoistway.web.words import Lang

PAGE, EXPORT = 50, 10_000
COLUMNS = ("id", "at", "event", "actor", "client_id", "customer_id", "correlation_id", "detail")


class Line(Struct, frozen=True):
    """An entry, what it says, and the names of who acted, for which customer, with which application.
    `kind` is the word of the actor's page."""

    entry: WrittenEntry
    name: str | None
    kind: str
    customer: str | None
    application: str | None
    says: Said


async def lines_of(db: Reader, lang: Lang, rows: Sequence[WrittenEntry]) -> list[Line]:
    """The names for a whole page are read together."""
    people = await names_of(db, "users", (row.actor for row in rows))
    accounts = await names_of(db, "accounts", (row.actor for row in rows if row.actor not in people))
    customers = await names_of(db, "customers", (row.customer_id for row in rows))
    applications = await names_of(db, "applications", (row.client_id for row in rows))
    rest = [row.actor for row in rows if row.actor not in people and row.actor not in accounts]
    programs = await names_of(db, "applications", rest)
    named = people | accounts | programs
    return [
        Line(
            row, named.get(row.actor or ""), "users" if row.actor in people else "applications" if row.actor in programs else "accounts",
            customers.get(row.customer_id or ""), applications.get(row.client_id or ""), said_of(row.event, row.detail, lang),
        )
        for row in rows
    ]  # fmt: skip


def export(rows: list[WrittenEntry]) -> Response:
    shown = ([cell_of_time(row.at) if name == "at" else getattr(row, name) for name in COLUMNS] for row in rows)
    return csv_reply("audit.csv", COLUMNS, shown)


async def audit(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET /console/audit: filters in the address (ids or names; an event or a part of one). `export=csv` returns the
    newest 10,000 matches."""
    asked = {name: (visit.query.get(name) or "").strip()[:200] for name in (*FILTERS, "since", "until")}
    events = await kinds_of_events(engine.db)
    found = await meant(engine.db, {name: value for name in FILTERS if (value := asked[name])}, events)
    since, until = day_of("since", asked["since"], end=False), day_of("until", asked["until"], end=True)
    before = (visit.query.get("before") or "")[:100]
    exporting = chosen(visit.query, "export", ("", "csv"), "") == "csv"
    most = EXPORT if exporting else PAGE + 1
    rows = await search_audit(engine.db, found.wanted, since=since, until=until, before=before, most=most)
    if exporting:
        async with operating(engine, visit, operator) as change:
            await change.record("audit.exported", rows=len(rows), filters=sorted(found.wanted))
        return export(rows)
    query = {name: value for name, value in asked.items() if value}
    more = f"{visit.path}?{urlencode({**query, 'before': rows[PAGE - 1].id})}" if len(rows) > PAGE else None
    return engine.pages.portal(
        "console/audit.html", visit.frame, asked=asked, lines=await lines_of(engine.db, visit.lang, rows[:PAGE]), more=more,
        first=f"{visit.path}?{urlencode(query)}" if before else None, events=events, cut=found.cut, slots=SLOTS,
        chain=await chain_state(engine.db),
        export=f"{visit.path}?{urlencode({**query, 'export': 'csv'})}",
    )  # fmt: skip
