"""Counts in memory who called, within bounds (docs/adr/0039-who-called.md).

`add` runs for every call of the API, so it creates as few objects as possible.
"""

from typing import Final

from hoistway.journal import Seldom
from hoistway.store.actor_uses import OTHERS, ActorUse

DAY: Final = 86_400
MOST_ACTORS: Final = 10_000
"""Kinds of calls between two writes. Whoever comes later is counted among the customer's others, for MOST_OTHERS customers."""
MOST_OTHERS: Final = 1_000
_FULL: Final = Seldom(60)

Key = tuple[str, int, str, str, str]


class Actors:
    """What was counted since it was taken last."""

    __slots__ = ("_cells",)

    def __init__(self) -> None:
        self._cells: dict[Key, list[int]] = {}

    def add(self, at: int, customer_id: str, kind: str, actor: str, client_id: str, status: int) -> None:
        key = (customer_id, at - at % DAY, kind, actor, client_id)
        cell = self._cells.get(key)
        if cell is None:
            cell = self._begin(key)
        cell[0] += 1
        if status >= 400:
            cell[1] += 1

    def _begin(self, key: Key) -> list[int]:
        if len(self._cells) >= MOST_ACTORS:
            key = (key[0], key[1], OTHERS, OTHERS, OTHERS)
            if key not in self._cells and len(self._cells) >= MOST_ACTORS + MOST_OTHERS:
                _FULL.tell("calls not counted by who made them", most=MOST_ACTORS)
                return [0, 0]
        return self._cells.setdefault(key, [0, 0])

    def take(self) -> list[ActorUse]:
        """In the order in which they are written."""
        cells, self._cells = self._cells, {}
        return [ActorUse(*key, *cell) for key, cell in sorted(cells.items())]
