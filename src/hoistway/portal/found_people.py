"""A page of people, in the portal and the console: those of a customer, all or by beginnings, and where the next page begins."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from hoistway.portal.visit import Visit
from hoistway.protocol.ids import CustomerId
from hoistway.store.db import Database
from hoistway.store.members import Member, page_of_members
from hoistway.store.people_search import Position, search_members

LONGEST: Final = 200


def position_in(visit: Visit) -> Position:
    """The page behind the word (or, where nothing is looked for, the name) `name` and the id `after`."""
    return (visit.query.get("name") or "")[:LONGEST], (visit.query.get("after") or "")[:LONGEST]


def address_of(path: str, asked: Mapping[str, str], position: Position | None = None) -> str:
    """Of the first page, or of the one behind a position."""
    place = {} if position is None else {"name": position[0], "after": position[1]}
    return f"{path}?{urlencode({**asked, **place})}".rstrip("?")


async def members_from(
    db: Database, customer_id: CustomerId, typed: str, after: Position, most: int, *, shown: bool = False
) -> tuple[list[Member], Position | None]:
    """Up to `most`, and where the next page begins; with nothing typed everybody, by name. `shown` is store/people_search's."""
    if typed.strip():
        return await search_members(db, customer_id, typed, after=after, most=most, shown=shown)
    return await page_of_members(db, customer_id, after=after, most=most)
