"""`./dev test --quick` takes what is quick by a rule, and says what it left out."""

import subprocess
import sys
from types import ModuleType

import pytest

from tests.quick import WHOLE, why_left_out


def module(**names: object) -> ModuleType:
    made = ModuleType("made")
    vars(made).update(names)
    return made


def starts() -> None:
    serving()  # type: ignore[name-defined] # noqa: F821  # only its name is read


def test_what_is_left_out() -> None:
    assert why_left_out("store", ["sqlite"], [module], module()) is None
    assert why_left_out("store", ["postgresql"], [], module()) == "on PostgreSQL"
    assert why_left_out("portal", ["sqlite"], [starts], module()) == "with a server or another program"
    assert why_left_out("cli", [], [], module(subprocess=subprocess)) == "with a server or another program"
    for folder in WHOLE:
        assert why_left_out(folder, [], [], module()) == "of whole programs"


@pytest.mark.parametrize("workers", ["0", "2"])
def test_it_says_at_its_end_what_it_left_out(workers: str) -> None:
    chosen = ["tests/test_engines.py", "tests/flows/test_clock.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-n", workers, "--quick", *chosen]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    last = done.stdout.strip().splitlines()[-2:]
    assert any(
        "--quick left out" in line and "on PostgreSQL" in line and "of whole programs" in line for line in last
    ), last
