"""Usage as a table for a spreadsheet, one row for each kind of call and step."""

from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.usage.filters import HOUR, read_filters
from hoistway.portal.visit import Reader, Visit
from hoistway.protocol.latency import percentile
from hoistway.web.spreadsheet import cell_of_time, csv_reply

MOST = 50_000
COLUMNS = (
    "from", "step", "application_id", "application", "subscription_id", "surface", "operation", "status", "cause", "calls",
    "p50_ms", "p95_ms", "p99_ms",
)  # fmt: skip


async def export(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET /portal/usage.csv: the filters of the page; at most the newest 50,000 rows."""
    now = engine.now()
    filters = read_filters(visit.query, now, engine.settings.keep_hourly_use)
    span = filters.span(now)
    lines = await span.rows.lines(engine.db, filters.asked(reader.customer_id, now), MOST)
    step = "hour" if span.step == HOUR else "day"
    rows = (
        (
            cell_of_time(line.at), step, line.kind.client_id, line.kind.client_name, line.kind.subscription_id, line.kind.surface,
            line.kind.operation, line.kind.status, line.kind.cause, line.kind.calls,
            *(f"{percentile(line.kind.bins, share) or 0:.2f}" for share in (0.5, 0.95, 0.99)),
        )
        for line in lines
    )  # fmt: skip
    return csv_reply("usage.csv", COLUMNS, rows)
