"""What was done for one customer, and by whom: its part of the audit trail, for its administrators."""

from collections.abc import Sequence
from urllib.parse import urlencode

from msgspec import Struct
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.chosen import day_of, short
from hoistway.portal.entry_facts import Said, said_of
from hoistway.portal.visit import Reader, Visit
from hoistway.protocol.ids import CustomerId, ServiceAccountId, UserId
from hoistway.store.account_lists import find_account_of
from hoistway.store.audit import WrittenEntry
from hoistway.store.audit_events import EVENTS
from hoistway.store.audit_search import SLOTS, search_audit
from hoistway.store.db import Database
from hoistway.store.member_search import actors_called
from hoistway.store.members import find_member
from hoistway.store.names import known_applications
from hoistway.store.users import find_user
from hoistway.web.words import Lang

PAGE = 30
LONGEST = 200
FILTERS = ("who", "event", "since", "until")
WAYS = {"cli": "staff", "scim": "directory"}
"""Who acts otherwise than as a person or account, by what stands before the colon."""
BY_PROVIDER = frozenset({"provider.failed", "provider.signed_out"})
"""What a company's sign-in tells without saying of whom."""
OPERATORS_OWN = frozenset({"system_user", "proposal", "proposed_by"})
"""In the detail of an entry: which of the operator's people it was."""


class Actor(Struct, frozen=True):
    """`kind` ends a key of the words, `activity_by_…`; a person or account of this customer has a name instead, and a page, `href`."""

    kind: str
    name: str | None = None
    href: str | None = None


class Line(Struct, frozen=True):
    """An entry and what it says. `application` is None where it is of another customer, or gone."""

    entry: WrittenEntry
    actor: Actor
    application: str | None
    says: Said


async def activity(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET /portal/activity: `who` is a name, a part of one, or an id; `event` an event or a part of one; `since` and
    `until` are days; `before` goes on behind an id."""
    asked = {name: short(visit.query, name, LONGEST).strip() for name in FILTERS}
    since, until = day_of("since", asked["since"], end=False), day_of("until", asked["until"], end=True)
    before = (visit.query.get("before") or "")[:100]
    wanted: dict[str, list[str]] = {"customer_id": [reader.customer_id]}
    if asked["who"]:
        wanted["actor"] = await _called(engine.db, reader.customer_id, asked["who"])
    if asked["event"]:
        wanted["event"] = [one for one in EVENTS if asked["event"].lower() in one][:SLOTS] or [asked["event"]]
    rows = await search_audit(
        engine.db, wanted, since=since, until=until, before=before, most=PAGE + 1, of=reader.customer_id
    )
    query = {name: value for name, value in asked.items() if value}
    more = f"{visit.path}?{urlencode({**query, 'before': rows[PAGE - 1].id})}" if len(rows) > PAGE else None
    return engine.pages.portal(
        "portal/activity.html", visit.frame, asked=asked, more=more, events=list(EVENTS),
        lines=await _lines(engine.db, visit.lang, reader.customer_id, rows[:PAGE]),
        first=f"{visit.path}?{urlencode(query)}" if before else None,
    )  # fmt: skip


async def _called(db: Database, customer_id: CustomerId, text: str) -> list[str]:
    """Whoever is not told by name can't be found by id either, or guessing would tell who of the operator's people it was."""
    found = await actors_called(db, customer_id, text, SLOTS - 1)
    itself = await _actor(db, customer_id, text, "")
    return [*(() if itself.kind == "staff" else (text,)), *found] or [""]


async def _lines(db: Database, lang: Lang, customer_id: CustomerId, rows: Sequence[WrittenEntry]) -> list[Line]:
    actors = {one: await _actor(db, customer_id, *one) for one in {_who(row) for row in rows}}
    applications = await known_applications(db, customer_id, (row.client_id for row in rows))
    return [
        Line(
            row, actors[_who(row)], applications.get(row.client_id or ""),
            said_of(row.event, row.detail, lang, without=OPERATORS_OWN),
        )
        for row in rows
    ]  # fmt: skip


def _who(row: WrittenEntry) -> tuple[str | None, str]:
    return row.actor, "" if row.actor else row.event


async def _actor(db: Database, customer_id: CustomerId, actor: str | None, event: str) -> Actor:
    """Names of people who do not belong to the customer, or work for the operator, are not told."""
    if actor is None or actor == "server":
        return Actor("provider" if event in BY_PROVIDER else "server")
    way = actor.partition(":")[0]
    if way != actor and way in WAYS:
        return Actor(WAYS[way])
    member = await find_member(db, customer_id, UserId(actor))
    if member is not None:
        return Actor("", member.name, f"/portal/people/{actor}")
    account = await find_account_of(db, customer_id, ServiceAccountId(actor))
    if account is not None:
        return Actor("", account.name, f"/portal/technical-accounts/{actor}")
    # Who is not found was erased, or was an account that was deleted.
    person = await find_user(db, UserId(actor))
    return Actor("staff" if person is not None and person.flags else "left")
