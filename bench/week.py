"""A week of daemons in an installation that moved in, by a turned clock:
`python -m bench.week [--daemons N] [--every HOURS] [--database ENGINE]`."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.engines import ENGINES, EngineName, clean_up
from tests.flows.week import WEEK, Event, Week, installation, programs
from tests.server import Clock


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench.week", description="Counts what a week of programs meets.")
    parser.add_argument("--daemons", type=int, default=500)
    parser.add_argument("--every", type=float, default=1.0, help="hours between two calls of each")
    parser.add_argument("--database", choices=[*ENGINES, "both"], default="both")
    return parser.parse_args()


def events(steps: int) -> dict[int, Event]:
    """One of them every day, in turns; the first on the first evening."""
    kinds: tuple[Event, ...] = ("rotation", "restart", "outage")
    return {int(steps * (day + 0.8) / 7): kinds[day % 3] for day in range(7)}


def run(engine: EngineName, daemons: int, every: float) -> bool:
    """True where nobody had to sign in by hand."""
    counts: Counter[str] = Counter()
    steps, begun = int(WEEK / (every * 3600)), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, installation(engine, Path(folder), daemons, Clock()) as here:
        week = Week(here, programs(here, daemons, counts), counts, steps, events(steps))
        week.run()
    print(f"{engine}: {daemons} daemons, {steps} calls each, {time.monotonic() - begun:.0f} s")
    for name, count in sorted(counts.items()):
        print(f"  {name}: {count:,}")
    print(f"  signed in by hand: {len(week.by_hand)}", *week.by_hand[:5], sep="\n    ")
    return not week.by_hand


def main() -> int:
    arguments = read_arguments()
    engines = ENGINES if arguments.database == "both" else (arguments.database,)
    try:
        good = [run(engine, arguments.daemons, arguments.every) for engine in engines]
    finally:
        clean_up()
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
