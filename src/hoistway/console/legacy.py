"""Legacy flows: who still uses them and until when, and the calendar of brown-outs (RFC 9700 sections 2.1.2 and 2.4)."""

from msgspec import Struct
from starlette.responses import Response

from hoistway.applications.legacy import DAYS, FLOWS, Notice, find_notices
from hoistway.engine import Engine, time_ordered_id
from hoistway.portal.changing import operating
from hoistway.portal.chosen import chosen
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.protocol.numbers import read_moment, read_whole
from hoistway.store.address_uses import address_uses
from hoistway.store.brownouts import Brownout, add_brownout, coming_brownouts, remove_brownout
from hoistway.store.clients import LegacyException
from hoistway.store.db import Reader
from hoistway.store.legacy_report import LegacyCount, LegacyLine, legacy_report
from hoistway.store.legacy_users import MOST_LINES
from hoistway.store.users import User
from hoistway.web.frame import Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.spreadsheet import cell_of_time, csv_reply
from hoistway.web.templates.filters import date
from hoistway.web.words import Words

PAGE = 100
LONGEST = 7 * 1440
COLUMNS = (
    "customer_id", "customer", "kind", "actor", "username", "client_id", "application", "owner_id", "flow", "uses",
)  # fmt: skip


class Line(Struct, frozen=True):
    """One exception of one application. `state` is open, ending (within 30 days) or ended."""

    application: LegacyLine
    exception: LegacyException
    count: LegacyCount | None
    state: str


def _lines(report: list[tuple[LegacyLine, dict[str, LegacyCount]]], now: int) -> list[Line]:
    lines = []
    for application, counts in report:
        for exception in application.exceptions:
            left = exception.ends_at - now
            state = "ended" if left <= 0 else "ending" if left < DAYS * 86_400 else "open"
            lines.append(Line(application, exception, counts.get(exception.kind), state))
    return sorted(lines, key=lambda line: (line.exception.ends_at, line.application.name))


def read_start(text: str) -> int:
    """2026-01-30T13:00, in UTC. Raises ValueError."""
    start = read_moment(text.strip())
    if start is None or "T" not in text:
        raise ValueError("no day and time")
    return int(start.timestamp())


def check_brownout(t: Words, typed: dict[str, str], now: int) -> tuple[Problems, int, int]:
    """Says what is wrong with its beginning or its length in minutes."""
    problems, start = Problems(), 0
    if typed["flow"] not in FLOWS:
        problems.add("flow", t["legacy_no_flow"])
    try:
        start = read_start(typed["start"])
        if not now < start < now + 400 * 86_400:
            problems.add("start", t["legacy_no_start"])
    except ValueError:
        problems.add("start", t["legacy_no_start"])
    minutes = read_whole(typed["minutes"], 1, LONGEST)
    if minutes is None:
        problems.add("minutes", t["legacy_no_minutes"])
    return problems, start, minutes or 0


async def legacy(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/legacy: `do` is plan or cancel. `used_flow` restricts the list; `export=csv` returns up to
    10,000 lines of it."""
    used_flow = chosen(visit.query, "used_flow", ("", *FLOWS), "") or None
    if not visit.posted and chosen(visit.query, "export", ("", "csv"), ""):
        return await _export(engine, visit, operator, used_flow)
    typed = {name: (visit.form.get(name) or "").strip()[:500] for name in ("flow", "start", "minutes", "note")}
    problems: Problems | None = None
    brownouts = await coming_brownouts(engine.db, engine.now())
    if visit.posted and visit.form.get("do") == "cancel":
        return await _cancel(engine, visit, operator)
    if visit.posted:
        await _check_shown(visit, engine.db)
        problems, start, minutes = check_brownout(PORTAL_WORDS[visit.lang], typed, engine.now())
        if not problems:
            row = Brownout(
                time_ordered_id(), typed["flow"], start, start + 60 * minutes, typed["note"], operator.id, engine.now()
            )
            async with operating(engine, visit, operator) as change:
                await _check_shown(visit, change.tx)
                await add_brownout(change.tx, row)
                await change.record(
                    "brownout.planned", id=row.id, flow=row.flow, starts_at=row.starts_at, ends_at=row.ends_at
                )
            return see_other(visit.path, "notice_planned")
    notices = await find_notices(engine.db, engine.now(), flow=used_flow, most=PAGE + 1)
    since = date(engine.now() - DAYS * 86_400)
    called = await address_uses(engine.db, since, PAGE + 1)
    return engine.pages.portal(
        "console/legacy.html", visit.showing(*brownouts), 422 if problems else 200, problems=problems, days=DAYS,
        lines=_lines(await legacy_report(engine.db, since), engine.now()), now=engine.now(),
        called=called[:PAGE], more_called=len(called) > PAGE,
        brownouts=brownouts, used_flow=used_flow, notices=notices[:PAGE], more=len(notices) > PAGE,
        values={**typed, "flow": typed["flow"] or "password", "minutes": typed["minutes"] or "60"},
    )  # fmt: skip


async def _export(engine: Engine, visit: Visit, operator: User, flow: str | None) -> Response:
    """A table with every line and its contacts."""
    notices = await find_notices(engine.db, engine.now(), flow=flow, most=MOST_LINES)
    async with operating(engine, visit, operator) as change:
        await change.record("legacy.exported", rows=len(notices), flow=flow)
    return csv_reply("legacy.csv", (*COLUMNS, "last_used_at", "tell"), (_cells(notice) for notice in notices))


def _cells(notice: Notice) -> list[object]:
    told = "; ".join(f"{one.name} <{one.email}>" if one.email else one.name for one in notice.tell)
    return [*(getattr(notice.user, name) for name in COLUMNS), cell_of_time(notice.user.last_used_at), told]


async def _check_shown(visit: Visit, db: Reader) -> None:
    """That a brown-out has ended since the page was shown counts as no change. Raises Moved."""
    now = visit.engine.now() if visit.shown is None else visit.shown.made_at
    visit.check_shown(*await coming_brownouts(db, now))


async def _cancel(engine: Engine, visit: Visit, operator: User) -> Response:
    wanted = visit.form.need("id")
    async with operating(engine, visit, operator) as change:
        await _check_shown(visit, change.tx)
        if not await remove_brownout(change.tx, wanted):
            raise NotFound
        await change.record("brownout.cancelled", id=wanted)
    return see_other(visit.path, "notice_cancelled")
