"""A week of programs in an installation that moved in, with fewer programs and steps than `python -m bench.week` takes."""

from collections import Counter
from pathlib import Path

import pytest

from tests.engines import ENGINES, EngineName
from tests.flows.week import Event, Week, installation, programs
from tests.server import Clock

COUNT, STEPS = 60, 5
EVENTS: dict[int, Event] = {1: "rotation", 2: "restart", 3: "outage"}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("engine", ENGINES)
def test_nobody_signs_in_by_hand(engine: EngineName, tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    with installation(engine, tmp_path, COUNT, Clock()) as here:
        week = Week(here, programs(here, COUNT, counts), counts, STEPS, EVENTS, tell=print)
        week.run()
    assert week.by_hand == []
    assert {program.calls for program in week.programs} == {STEPS}
    assert counts["refused refreshes, password sent again"] == 0
    assert counts["refreshes"] >= (STEPS - 1) * 2 * COUNT // 3 - STEPS
    assert counts["tried again: no answer"] > 0, "the restart was felt"
    assert counts["tried again: 503"] > 0, "the outage was felt"
