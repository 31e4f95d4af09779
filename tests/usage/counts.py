"""What the tables of counted use hold."""

from functools import partial

from sqlalchemy import select

from hoistway.store.db import Database, Statement
from hoistway.store.recent_requests import RecentRequest, Wanted, list_requests
from hoistway.store.tables import TABLES
from hoistway.store.usage_days import DAYS
from hoistway.store.usage_hours import HOURS
from hoistway.store.usage_shape import EVERYBODY, Asked, Kind
from hoistway.usage.tally import Tally

AT = 1_700_000_000
ALL_TIME = (0, 2**40)


def call(tally: Tally, times: int = 1, *, at: int = AT, customer: str = "c-a", client: str = "spa", status: int = 200,
         cause: str = "", took: float = 1.2, operation: str = "listUnits", surface: str = "api") -> None:  # fmt: skip
    for number in range(times):
        tally.note(at, customer, client, "", surface, operation, status, cause, took, f"id-{at}-{number}")


async def kinds(db: Database, customer: str = "c-a", *, days: bool = False) -> list[Kind]:
    return await (DAYS if days else HOURS).kinds(db, Asked(customer, *ALL_TIME))


async def total(db: Database, customer: str = EVERYBODY, *, days: bool = False) -> int:
    return sum(kind.calls for kind in await kinds(db, customer, days=days))


async def kept(db: Database, customer: str = "c-a") -> list[RecentRequest]:
    return [named.request for named in await list_requests(db, Wanted(customer), 10_000)]


async def everything(db: Database, prefixes: tuple[str, ...] = ("",)) -> str:
    """Every value of every table whose name begins so, as one text."""
    found = []
    for table in (table for table in TABLES if table.name.startswith(prefixes)):
        rows = await db.all(Statement(partial(select, table), lambda *columns: repr(columns)), {})
        found += [row.replace("\\x00", "") for row in rows]
    return "\n".join(found)
