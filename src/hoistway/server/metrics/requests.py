"""Counts each answer in this worker's row; the only part of the metrics that runs in every request."""

from bisect import bisect_left
from typing import Final

from hoistway.measures import ENDS
from hoistway.server.metrics.board import Board
from hoistway.server.metrics.families import (
    BINS,
    DURATIONS,
    KNOWN_STATUSES,
    MICRO,
    REQUESTS,
    STATUSES,
    TEMPLATES_OF_ROUTES,
)

_OTHER_STATUS: Final = len(STATUSES) - 1


class Requests:
    """Made in the worker. All positions are looked up in advance."""

    __slots__ = ("_cells", "_of_others", "_routes", "_statuses")

    def __init__(self, board: Board) -> None:
        self._cells = board.row()
        self._statuses = {status: place for place, status in enumerate(KNOWN_STATUSES)}
        counts, times = board.places[REQUESTS.name], board.places[DURATIONS.name]
        self._routes = {
            template: (counts + place * len(STATUSES), times + place * DURATIONS.width)
            for place, template in enumerate(TEMPLATES_OF_ROUTES)
        }
        self._of_others = self._routes[TEMPLATES_OF_ROUTES[-1]]

    def count(self, template: str, status: int, seconds: float) -> None:
        counts, times = self._routes.get(template, self._of_others)
        cells = self._cells
        cells[counts + self._statuses.get(status, _OTHER_STATUS)] += 1
        cells[times + bisect_left(ENDS, seconds)] += 1
        cells[times + BINS] += int(seconds * MICRO)
