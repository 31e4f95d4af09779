"""The protocol's own tests with the oldest uvicorn that pyproject.toml allows; all others run with the newest, the locked one."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import uvicorn

ROOT = Path(__file__).parent.parent.parent
TESTS = ("test_http11.py", "test_leaving.py", "test_admission.py", "test_leaning.py")


def allowed() -> tuple[str, str]:
    """From which version on, and before which."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (found,) = [one for one in project["dependencies"] if one.startswith("uvicorn")]
    match = re.fullmatch(r"uvicorn>=([0-9.]+),<([0-9.]+)", found)
    assert match is not None
    return match[1], match[2]


def test_the_locked_one_is_the_newest() -> None:
    """Whoever widens the range locks what it then allows, and so runs all tests with it."""
    major, minor = uvicorn.__version__.split(".")[:2]
    assert allowed()[1] == f"{major}.{int(minor) + 1}"


def test_the_oldest_one_passes() -> None:
    folder = ROOT / ".tools" / "uvicorn" / allowed()[0]
    assert (folder / "uvicorn").is_dir(), "`./dev test` installs it; see what it printed at the start"
    environ = os.environ | {"PYTHONPATH": str(folder)}
    environ.pop("PYTEST_XDIST_WORKER", None)
    seen = [sys.executable, "-c", "import uvicorn; print(uvicorn.__version__)"]
    assert subprocess.run(seen, env=environ, capture_output=True, text=True, check=True).stdout.strip() == allowed()[0]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *(f"tests/serving/{name}" for name in TESTS)],
        cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=110,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
