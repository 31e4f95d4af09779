"""What step 1 and 2 of docs/production.md make, once in a process: distributions, and an installation in an empty environment."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from tests.deploy.document import ROOT, STEPS, placed
from tests.engines import scratch

# What a checkout has of itself, and no folder of a tool.
_PARTS = (".gitignore", "src", "deploy", "docs", "pyproject.toml", "uv.lock", "README.md", "CHANGELOG.md", "LICENSE")
_KEPT = ("HOME", "LANG", "PATH")
# How this machine reaches its package index.
_INDEX = ("PIP_", "UV_", "SSL_", "HTTP", "NO_PROXY", "REQUESTS_")


def bare_environment() -> dict[str, str]:
    """Of a shell that knows nothing of this checkout's environment."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.upper().startswith(_INDEX)}
    kept.pop("UV_PROJECT_ENVIRONMENT", None)
    return kept | {"PIP_ROOT_USER_ACTION": "ignore", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def run(script: str, path: str = "") -> str:
    """Raises AssertionError with all that was said."""
    environment = bare_environment()
    environment["PATH"] = f"{_tools()}:{path}:{environment['PATH']}" if path else f"{_tools()}:{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", "set -e\n" + script], cwd="/", env=environment, capture_output=True, text=True, timeout=400,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@cache
def _tools() -> Path:
    """A folder with uv, wherever `./dev` found or put it, and with the Python of the tests."""
    folder = scratch() / "tools"
    folder.mkdir()
    uv = shutil.which("uv") or str(ROOT / ".tools" / "uv")
    python = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    for name, program in (("uv", uv), ("python3", str(python))):
        (folder / name).write_text(f'#!/bin/sh\nexec {program} "$@"\n')
        (folder / name).chmod(0o755)
    return folder


@cache
def checkout() -> Path:
    """A copy, with `dist` built in it."""
    folder = scratch() / "checkout"
    folder.mkdir()
    for name in _PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    (build,) = STEPS["Build"]
    run(placed(build, {"/path/to/checkout": str(folder)}))
    return folder


@cache
def installation() -> Path:
    """The folder that the document calls /opt."""
    folder = scratch() / "opt"
    folder.mkdir()
    install, _user = STEPS["Install, and a user"]
    said = run(placed(install, {"/path/to/checkout": str(checkout()), "/opt": str(folder)}))
    (folder / "version").write_text(said)
    return folder
