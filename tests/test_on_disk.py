"""Files that must outlive a power cut are on the disk, and the folders with their names, before anybody is told so."""

import os
from pathlib import Path
from typing import Any

import pytest

from hoistway.demo import keeping
from hoistway.store.backup import back_up, restoring
from hoistway.store.migrate import migrate
from hoistway.tokens.key_file import add_newer_key
from hoistway.tokens.vault import write_master_key


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The inodes that were put on the disk."""
    seen: list[int] = []
    whole = os.fsync

    def fsync(handle: Any) -> None:
        seen.append(os.fstat(handle).st_ino)
        whole(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    return seen


def both(path: Path) -> set[int]:
    """A file's, and that of the folder which names it."""
    return {path.stat().st_ino, path.parent.stat().st_ino}


def test_a_master_key_is_on_the_disk(kept: list[int], tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    write_master_key(path)
    assert both(path) <= set(kept)
    kept.clear()
    add_newer_key(path)
    assert both(path) <= set(kept)
    kept.clear()
    keeping._put_file(tmp_path / "demo.json", {})
    assert both(tmp_path / "demo.json") <= set(kept)


def test_a_backup_is_on_the_disk(kept: list[int], tmp_path: Path) -> None:
    path, target = tmp_path / "data" / "hoistway.db", tmp_path / "backups" / "one"
    path.parent.mkdir()
    target.parent.mkdir()
    migrate(f"sqlite:///{path}")
    back_up(f"sqlite:///{path}", target)
    assert both(target) <= set(kept)
    kept.clear()
    with restoring(f"sqlite:///{path}", target, "now"):
        pass
    assert both(path) <= set(kept)
