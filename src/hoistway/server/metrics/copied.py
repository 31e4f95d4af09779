"""Copies what the rooms counted about themselves into this worker's row, once a second."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from hoistway.engine import Engine
from hoistway.grants.registry import GRANTS
from hoistway.journal import LOG
from hoistway.measures import OUTCOMES, Measures, NamedCounts, Times
from hoistway.server.metrics.board import Board
from hoistway.server.metrics.families import CACHES, JOBS_OF_HOUSE, MICRO, TOKEN_OUTCOMES
from hoistway.store.carried_accounts import STATES
from hoistway.tokens.keyring import ALGORITHMS

Read = Callable[[Engine], Iterable[int]]


def _times(*kept: Times) -> Iterable[int]:
    for one in kept:
        yield from (*one.counts, int(one.total * MICRO))


def _named(counts: NamedCounts) -> Iterable[int]:
    return counts.of.values()


def _caches(engine: Engine) -> dict[str, tuple[int, int]]:
    kept = {name: (cache.hits, cache.misses) for name, cache in engine.directory.caches.items()}
    measures, passwords, pages = engine.measures, engine.remembered, engine.unit_pages
    return kept | {
        "access_tokens": (measures.verified_hits, measures.verified_misses),
        "passwords": (passwords.hits, passwords.asked_for - passwords.hits),
        "unit_pages": (pages.hits, pages.asked_for - pages.hits),
    }


COUNTED: Final[dict[str, Read]] = {
    "hoistway_tokens_total": lambda engine: _named(engine.measures.tokens),
    "hoistway_sign_ins_total": lambda engine: _named(engine.measures.sign_ins),
    "hoistway_old_passwords_total": lambda engine: _named(engine.measures.carried),
    "hoistway_lockouts_total": lambda engine: engine.lockout.began.values(),
    "hoistway_password_hash_seconds": lambda engine: _times(engine.passwords.hashed),
    "hoistway_password_wait_seconds": lambda engine: _times(engine.passwords.waited),
    "hoistway_passwords_turned_away_total": lambda engine: (engine.passwords.turned_away,),
    "hoistway_database_seconds": lambda engine: _times(engine.db.load().statements, engine.db.load().transactions),
    "hoistway_database_wait_seconds": lambda engine: _times(engine.db.load().waits),
    "hoistway_database_refusals_total": lambda engine: _named(engine.measures.database_refusals),
    "hoistway_cache_hits_total": lambda engine: (_caches(engine)[name][0] for name in CACHES),
    "hoistway_cache_misses_total": lambda engine: (_caches(engine)[name][1] for name in CACHES),
    "hoistway_housekeeping_runs_total": lambda engine: _named(engine.measures.jobs),
    "hoistway_mails_total": lambda engine: _named(engine.measures.mails),
    "hoistway_logout_tokens_total": lambda engine: _named(engine.measures.logouts),
    "hoistway_calls_not_counted_total": lambda engine: (engine.tally.lost_ever,),
}
"""Of families whose numbers only rise, one for each of their cells in order."""
GAUGES: Final[dict[str, Read]] = {
    "hoistway_passwords_waiting": lambda engine: (engine.passwords.waiting,),
    "hoistway_database_waiting": lambda engine: (engine.db.load().waiting,),
    "hoistway_database_connections": lambda engine: (engine.db.load().connections,),
    "hoistway_replica_readers": lambda engine: (
        0 if engine.replica is None or engine.replica.health.because is not None else 1,
    ),
    "hoistway_carried_accounts": lambda engine: (engine.measures.carried_accounts.get(state, 0) for state in STATES),
    "hoistway_mails_waiting": lambda engine: (engine.measures.mails_waiting,),
    "hoistway_logout_tokens_waiting": lambda engine: (engine.measures.logouts_waiting,),
    "hoistway_audit_unsealed": lambda engine: (engine.measures.audit_unsealed,),
    "hoistway_signing_key_rotation_timestamp_seconds": lambda engine: (
        engine.keyring.rotates_at(alg, engine.settings.key_lifetime) for alg in ALGORITHMS
    ),
}
LATEST: Final[dict[str, Read]] = {
    "hoistway_housekeeping_last_success_timestamp_seconds": lambda engine: (
        engine.measures.succeeded_at.get(name, 0) for name in JOBS_OF_HOUSE
    ),
}
"""Moments, which another worker may have written into this row before."""


def new_measures() -> Measures:
    """With the names that the families use."""
    return Measures(tokens=NamedCounts(tuple(GRANTS), TOKEN_OUTCOMES), jobs=NamedCounts(JOBS_OF_HOUSE, OUTCOMES))


COPY_EVERY: Final = 1.0


class Copied:
    """The row may contain counts of the worker that had it before, so only new ones are added."""

    def __init__(self, board: Board) -> None:
        self._row = board.row()
        self._places = board.places
        self._before: dict[str, tuple[int, ...]] = {}

    def copy(self, engine: Engine) -> None:
        for name, read in COUNTED.items():
            self.count(name, read(engine))
        for name, read in GAUGES.items():
            self.put(name, read(engine))
        for name, read in LATEST.items():
            at = self._places[name]
            self.put(name, [max(self._row[at + place], number) for place, number in enumerate(read(engine))])

    def count(self, name: str, numbers: Iterable[int]) -> None:
        """What this process has counted so far."""
        counted = tuple(numbers)
        before = self._before.get(name) or (0,) * len(counted)
        for at, (new, old) in enumerate(zip(counted, before, strict=True), self._places[name]):
            if new != old:
                self._row[at] += new - old
        self._before[name] = counted

    def put(self, name: str, numbers: Iterable[int]) -> None:
        for at, number in enumerate(numbers, self._places[name]):
            self._row[at] = number


async def keep_copied(engine: Engine, board: Board, stop: asyncio.Event) -> None:
    """Every second, and once more at the end."""
    copied, is_over = Copied(board), False
    while not is_over:
        try:
            async with asyncio.timeout(COPY_EVERY):
                is_over = await stop.wait()
        except TimeoutError:
            is_over = False
        try:
            copied.copy(engine)
        except Exception as error:
            LOG.error("metrics failed", exc_info=error)
