"""The list of each kind of thing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from hoistway.console.filing import FILES
from hoistway.console.people_list import people_from
from hoistway.console.thing_pages import thing_of
from hoistway.engine import Engine
from hoistway.portal.found_people import address_of
from hoistway.portal.visit import NotFound, Visit
from hoistway.protocol.ids import CustomerId
from hoistway.store.search import Found, SomeFound, search
from hoistway.store.site_search import search_sites
from hoistway.store.tenants import search_tenants
from hoistway.store.unit_search import search_units, units_of
from hoistway.store.users import User
from hoistway.things.registry import THINGS

PAGE = 50
OWNERS = {"customer": "customers", "site": "sites"}
OWNED_BY: Mapping[str, Sequence[str]] = {"units": ("customer", "site"), "users": ("customer",)}
OF_MANY: Mapping[str, Callable[..., Awaitable[SomeFound]]] = {
    "sites": search_sites,
    "units": search_units,
    "tenants": search_tenants,
}


async def _owner(engine: Engine, kind: str, row_id: str) -> Any:
    """The row of the customer or site. Raises NotFound."""
    row = None if len(row_id) > 200 else await THINGS[OWNERS[kind]].find(engine.db, row_id)
    if row is None:
        raise NotFound
    return row


async def list_things(engine: Engine, visit: Visit, _operator: User) -> Response:
    """GET /console/{word}: `q` searches, `after` (of people with `name`) selects the page; units can also be listed for one
    `customer` or `site`, people for one `customer`."""
    thing = thing_of(visit)
    text, after = (visit.query.get("q") or "")[:100], (visit.query.get("after") or "")[:200]
    query, cut = {"q": text} if text else {}, False
    kind = next((name for name in OWNED_BY.get(thing.word, ()) if visit.query.get(name)), None)
    owner: Any = None if kind is None else await _owner(engine, kind, visit.query.get(kind) or "")
    if thing.word == "users":
        return await _people(engine, visit, text, owner)
    if kind is not None:
        query = {kind: owner.id}
        rows: Sequence[Found] = await units_of(engine.db, kind, owner.id, after=after, most=PAGE + 1)
    elif (of_many := OF_MANY.get(thing.word)) is not None:
        found = await of_many(engine.db, text, after=after, most=PAGE + 1)
        rows, cut = found.lines, found.cut
    else:
        rows = await search(engine.db, thing.word, text, after=after, most=PAGE + 1)
    more = f"{visit.path}?{urlencode({**query, 'after': rows[PAGE - 1].id})}" if len(rows) > PAGE else None
    first = f"{visit.path}?{urlencode(query)}".rstrip("?") if after else None
    return _page(
        engine, visit, thing.word, text=text, rows=rows[:PAGE], more=more, first=first, cut=cut, owner=owner, unfound=False,
    )  # fmt: skip


async def _people(engine: Engine, visit: Visit, text: str, owner: Any) -> Response:
    customer_id = None if owner is None else CustomerId(owner.id)
    page = await people_from(engine, visit, text, customer_id, PAGE)
    asked = {**({} if customer_id is None else {"customer": customer_id}), **({"q": text} if text else {})}
    first = address_of(visit.path, asked) if visit.query.get("after") else None
    return _page(
        engine, visit, "users", text=text, rows=page.rows, more=page.more, first=first, cut=False, owner=owner,
        unfound=page.unfound,
    )  # fmt: skip


def _page(engine: Engine, visit: Visit, word: str, **shown: Any) -> Response:
    return engine.pages.portal(
        "console/things.html",
        visit.frame,
        word=word,
        makes=THINGS[word].making is not None,
        files=word in FILES,
        **shown,
    )
