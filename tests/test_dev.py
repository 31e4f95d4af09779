"""`./dev fix` mends what `./dev lint` finds, and says what is left; `dev` is run as a module, on a small tree of its own."""

import shutil
import subprocess
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
UNTIDY = "import sys\nimport os\n\n\ndef f( ) :\n    return os.sep, sys.path\n"
TIDY = "import os\nimport sys\n\n\ndef f():\n    return os.sep, sys.path\n"


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """With the environment of this checkout, in another folder."""
    loader = SourceFileLoader("dev_of_checkout", str(ROOT / "dev"))
    spec = spec_from_loader(loader.name, loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    for name in ("dev", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "src").mkdir()
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "sync", lambda for_tests: None)
    return module


def ruff_is_content(dev: ModuleType) -> bool:
    what = dev.sources()
    found: list[str] = dev.run_each((["ruff", "check", *what], ["ruff", "format", "--check", *what]), [])
    return found == []


def test_fix_mends_what_lint_finds(dev: ModuleType) -> None:
    file = dev.ROOT / "src" / "a.py"
    file.write_text(UNTIDY)
    with pytest.raises(SystemExit, match="ruff check, ruff format"):
        dev.lint([])
    dev.fix([])
    assert file.read_text() == TIDY
    assert ruff_is_content(dev)


def test_fix_says_what_is_left(dev: ModuleType) -> None:
    file = dev.ROOT / "src" / "a.py"
    file.write_text("def f( ) :\n    return unknown\n")
    with pytest.raises(SystemExit, match="by hand"):
        dev.fix([])
    assert file.read_text() == "def f():\n    return unknown\n", "it is formatted all the same"


def test_fix_is_a_word_of_dev() -> None:
    said = subprocess.run([ROOT / "dev", "--help"], capture_output=True, text=True, check=True).stdout
    assert "./dev fix " in said
