"""What was typed to find entries of the trail, as the values that its columns hold: names become ids, a part of an event the events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hoistway.store.audit_search import SLOTS
from hoistway.store.db import Database
from hoistway.store.names import names_of
from hoistway.store.search import search

KINDS: Final = {"actor": ("users", "accounts"), "customer_id": ("customers",), "client_id": ("applications",)}
"""Whose names are looked through for a column."""


@dataclass(frozen=True, slots=True)
class Meant:
    """`wanted` is for search_audit. `cut` names the fields in which more was meant than is looked for."""

    wanted: Mapping[str, list[str]]
    cut: Sequence[str]


def _events(text: str, known: Sequence[str]) -> list[str]:
    """The one of that name, else those with it as a part, in any case."""
    if text in known:
        return [text]
    return [event for event in known if text.lower() in event.lower()] or [text]


async def _ids(db: Database, kinds: Sequence[str], text: str) -> list[str]:
    """An id is meant as it stands; whoever was removed is still in the trail by it."""
    found = [text]
    for kind in kinds:
        if await names_of(db, kind, [text]):
            return [text]
        found += [line.id for line in await search(db, kind, text, most=SLOTS)]
    return found


async def meant(db: Database, asked: Mapping[str, str], events: Sequence[str]) -> Meant:
    """`asked` by column of the trail; `events` are those that it holds."""
    wanted: dict[str, list[str]] = {}
    for column, text in asked.items():
        if column == "event":
            wanted[column] = _events(text, events)
        else:
            wanted[column] = await _ids(db, KINDS[column], text) if column in KINDS else [text]
    cut = [column for column, values in wanted.items() if len(values) > SLOTS]
    return Meant({column: values[:SLOTS] for column, values in wanted.items()}, cut)
