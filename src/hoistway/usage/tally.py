"""Counts calls in the memory of one process, within bounds; calls that do not fit are counted as lost, and reported.

`note` runs for every request, so it creates as few objects as possible (bench/README.md, `usage`).
"""

import os
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct, field

from hoistway.journal import Seldom
from hoistway.protocol.ids import ClientId, ServiceAccountId
from hoistway.protocol.latency import BINS, ENDS
from hoistway.protocol.two_passwords import Which
from hoistway.store.actor_uses import ActorUse
from hoistway.store.flow_uses import Counted, Use
from hoistway.store.password_uses import Used
from hoistway.store.usage_shape import EVERYBODY
from hoistway.usage.actors import Actors

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 24 * HOUR
MOST_CELLS: Final = 10_000  # kinds of calls that wait to be written; about 1 kB each
MOST_SAMPLES: Final = 2_000
MOST_SAMPLED: Final = 4_000  # applications, whose answered and refused calls are kept separately
SAMPLES_OF_ONE: Final = 30
MOST_LOSERS: Final = 1_000
MOST_USES: Final = 4_000  # applications with an account and a customer each
CELLS_OF_BATCH: Final = 250
_FULL: Final = Seldom(60)

Key = tuple[str, int, str, str, str, str, int, str]
Group = tuple[str, str, int]
Called = tuple[ClientId, str, int]
"""(application, flow, number of the day)"""
Sample = tuple[int, str, str, str, int, str, str, float, str]


class Batch(Struct, frozen=True):
    """What one transaction writes. `samples` by (customer, application, failed); `losses` maps customers to (calls,
    from, to); `uses` are those of flows that are being retired, `addresses` those of B2C-shaped addresses, `passwords` the
    last uses of technical accounts' passwords, `actors` who called."""

    sequence: int
    cells: tuple[tuple[Key, list[int]], ...]
    samples: dict[Group, deque[Sample]] = field(default_factory=dict)
    losses: dict[str, list[int]] = field(default_factory=dict)
    uses: tuple[Counted, ...] = ()
    addresses: tuple[tuple[Called, list[int]], ...] = ()
    passwords: tuple[Used, ...] = ()
    actors: tuple[ActorUse, ...] = ()


class Tally:
    """`waiting` are batches that were taken and are not written yet; they count towards the bound. `writer_id`
    identifies this process; `lost_ever` are all calls that it did not count, those that the database knows of included."""

    __slots__ = (
        "_addresses",
        "_cells",
        "_losses",
        "_passwords",
        "_passwords_told",
        "_sampled",
        "_samples",
        "_sequence",
        "_told",
        "_uses",
        "actors",
        "lost_ever",
        "most",
        "waiting",
        "writer_id",
    )

    def __init__(self, most: int = MOST_CELLS) -> None:
        self.most = most
        self.writer_id = os.urandom(8).hex()
        self.waiting: deque[Batch] = deque()
        self.lost_ever = 0
        self.actors = Actors()
        self._sequence = 0
        self._cells: dict[Key, list[int]] = {}
        self._losses: dict[str, list[int]] = {}
        self._samples: dict[Group, deque[Sample]] = {}
        self._sampled = 0
        self._told: set[Use] = set()
        self._uses: dict[Use, list[int]] = {}
        self._addresses: dict[Called, list[int]] = {}
        self._passwords: dict[tuple[ServiceAccountId, Which], int] = {}
        self._passwords_told: dict[tuple[ServiceAccountId, Which], int] = {}

    def tell_use(self, use: Use) -> None:
        """Call it when a request has written this use itself, and recorded it in the audit trail if it was the first of
        its day. Further uses of that day may then wait in memory (`note_use`)."""
        if use in self._told:
            return
        if len(self._told) >= MOST_USES:
            # There will be no more uses of an earlier day.
            self._told = {one for one in self._told if one.day == use.day}
        if len(self._told) < MOST_USES:
            self._told.add(use)

    def note_use(self, use: Use, at: int) -> bool:
        """False where the request has to write it itself: it may be the first of its day, or there is no room."""
        if use not in self._told:
            return False
        found = self._uses.get(use)
        if found is None:
            if len(self._uses) >= MOST_USES:
                return False
            found = self._uses[use] = [0, at]
        found[0] += 1
        found[1] = max(found[1], at)
        return True

    def take_back_use(self, use: Use) -> None:
        """It came to nothing."""
        found = self._uses.get(use)
        if found is not None and found[0]:
            found[0] -= 1

    def note_password(self, account_id: ServiceAccountId, which: Which, at: int) -> None:
        """The password gave a token. Noted once a minute, because daemons send it before each call."""
        key = (account_id, which)
        if at < self._passwords_told.get(key, 0) + MINUTE:
            return
        if len(self._passwords_told) >= MOST_USES:
            self._passwords_told.clear()
        if len(self._passwords) < MOST_USES or key in self._passwords:
            self._passwords_told[key] = self._passwords[key] = at

    def note_address(self, client_id: ClientId, flow: str, at: int) -> None:
        """Counts one call of a B2C-shaped address; `flow` is a name of store/legacy_uses."""
        key = (client_id, flow, at // DAY)
        found = self._addresses.get(key)
        if found is None:
            if len(self._addresses) >= MOST_USES:
                _FULL.tell("uses of addresses not counted", most=MOST_USES)
                return
            found = self._addresses[key] = [0, at]
        found[0] += 1
        found[1] = max(found[1], at)

    def note(
        self, at: int, customer_id: str, client_id: str, subscription_id: str, surface: str, operation: str, status: int,
        cause: str, took_ms: float, correlation_id: str, detail: str = "",
    ) -> None:  # fmt: skip
        """Counts one call that was answered. A customer of "" is unknown: then the call counts in the sums over all
        customers alone."""
        key = (customer_id, at - at % HOUR, client_id, subscription_id, surface, operation, status, cause)
        cell = self._cells.get(key)
        if cell is None:
            if self.held >= self.most:
                self._lose(customer_id, at)
                return
            cell = self._cells[key] = [0] * (BINS + 1)
        cell[0] += 1
        cell[1 + bisect_left(ENDS, took_ms)] += 1
        if customer_id and cell[0] <= SAMPLES_OF_ONE:
            sample = (at, correlation_id, surface, operation, status, cause, detail, took_ms, subscription_id)
            self._keep((customer_id, client_id, 1 if status >= 400 else 0), sample)

    def _keep(self, group: Group, sample: Sample) -> None:
        """Keeps samples: of each kind of call the first ones between two writes, and of one application the newest
        among them."""
        samples = self._samples.get(group)
        if samples is None:
            if len(self._samples) >= MOST_SAMPLED:
                return
            samples = self._samples[group] = deque(maxlen=SAMPLES_OF_ONE)
        elif self._sampled >= MOST_SAMPLES:
            samples.popleft()
            self._sampled -= 1
        if len(samples) < SAMPLES_OF_ONE:
            self._sampled += 1
        samples.append(sample)

    @property
    def held(self) -> int:
        """How many kinds of calls are in memory."""
        return len(self._cells) + sum(len(batch.cells) for batch in self.waiting)

    @property
    def lost(self) -> int:
        """Calls that were not counted, which the database does not know yet."""
        here = sum(loss[0] for loss in self._losses.values())
        return here + sum(loss[0] for batch in self.waiting for loss in batch.losses.values())

    def _lose(self, customer_id: str, at: int) -> None:
        loss = self._losses.get(customer_id)
        if loss is None:
            if len(self._losses) >= MOST_LOSERS:
                customer_id = EVERYBODY
            loss = self._losses.setdefault(customer_id, [0, at, at])
        loss[0] += 1
        self.lost_ever += 1
        loss[2] = at

    def take(self) -> None:
        """Moves what was counted into batches, but only when no batch waits. So while the database is away for long,
        memory grows with the kinds of calls, not with time."""
        if self.waiting:
            return
        cells, samples, losses = self._cells, self._samples, self._losses
        self._cells, self._samples, self._losses, self._sampled = {}, {}, {}, 0
        for part in _parts(cells):
            self._sequence += 1
            self.waiting.append(Batch(self._sequence, part))
        if samples or losses:
            self._sequence += 1
            self.waiting.append(Batch(self._sequence, (), samples, losses))
        uses = [(use, number, at) for use, (number, at) in self._uses.items() if number]
        addresses = list(self._addresses.items())
        passwords: list[Used] = [(*key, at) for key, at in self._passwords.items()]
        self._uses, self._addresses, self._passwords = {}, {}, {}
        more: tuple[tuple[str, Sequence[Any]], ...] = (
            ("passwords", passwords), ("addresses", addresses), ("uses", uses), ("actors", self.actors.take()),
        )  # fmt: skip
        for name, rows in more:
            for first in range(0, len(rows), CELLS_OF_BATCH):
                self._sequence += 1
                some: dict[str, Any] = {name: tuple(rows[first : first + CELLS_OF_BATCH])}
                self.waiting.append(Batch(self._sequence, (), **some))


def _parts(cells: dict[Key, list[int]]) -> Iterator[tuple[tuple[Key, list[int]], ...]]:
    """In the order of the keys, so that two processes lock rows in the same order and don't wait for each other for
    ever."""
    rows: list[tuple[Key, list[int]]] = sorted([*_sums(cells).items(), *_of_customers(cells)])
    for first in range(0, len(rows), CELLS_OF_BATCH):
        yield tuple(rows[first : first + CELLS_OF_BATCH])


def _of_customers(cells: dict[Key, list[int]]) -> Iterator[tuple[Key, list[int]]]:
    return ((key, cell) for key, cell in cells.items() if key[0] != EVERYBODY)


def _sums(cells: dict[Key, list[int]]) -> dict[Key, list[int]]:
    """Over all customers, applications and subscriptions."""
    sums: dict[Key, list[int]] = {}
    for (_customer, at, _client, _subscription, *rest), cell in cells.items():
        key: Any = (EVERYBODY, at, "", "", *rest)
        known = sums.get(key)
        sums[key] = list(cell) if known is None else [a + b for a, b in zip(known, cell, strict=True)]
    return sums
