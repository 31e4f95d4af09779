"""What `./dev test --quick` leaves out: a rule, so that no list of tests has to be kept.

Left out is what needs more than this process and a file: PostgreSQL, a running server, another program, and the folders that try
whole programs. What is left are the rules and statements themselves, on SQLite, and the tests that read the code.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

TESTS = Path(__file__).parent
WHOLE = frozenset({"attacks", "browser", "deploy", "flows", "oracles"})
STARTERS = frozenset({"serving", "start_postgresql", "subprocess"})


def why_left_out(
    folder: str, parameters: Iterable[object], fixtures: Iterable[Callable[..., object]], module: ModuleType
) -> str | None:
    """None for a test that is run. `folder` is the one below tests/ in which it stands."""
    if folder in WHOLE:
        return "of whole programs"
    if "postgresql" in parameters:
        return "on PostgreSQL"
    names = {name for made in fixtures if isinstance(made, FunctionType) for name in made.__code__.co_names}
    return None if STARTERS.isdisjoint(names | vars(module).keys()) else "with a server or another program"


def _why(item: pytest.Item) -> str | None:
    if not isinstance(item, pytest.Function):
        return None
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    fixtures = [one.func for found in item._fixtureinfo.name2fixturedefs.values() for one in found[-1:]]
    return why_left_out(item.path.relative_to(TESTS).parts[0], parameters, fixtures, item.module)


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> Counter[str]:
    """Takes them from the list; how many for each reason."""
    reasons = {item: why for item in items if (why := _why(item)) is not None}
    items[:] = [item for item in items if item not in reasons]
    config.hook.pytest_deselected(items=list(reasons))
    return Counter(reasons.values())


def told(left_out: dict[str, int]) -> str:
    each = ", ".join(f"{count} {why}" for why, count in sorted(left_out.items()))
    return f"--quick left out {sum(left_out.values())} tests: {each}. ./dev test runs them all."
