"""Turns what was typed to find entries of the trail into values of its columns: names become ids, a part of an event becomes the events."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from hoistway.store.audit_search import SLOTS
from hoistway.store.db import Database
from hoistway.store.names import names_of
from hoistway.store.people_search import search_people
from hoistway.store.search import search

KINDS: Final = {
    "actor": ("users", "accounts", "applications"),
    "customer_id": ("customers",),
    "client_id": ("applications",),
}
"""Whose names are looked through for a column."""


class Meant(Struct, frozen=True):
    """`wanted` is for search_audit. `cut` names the fields whose text matches more than is searched for."""

    wanted: Mapping[str, list[str]]
    cut: Sequence[str]


def _events(text: str, known: Sequence[str]) -> list[str]:
    """The event of that name, otherwise those that contain it, in any case."""
    if text in known:
        return [text]
    return [event for event in known if text.lower() in event.lower()] or [text]


async def _ids(db: Database, kinds: Sequence[str], text: str) -> list[str]:
    """An id is used as it is: people who were removed are still in the trail by their ids."""
    found = [text]
    for kind in kinds:
        if await names_of(db, kind, [text]):
            return [text]
        lines = (
            (await search_people(db, text, most=SLOTS))[0]
            if kind == "users"
            else await search(db, kind, text, most=SLOTS)
        )
        found += [line.id for line in lines]
    return found


async def meant(db: Database, asked: Mapping[str, str], events: Sequence[str]) -> Meant:
    """`asked` is by column of the trail; `events` are those that the trail contains."""
    wanted: dict[str, list[str]] = {}
    for column, text in asked.items():
        if column == "event":
            wanted[column] = _events(text, events)
        else:
            wanted[column] = await _ids(db, KINDS[column], text) if column in KINDS else [text]
    cut = [column for column, values in wanted.items() if len(values) > SLOTS]
    return Meant({column: values[:SLOTS] for column, values in wanted.items()}, cut)
