"""The list of people: all of them, or those of one customer."""

from collections.abc import Sequence

from msgspec import Struct

from hoistway.engine import Engine
from hoistway.portal.found_people import address_of, members_from, position_in
from hoistway.portal.visit import Visit
from hoistway.protocol.ids import CustomerId
from hoistway.store.found import Found
from hoistway.store.people_search import search_people
from hoistway.store.search import search
from hoistway.store.wordless import is_indexing


class Listed(Struct, frozen=True):
    """One page; `more` is the address of the next one. `unfound` where people are searched and some cannot be found yet."""

    rows: Sequence[Found]
    more: str | None
    unfound: bool


async def people_from(engine: Engine, visit: Visit, text: str, customer_id: CustomerId | None, most: int) -> Listed:
    """The page that `name` and `after` select, of everybody or of one customer's people; of these `place` is the role."""
    db, after, asked = engine.db, position_in(visit), {"q": text} if text else {}
    if customer_id is not None:
        asked = {"customer": customer_id, **asked}
        members, position = await members_from(db, customer_id, text, after, most)
        rows = [Found(one.user_id, one.name, one.username, one.disabled_at, one.role) for one in members]
    elif text.strip():
        rows, position = await search_people(db, text, after=after, most=most)
    else:
        rows = await search(db, "users", "", after=after[1], most=most + 1)
        position = ("", rows[most - 1].id) if len(rows) > most else None
    more = None if position is None else address_of(visit.path, asked, position)
    return Listed(rows[:most], more, bool(text.strip()) and await is_indexing(db))
